import {
  type BatchAxes,
  type Batched,
  type Primitive,
  type Tangent,
  type ViewAxis,
  definePrimitive,
  isLinear,
  typeOfInput,
  viewAxis,
} from "../graph/primitive.js";
import { scalar } from "../graph/record.js";
import { bind1 } from "../graph/trace.js";
import { binary, constant, unary } from "../kernel/expression.js";
import type { DType } from "../tensor/dtype.js";
import { type Shape, type TensorType, describe, inserted, range, sameShape, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumAccumulator } from "./accumulators.js";

/*
 * The operations that the rules of all others are made of: add, mul, neg, sum, and the three ways to lay a tensor out anew.
 * Their own rules need each other (the transpose of broadcast is sum, that of sum is broadcast), hence one file.
 * All take inputs of equal shape and dtype: broadcasting and promotion are the public operations' work.
 */

const both = (a: Tangent, b: Tangent): Tangent => (a === null ? b : b === null ? a : add(a, b));

export const addPrimitive: Primitive = definePrimitive<object>({
  name: "add",
  infer: (inputs) => [elementwiseType("add", inputs)],
  jvp: ([a, b], [ta, tb]) => ({ primals: [add(a, b)], tangents: [both(ta, tb)] }),
  transpose: ([ct], [a, b]) => [isLinear(a) ? ct : null, isLinear(b) ? ct : null],
  batch: (inputs, axes, size) => batchElementwise(addPrimitive, inputs, axes, size, {}),
  lower: () => ({ kind: "map", compute: (_, [a, b]) => [binary("add", a, b)] }),
});

export const mulPrimitive: Primitive = definePrimitive<object>({
  name: "mul",
  infer: (inputs) => [elementwiseType("mul", inputs)],
  jvp: ([a, b], [ta, tb]) => ({
    primals: [mul(a, b)],
    tangents: [both(ta === null ? null : mul(ta, b), tb === null ? null : mul(a, tb))],
  }),
  transpose: ([ct], [a, b]) => [
    isLinear(a) ? mul(ct as Tensor, b as Tensor) : null,
    isLinear(b) ? mul(a as Tensor, ct as Tensor) : null,
  ],
  batch: (inputs, axes, size) => batchElementwise(mulPrimitive, inputs, axes, size, {}),
  lower: () => ({ kind: "map", compute: (_, [a, b]) => [binary("mul", a, b)] }),
});

export const negPrimitive: Primitive = definePrimitive<object>({
  name: "neg",
  infer: (inputs) => [elementwiseType("neg", inputs)],
  jvp: ([x], [t]) => ({ primals: [neg(x)], tangents: [neg(t as Tensor)] }),
  transpose: ([ct]) => [neg(ct as Tensor)],
  batch: (inputs, axes, size) => batchElementwise(negPrimitive, inputs, axes, size, {}),
  lower: () => ({
    kind: "map",
    compute: (_, [x]) => [x.dtype === "u32" ? binary("sub", constant("u32", 0), x) : unary("neg", x)],
  }),
});

export const sumPrimitive: Primitive<{ axes: readonly number[] }> = definePrimitive({
  name: "sum",
  infer: ([x], { axes }) => [{ shape: without(x.shape, axes), dtype: x.dtype }],
  jvp: ([x], [t], { axes }) => ({ primals: [sum(x, axes)], tangents: [sum(t as Tensor, axes)] }),
  transpose: ([ct], [x], { axes }) => {
    const { shape } = typeOfInput(x);
    return [broadcast(ct as Tensor, shape, without(range(shape.length), axes))];
  },
  batch: ([x], [axis], _size, { axes }) => batchReduction(x, axis as number, axes, (y, a) => sum(y, a)),
  lower: (_in, _out, { axes }) => ({ kind: "reduce", axes, accumulator: sumAccumulator }),
});

/** `axes[i]` is the output axis that input axis i becomes; the input is constant along the others. Sizes agree exactly. */
export const broadcastPrimitive: Primitive<{ shape: Shape; axes: readonly number[] }> = definePrimitive({
  name: "broadcast",
  infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  jvp: ([x], [t], { shape, axes }) => ({
    primals: [broadcast(x, shape, axes)],
    tangents: [broadcast(t as Tensor, shape, axes)],
  }),
  transpose: ([ct], _inputs, { shape, axes }) => [
    sum(
      ct as Tensor,
      range(shape.length).filter((a) => !axes.includes(a)),
    ),
  ],
  batch: ([x], [axis], size, { shape, axes }) => ({
    outputs: [broadcast(moveAxis(x, axis as number, 0), [size, ...shape], [0, ...axes.map((a) => a + 1)])],
    axes: [0],
  }),
  lower: (_in, _out, { axes }) => ({ kind: "view", axes: axes.map((axis) => viewAxis(axis)) }),
});

export const reshapePrimitive: Primitive<{ shape: Shape }> = definePrimitive({
  name: "reshape",
  infer: ([x], { shape }) => [{ shape, dtype: x.dtype }],
  jvp: ([x], [t], { shape }) => ({ primals: [reshape(x, shape)], tangents: [reshape(t as Tensor, shape)] }),
  transpose: ([ct], [x]) => [reshape(ct as Tensor, typeOfInput(x).shape)],
  batch: ([x], [axis], size, { shape }) => ({
    outputs: [reshape(moveAxis(x, axis as number, 0), [size, ...shape])],
    axes: [0],
  }),
  lower: ([x], _out, { shape }) => {
    const axes = unitAxes(x.shape, shape);
    return axes === undefined ? { kind: "alias" } : { kind: "alias", axes };
  },
});

