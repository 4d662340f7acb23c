import { type Graph, variable } from "../graph/graph.js";
import type { Primitive, Tangent } from "../graph/primitive.js";
import { type Traced, evaluateGraph, traceGraph } from "../graph/record.js";
import { bind, evaluation } from "../graph/trace.js";
import { Tracer } from "../graph/tracer.js";
import { isFloat } from "../tensor/dtype.js";
import { type TensorType, describe, sameShape, type, typeKey } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { type Structure, flatten, leafPaths, structureKey, unflatten } from "../tensor/tree.js";
import { jitPrimitive } from "./jit.js";
import { TRACES_KEPT } from "./jitFunction.js";

/*
 * What customJvp and customVjp share: a call traces the function and its rules to closed graphs, once for each structure and
 * types of arguments, and binds a primitive that carries them.
 */

/** Inputs of every graph: what the function and its rules captured (`hidden` many), then what the rule is about. */
export interface CustomParams {
  /** The function itself: arguments to outputs. */
  readonly graph: Graph;
  readonly hidden: number;
  readonly name: string;
}

/** What the rules of one call are traced for. */
export interface Signature {
  readonly label: string;
  readonly arguments: Structure;
  readonly leaves: readonly TensorType[];
  readonly output: Structure;
  readonly outputs: readonly TensorType[];
}

interface Call {
  readonly output: Structure;
  bind: (leaves: readonly Tensor[]) => Tensor[];
}

export function customFunction<A extends unknown[], B, R extends string>(
  label: string,
  primitive: Primitive<CustomParams & Record<R, Graph>>,
  f: (...args: A) => B,
  traceRules: (signature: Signature) => Record<R, Traced>,
): (...args: A) => B {
  const calls = new Map<string, Call>();
  return (...args) => {
    const { leaves, structure } = flatten(args, label);
    const key = `${structureKey(structure)}|${leaves.map(typeKey).join()}`;
    const call = calls.get(key) ?? traceCall(key, structure, leaves);
    return unflatten<B>(call.output, call.bind(leaves));
  };

  /*
   * A rule may call the very function that it belongs to (the derivative of exp is exp): the equation inside the rule then
   * carries the rule itself. What that equation captures is known only when the rule has been traced, so such rules are
   * traced twice, the second time with a stand-in for each capture of the first.
   */
  function traceCall(key: string, structure: Structure, leaves: readonly Tensor[]): Call {
    let output: Structure | undefined;
    const types = leaves.map((x) => x as TensorType);
    const plain = traceGraph(label, types, (...inputs) => {
      const out = flatten(f(...unflatten<A>(structure, inputs)), `${label}: the output`);
      output = out.structure;
      return out.leaves;
    });
    const signature: Signature = {
      label,
      arguments: structure,
      leaves: types,
      output: output as Structure,
      outputs: plain.graph.outputs,
    };
    let recursive = false;
    const marker = standIn(type("f32", []));
    const marked = { ...plain.graph, inputs: [variable(marker), ...plain.graph.inputs] };
    const call: Call = {
      output: signature.output,
      bind: (inputs) => {
        recursive = true;
        return bind(jitPrimitive, [marker, ...plain.captures, ...inputs], { graph: marked, name: label });
      },
    };
    const params = { graph: plain.graph, hidden: 0, name: label } as CustomParams & Record<R, Graph>;
    let standIns: Tensor[] = [];
    let rules: Record<R, Traced>;
    calls.set(key, call);
    try {
      rules = traceRules(signature);
      if (recursive) {
        standIns = [plain, ...traces(rules)].flatMap((t) => t.captures.filter((x) => x !== marker).map(standIn));
        call.bind = (inputs) => bind(primitive, [...standIns, ...inputs], params);
        rules = traceRules(signature);
      }
    } finally {
      calls.delete(key);
    }

    const place = new Map(standIns.map((x, i) => [x, i]));
    const hidden: Tensor[] = [];
    const close = ({ graph, captures }: Traced): ((hiddenTypes: readonly TensorType[]) => Graph) => {
      const from = captures.map((x) => place.get(x) ?? hidden.push(x) - 1);
      return (hiddenTypes) =>
        hiddenTypes.length === 0
          ? graph
          : traceGraph(label, [...hiddenTypes, ...graph.inputs.slice(from.length)], (...inputs) =>
              evaluateGraph(graph, [...from.map((i) => inputs[i]), ...inputs.slice(hiddenTypes.length)]),
            ).graph;
    };
    const names = Object.keys(rules) as R[];
    const closing = [close(plain), ...names.map((name) => close(rules[name]))];
    if (recursive && hidden.map(describe).join() !== standIns.map(describe).join())
      throw new Error(
        `${label}: the rule captured other tensors when it was traced again. Rules must be pure functions.`,
      );
    const [graph, ...closed] = closing.map((finish) => finish(hidden));
    Object.assign(
      params,
      { graph, hidden: hidden.length },
      Object.fromEntries(names.map((name, i) => [name, closed[i]])),
    );
    call.bind = (inputs) => bind(primitive, [...hidden, ...inputs], params);
    // Graphs that captured a tracer belong to that tracer's trace and must not outlive it.
    if (!hidden.some((x) => x instanceof Tracer)) {
      calls.set(key, call);
      if (calls.size > TRACES_KEPT) calls.delete(calls.keys().next().value as string);
    }
    return call;
  }
}

