import { type Graph, type Variable, isGraph, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { type TensorType, equalType } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";

/** Operations kept ready, of each primitive. */
const KEPT = 128;

interface Prepared<T> {
  readonly types: readonly TensorType[];
  readonly params: object;
  readonly fused: boolean;
  readonly value: T;
}

/** What eager operations were compiled to, found again by comparing types and parameters. */
export class OperationCache<T> {
  readonly #operations = new Map<unknown, Prepared<T>[]>();

  get<P extends object>(
    primitive: Primitive<P>,
    inputs: readonly TensorType[],
    params: P,
    fused: boolean,
    prepare: () => T,
  ): T {
    let known = this.#operations.get(primitive);
    if (known === undefined) this.#operations.set(primitive, (known = []));
    for (let i = 0; i < known.length; i++) {
      const entry = known[i];
      if (!equalTypes(entry.types, inputs) || !equalParams(entry.params, params) || entry.fused !== fused) continue;
      // What is used often moves forward; new operations come first, and the last are forgotten.
      if (i > 0) [known[i - 1], known[i]] = [entry, known[i - 1]];
      return entry.value;
    }
    const value = prepare();
    // Operations on carried graphs, or on functions, are not kept: they would keep those alive here.
    if (isPlain(Object.values(params))) {
      // Lists may be the caller's, who may change them: they are copied.
      const types = inputs.map(({ dtype, shape, weak }) => ({
        dtype,
        shape: [...shape],
        ...(weak === undefined ? {} : { weak }),
      }));
      if (known.unshift({ types, params: structuredClone(params), fused, value }) > KEPT) known.pop();
    }
    return value;
  }
}

/** jit's graph is the program itself. */
export function carriedCall<P extends object>(
  primitive: Primitive<P>,
  inputs: readonly Tensor[],
  params: P,
): Graph | undefined {
  if (!("graph" in params) || !isGraph(params.graph)) return undefined;
  const lowered = primitive.lower(inputs, [], params);
  return lowered.kind === "graph" ? lowered.graph : undefined;
}

function equalTypes(a: readonly TensorType[], b: readonly TensorType[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalType(a[i], b[i])) return false;
  return true;
}
const isPlain = (value: unknown): boolean =>
  Array.isArray(value) ? value.every(isPlain) : typeof value !== "object" && typeof value !== "function";
/** Parameters are numbers, strings, flags and lists of them. */
function equalParams(a: object, b: object): boolean {
  let more = 0;
  for (const name in b) {
    if (!equalParam((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])) return false;
    more++;
  }
  for (const _ in a) more--;
  return more === 0;
}
function equalParam(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!equalParam(a[i], b[i])) return false;
  return true;
}

/** A graph of one operation. */
export function singleEquation<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Graph {
  const from: Variable[] = inputs.map((x) => variable(x));
  const outputs = primitive.infer(inputs, params).map((t) => variable(t));
  return { inputs: from, equations: [{ primitive: primitive as Primitive, inputs: from, params, outputs }], outputs };
}