/** Output axis i is input axis `permutation[i]`. */
export const transposePrimitive: Primitive<{ permutation: readonly number[] }> = definePrimitive({
  name: "transpose",
  infer: ([x], { permutation }) => [{ shape: permutation.map((p) => x.shape[p]), dtype: x.dtype }],
  jvp: ([x], [t], { permutation }) => ({
    primals: [transpose(x, permutation)],
    tangents: [transpose(t as Tensor, permutation)],
  }),
  transpose: ([ct], _inputs, { permutation }) => [transpose(ct as Tensor, inverse(permutation))],
  batch: ([x], [axis], _size, { permutation }) => ({
    outputs: [transpose(moveAxis(x, axis as number, 0), [0, ...permutation.map((p) => p + 1)])],
    axes: [0],
  }),
  lower: (_in, _out, { permutation }) => ({
    kind: "view",
    axes: inverse(permutation).map((axis) => viewAxis(axis)),
  }),
});
const inverse = (permutation: readonly number[]): number[] => {
  const out = new Array<number>(permutation.length);
  permutation.forEach((p, i) => (out[p] = i));
  return out;
};

/** The view that adds and removes axes of size 1, or undefined where the shapes differ in more. */
function unitAxes(from: Shape, to: Shape): ViewAxis[] | undefined {
  const kept = range(to.length).filter((a) => to[a] !== 1);
  const sizes = from.filter((n) => n !== 1);
  if (!sameShape(sizes, pick(to, kept))) return undefined;
  let next = 0;
  return from.map((n) => (n === 1 ? { start: 0, terms: [] } : viewAxis(kept[next++])));
}
const pick = (shape: Shape, axes: readonly number[]): number[] => axes.map((a) => shape[a]);

/** The result type of an operation on same-shaped inputs. */
export function elementwiseType(
  name: string,
  inputs: readonly TensorType[],
  result: (dtypes: readonly DType[]) => DType = ([first]) => first,
): TensorType {
  const [first] = inputs;
  if (inputs.some((t) => !sameShape(t.shape, first.shape)))
    throw new Error(`${name}: inputs are ${inputs.map(describe).join(", ")}, expected equal shapes.`);
  const out: TensorType = { shape: first.shape, dtype: result(inputs.map((t) => t.dtype)) };
  return inputs.every((t) => t.weak === true) ? { ...out, weak: true } : out;
}

/** All inputs get the batch axis in one place; those without it are broadcast. */
export function batchElementwise<P extends object>(
  primitive: Primitive<P>,
  inputs: readonly Tensor[],
  axes: BatchAxes,
  size: number,
  params: P,
): Batched {
  const axis = axes.find((a) => a !== null) as number;
  const aligned = inputs.map((x, i) => {
    const a = axes[i];
    return a === null ? broadcastAxis(x, axis, size) : moveAxis(x, a, axis);
  });
  return { outputs: [bind1(primitive, aligned, params)], axes: [axis] };
}

/** The batch axis stays where it is; the reduced axes make room for it. */
export function batchReduction(
  x: Tensor,
  axis: number,
  axes: readonly number[],
  reduce: (x: Tensor, axes: readonly number[]) => Tensor,
): Batched {
  const shifted = axes.map((a) => (a >= axis ? a + 1 : a));
  return { outputs: [reduce(x, shifted)], axes: [axis - shifted.filter((a) => a < axis).length] };
}

export function add(a: Tensor, b: Tensor): Tensor {
  return bind1(addPrimitive, [a, b], {});
}
export function mul(a: Tensor, b: Tensor): Tensor {
  return bind1(mulPrimitive, [a, b], {});
}
export function neg(x: Tensor): Tensor {
  return bind1(negPrimitive, [x], {});
}
export function sum(x: Tensor, axes: readonly number[]): Tensor {
  return axes.length === 0 ? x : bind1(sumPrimitive, [x], { axes });
}
export function broadcast(x: Tensor, shape: Shape, axes: readonly number[]): Tensor {
  return bind1(broadcastPrimitive, [x], { shape, axes });
}
export function reshape(x: Tensor, shape: Shape): Tensor {
  return sameShape(x.shape, shape) ? x : bind1(reshapePrimitive, [x], { shape });
}
export function transpose(x: Tensor, permutation: readonly number[]): Tensor {
  return permutation.every((p, i) => p === i) ? x : bind1(transposePrimitive, [x], { permutation });
}
export function moveAxis(x: Tensor, from: number, to: number): Tensor {
  if (from === to) return x;
  const rest = without(range(x.ndim), [from]);
  return transpose(x, inserted(rest, to, from));
}
/** Adds an axis of `size` equal entries at `axis`. */
export function broadcastAxis(x: Tensor, axis: number, size: number): Tensor {
  return broadcast(
    x,
    inserted(x.shape, axis, size),
    range(x.ndim + 1).filter((a) => a !== axis),
  );
}

/** A constant of any shape: one scalar, broadcast. */
export function full(t: TensorType, value: number): Tensor {
  const x = scalar(value, t.dtype);
  return t.shape.length === 0 ? x : broadcast(x, t.shape, []);
}
export const zeros = (t: TensorType): Tensor => full(t, 0);
/** A constant of the type of `x`. */
export const like = (x: TensorType, value: number): Tensor => full({ shape: x.shape, dtype: x.dtype }, value);