const traces = <R extends string>(rules: Record<R, Traced>): Traced[] => Object.values<Traced>(rules);
/** A tensor without a value, recorded as a capture wherever it is used. */
const standIn = (t: TensorType): Tensor => new Tracer(evaluation, t);

/** A custom rule says nothing about what the function captured, so that may not vary. */
export function refuseHidden(name: string, hidden: number, tangents: readonly Tangent[]): void {
  const at = tangents.slice(0, hidden).findIndex((t) => t !== null);
  if (at >= 0)
    throw new Error(
      `${name}: differentiated with respect to a captured ${describe(tangents[at] as Tensor)}, which its rule says nothing about. ` +
        "Pass it as an argument, or capture stopGradient of it.",
    );
}

/** The rules of a function are not there yet while they are being traced. */
export function ruleOf<P extends CustomParams, K extends keyof P>(params: P, rule: K): P[K] {
  if (params[rule] === undefined)
    throw new Error(
      `${params.name}: its own rule differentiates or maps it. Write the rule with another function, or call it as it is.`,
    );
  return params[rule];
}

/**
 * Leaves of a tree that a rule returned, against the structure and types expected. With `zero`, null or undefined stands for a
 * tree of zeros, and what belongs to an integer is ignored: both give null.
 */
export function leavesLike(
  what: string,
  structure: Structure,
  types: readonly TensorType[],
  tree: unknown,
  zero: boolean,
): Tangent[] {
  const out: Tangent[] = [];
  const visit = (node: Structure, value: unknown, path: string): void => {
    const fail = (expected: string): never => {
      const got = value instanceof Tensor ? describe(value) : Array.isArray(value) ? `[${value.length}]` : typeof value;
      throw new TypeError(`${what}${path === "" ? "" : ` at ${path}`} is ${got}, expected ${expected}.`);
    };
    if (zero && (value === undefined || value === null)) for (const _ of leafPaths(node)) out.push(null);
    else if (node.kind === "leaf") {
      const expected = types[out.length];
      const ignored = zero && !isFloat(expected.dtype);
      if (!(value instanceof Tensor)) fail(describe(expected));
      const x = value as Tensor;
      if (!ignored && (x.dtype !== expected.dtype || !sameShape(x.shape, expected.shape))) fail(describe(expected));
      out.push(ignored ? null : x);
    } else if (node.kind === "array") {
      if (!Array.isArray(value) || value.length !== node.children.length) fail(`an array of ${node.children.length}`);
      node.children.forEach((child, i) => visit(child, (value as unknown[])[i], `${path}[${i}]`));
    } else if (node.kind === "object") {
      const record = (typeof value === "object" && !(value instanceof Tensor) ? value : fail("an object")) as Record<
        string,
        unknown
      >;
      const wrong = Object.keys(record).find((key) => record[key] !== undefined && !node.keys.includes(key));
      if (wrong !== undefined || Array.isArray(value)) fail(`an object of {${node.keys.join(", ")}}`);
      node.keys.forEach((key, i) => visit(node.children[i], record[key], path === "" ? key : `${path}.${key}`));
    } else if (value !== undefined && value !== null) fail("nothing");
  };
  visit(structure, tree, "");
  return out;
}
