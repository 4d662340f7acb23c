import { type Atom, type Equation, type Graph, type Variable, isGraph, variable } from "../../graph/graph.js";

interface Hoisted {
  /** What does not change from step to step, as a graph of the constants; undefined if that is nothing. */
  readonly once: Graph | undefined;
  /** The body, with the outputs of `once` as constants behind the others. */
  readonly body: Graph;
}

const known = new WeakMap<Graph, Hoisted & { readonly kind: string }>();

/**
 * Equations in front of the loop for those of its body that read only constants, with the same bits. Views and generators stay where
 * they are: they are index arithmetic there, and would be memory outside. Barriers stay, and what is behind them.
 *
 * @param simplify the body without calls.
 */
export function hoist(e: Equation, simplify: (graph: Graph) => Graph): Equation[] {
  if (!Object.values(e.params).some(isGraph)) return [e];
  const loop = e.primitive.lower(e.inputs, e.outputs, e.params);
  if (loop.kind !== "scan" && loop.kind !== "while") return [e];
  if (loop.kind === "scan" && loop.length < 2) return [e];
  const [first, count] = loop.kind === "scan" ? [0, loop.constants] : [loop.conditionConstants, loop.bodyConstants];
  const kind = `${loop.kind} ${count}`;
  const before = known.get(loop.body);
  let hoisted: Hoisted | undefined = before?.kind === kind ? before : undefined;
  if (hoisted === undefined) {
    hoisted = split(simplify(loop.body), count, loop.kind === "scan") ?? { once: undefined, body: loop.body };
    known.set(loop.body, { ...hoisted, kind });
  }
  const { once, body } = hoisted;
  if (once === undefined) return [e];
  const values = new Map<Atom, Atom>();
  once.inputs.forEach((v, i) => values.set(v, e.inputs[first + i]));
  const value = (a: Atom): Atom => values.get(a) ?? a;
  const equations = once.equations.map((o): Equation => {
    const outputs = o.outputs.map(variable);
    o.outputs.forEach((v, i) => values.set(v, outputs[i]));
    return { ...o, inputs: o.inputs.map(value), outputs };
  });
  const last = first + count;
  const inputs = [...e.inputs.slice(0, last), ...once.outputs.map(value), ...e.inputs.slice(last)];
  const constants = count + once.outputs.length;
  const params =
    loop.kind === "scan" ? { ...e.params, body, constants } : { ...e.params, body, bodyConstants: constants };
  return [...equations, { ...e, inputs, params }];
}

function split(body: Graph, count: number, runs: boolean): Hoisted | undefined {
  const invariant = new Set<Atom>(body.inputs.slice(0, count));
  /** Values that are computed outside, and the equations of `invariant` ones. */
  const outside = new Set<Atom>();
  const fixed = new Set<Equation>();
  for (const e of body.equations) {
    const carries = Object.values(e.params).some((p) => isGraph(p) || (Array.isArray(p) && p.some(isGraph)));
    if (e.primitive.distinct === true || e.primitive.effects?.(e.params) === true || (carries && !runs)) continue;
    if (!e.inputs.every((a) => a.kind === "literal" || invariant.has(a))) continue;
    fixed.add(e);
    for (const v of e.outputs) invariant.add(v);
    const { kind } = e.primitive.lower(e.inputs, e.outputs, e.params);
    if (kind === "view" || kind === "generate" || kind === "alias") continue;
    for (const v of e.outputs) outside.add(v);
  }
  if (outside.size === 0) return undefined;
  const isOutside = (e: Equation): boolean => outside.has(e.outputs[0]);
  const rest = body.equations.filter((e) => !fixed.has(e) || !isOutside(e));
  const read = new Set<Atom>(body.outputs);
  for (const e of rest) for (const a of e.inputs) read.add(a);
  const passed = [...outside].filter((a): a is Variable => a.kind === "variable" && read.has(a));
  return {
    once: {
      inputs: body.inputs.slice(0, count),
      equations: body.equations.filter((e) => fixed.has(e)),
      outputs: passed,
    },
    body: {
      ...body,
      inputs: [...body.inputs.slice(0, count), ...passed, ...body.inputs.slice(count)],
      equations: rest,
    },
  };
}
