import type { Graph } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { evaluateGraph } from "../graph/record.js";
import { type Trace, currentTrace, evaluation, withTrace } from "../graph/trace.js";
import { Tracer } from "../graph/tracer.js";
import { at } from "../operations/indexing.js";
import { stack } from "../operations/joining.js";
import { isFloat } from "../tensor/dtype.js";
import { describe, inserted } from "../tensor/shape.js";
import { zeros } from "../primitives/basis.js";
import type { Tensor } from "../tensor/tensor.js";
import { flatten, leafPaths } from "../tensor/tree.js";

export interface DebugNansOptions {
  /** Also stops at the first infinity. Default false. */
  readonly infinities?: boolean;
}

/**
 * The same function, slow and watched: every operation runs alone, also those inside jit, scan and cond and those of a derivative,
 * and the first one that makes a NaN out of numbers is an error that names it, where it is, and what it was given.
 *
 * @throws Error at the first NaN; or at once, naming the leaf, when an argument holds one.
 * @example debugNans(grad(loss))(params, batch)
 */
export function debugNans<A extends unknown[], B>(
  f: (...args: A) => B,
  options: DebugNansOptions = {},
): (...args: A) => B {
  if (typeof f !== "function") throw new TypeError(`debugNans: got ${typeof f}, expected a function.`);
  const isBad = options.infinities === true ? (x: number) => !Number.isFinite(x) : Number.isNaN;
  return (...args) => {
    if (currentTrace() !== evaluation)
      throw new Error(
        `debugNans: it is called inside ${currentTrace().name}, where nothing has a value. Put it outermost: debugNans(jit(f)).`,
      );
    args.forEach((arg, n) => {
      if (typeof arg !== "object") return;
      const { leaves, structure } = flatten(arg, "debugNans");
      leaves.forEach((x, i) => {
        const where = firstBad(x, isBad);
        if (where !== undefined)
          throw new Error(
            `debugNans: argument ${n}${leafPaths(structure)[i] === "" ? "" : ` leaf ${leafPaths(structure)[i]}`}, ${describe(x)}, already holds ${where}.`,
          );
      });
    });
    return withTrace(new WatchTrace(isBad), () => f(...args));
  };
}

/** Evaluates one primitive at a time and looks at what comes out; what carries graphs is opened by the kind of its lowering. */
class WatchTrace implements Trace {
  readonly name = "debugNans";
  readonly #isBad: (x: number) => boolean;
  readonly #path: string[] = [];
  constructor(isBad: (x: number) => boolean) {
    this.#isBad = isBad;
  }

  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] {
    const types = primitive.infer(inputs, params);
    const lowering = primitive.lower(inputs, types, params);
    const inside = (label: string, graph: Graph, xs: readonly Tensor[]): Tensor[] => {
      this.#path.push(label);
      const results = withTrace(this, () => evaluateGraph(graph, xs));
      this.#path.pop();
      return results;
    };
    const label =
      "name" in params && typeof params.name === "string" ? `${primitive.name}(${params.name})` : primitive.name;
    switch (lowering.kind) {
      case "graph":
        return inside(label, lowering.graph, inputs);
      case "switch": {
        const choice = Math.max(0, Math.min(inputs[0].storage[0], lowering.branches.length - 1));
        return inside(`${label} branch ${choice}`, lowering.branches[choice], inputs.slice(1));
      }
      case "scan": {
        const { body, constants, carry, length, reverse } = lowering;
        const fixed = inputs.slice(0, constants);
        let state = inputs.slice(constants, constants + carry);
        const slices = inputs.slice(constants + carry);
        const outputs: Tensor[][] = [];
        for (let step = 0; step < length; step++) {
          const i = reverse ? length - 1 - step : step;
          const xs = withTrace(evaluation, () => slices.map((x) => at(x, i)));
          const results = inside(`${label} step ${i}`, body, [...fixed, ...state, ...xs]);
          state = results.slice(0, carry);
          outputs[i] = results.slice(carry);
        }
        const stacked = withTrace(evaluation, () =>
          body.outputs
            .slice(carry)
            .map((t, k) =>
              length === 0
                ? zeros({ shape: inserted(t.shape, 0, 0), dtype: t.dtype })
                : stack(outputs.map((o) => o[k])),
            ),
        );
        return [...state, ...stacked];
      }
      case "while": {
        const { condition, body, conditionConstants, bodyConstants } = lowering;
        const first = conditionConstants + bodyConstants;
        const [tested, fixed] = [inputs.slice(0, conditionConstants), inputs.slice(conditionConstants, first)];
        let state = inputs.slice(first);
        for (let round = 0; ; round++) {
          const [go] = inside(`${label} condition`, condition, [...tested, ...state]);
          if (go.storage[0] === 0) return [...state];
          state = inside(`${label} round ${round}`, body, [...fixed, ...state]);
        }
      }
      default: {
        const outputs = evaluation.process(primitive, inputs, params);
        outputs.forEach((y, k) => this.#check(primitive.name, inputs, y, k, outputs.length));
        return outputs;
      }
    }
  }

  #check(name: string, inputs: readonly Tensor[], y: Tensor, k: number, count: number): void {
    const where = firstBad(y, this.#isBad);
    // What was bad before is somebody's intention (a constant), not made here.
    if (where === undefined || inputs.some((x) => firstBad(x, this.#isBad) !== undefined)) return;
    const path = this.#path.length === 0 ? "" : ` in ${this.#path.join(" > ")}`;
    throw new Error(
      `debugNans: ${name} gave ${where}${count > 1 ? ` in output ${k}` : ""}, ${describe(y)}${path}. Its inputs are ${inputs.map(sketch).join(", ") || "none"}.`,
    );
  }
}

const sketch = (x: Tensor): string => {
  const shown = Array.from(x.storage.subarray(0, 6), (v) => Number(v.toPrecision(6)));
  return `${describe(x)} ${shown.join(" ")}${x.size > 6 ? " ..." : ""}`;
};

/** "NaN at [0, 2] (1 of 6)", or undefined. */
function firstBad(x: Tensor, isBad: (v: number) => boolean): string | undefined {
  if (!isFloat(x.dtype) || x instanceof Tracer) return undefined;
  const values = Array.from(x.storage);
  const first = values.findIndex(isBad);
  if (first < 0) return undefined;
  let rest = first;
  const position = [...x.shape]
    .reverse()
    .map((n) => {
      const i = rest % n;
      rest = Math.floor(rest / n);
      return i;
    })
    .reverse();
  return `${values[first]} at [${position.join(", ")}] (${values.filter(isBad).length} of ${values.length})`;
}
