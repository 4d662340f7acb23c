import { type Primitive, definePrimitive, isLinear } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import {
  type Expression,
  add as plus,
  binary,
  compare,
  constant,
  int,
  load,
  mul as times,
  read,
  select,
} from "../kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, describe, sizeOf, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, broadcastAxis, elementwiseType, like, moveAxis, mul } from "./basis.js";
import { eq, select as where } from "./comparison.js";
import { iota } from "./iota.js";
import { pad, slice } from "./shape.js";

/* What runs along an axis and remembers: all running operations besides the sum are made of these two. */

interface Along {
  readonly axis: number;
  readonly reverse: boolean;
}

/**
 * A kernel that walks the axis of its first input, from the end when `reverse`: `first` at the first element, `rest` at each other. Neighbours
 * walk side by side, in lanes.
 */
export function walk(
  name: string,
  inputs: readonly TensorType[],
  output: TensorType,
  { axis, reverse }: Along,
  first: (at: Expression, position: Expression) => Statement[],
  rest: (at: Expression, position: Expression) => Statement[],
): Kernel {
  const { shape } = inputs[0];
  const inner = sizeOf(shape.slice(axis + 1));
  const n = shape[axis];
  const [o, k, i] = [index("o"), index("k"), index("i")];
  const along = (step: Expression): Expression => (reverse ? binary("sub", int(n - 1), step) : step);
  const at = (position: Expression): Expression =>
    plus(times(plus(times(read(o), int(n)), position), int(inner)), read(i));
  const [start, next] = [along(int(0)), along(plus(read(k), int(1)))];
  const body = [...first(at(start), start), forLoop(k, n - 1, rest(at(next), next))];
  return {
    name,
    buffers: buffersOf(inputs, [output]),
    body: n === 0 ? [] : [forLoop(o, sizeOf(shape.slice(0, axis)), [forLoop(i, inner, body, "lanes")], "parallel")],
  };
}

function checkAxis(name: string, x: TensorType, axis: number): void {
  if (!Number.isInteger(axis) || axis < 0 || axis >= x.shape.length)
    throw new RangeError(`${name}: axis ${axis} of ${describe(x)}.`);
}

/** h[k] = a[k] h[k-1] + b[k] along `axis`, h before the first element being 0 (so that its a is not used). */
export const linearRecurrencePrimitive: Primitive<Along> = definePrimitive({
  name: "linearRecurrence",
  infer: (inputs, { axis }) => {
    checkAxis("linearRecurrence", inputs[0], axis);
    return [elementwiseType("linearRecurrence", inputs)];
  },
  // The tangent obeys the same recurrence: dh[k] = a[k] dh[k-1] + (da[k] h[k-1] + db[k]).
  jvp: ([a, b], [ta, tb], { axis, reverse }) => {
    const h = linearRecurrence(a, b, axis, reverse);
    const fromA = ta === null ? null : mul(ta, shifted(h, axis, reverse, 0));
    const source = fromA === null ? (tb as Tensor) : tb === null ? fromA : add(fromA, tb);
    return { primals: [h], tangents: [linearRecurrence(a, source, axis, reverse)] };
  },
  // l[k] = a[k+1] l[k+1] + ct[k].
  transpose: ([ct], [a, b], { axis, reverse }) => [
    null,
    isLinear(b) ? linearRecurrence(shifted(a as Tensor, axis, !reverse, 0), ct as Tensor, axis, !reverse) : null,
  ],
  batch: (inputs, axes, size, { axis, reverse }) => {
    const [a, b] = inputs.map((x, i) => {
      const at = axes[i];
      return at === null ? broadcastAxis(x, 0, size) : moveAxis(x, at, 0);
    });
    return { outputs: [linearRecurrence(a, b, axis + 1, reverse)], axes: [0] };
  },
  lower: (inputs, [y], along) => {
    const { dtype } = y;
    const h = { name: "h", dtype };
    const b = (at: Expression): Expression => load(dtype, 1, at);
    const kernel = walk(
      "linearRecurrence",
      inputs,
      y,
      along,
      (at) => [assign(h, b(at)), store(2, at, read(h))],
      (at) => [assign(h, plus(times(load(dtype, 0, at), read(h)), b(at))), store(2, at, read(h))],
    );
    return { kind: "kernel", kernel };
  },
});

/**
 * Where along `axis` the largest (or smallest) element so far stands, i32: the latest of equal ones; the first NaN, once there is one.
 */
export const cumulativeArgExtremumPrimitive: Primitive<Along & { largest: boolean }> = definePrimitive({
  name: "cumulativeArgExtremum",
  infer: ([x], { axis }) => {
    checkAxis("cumulativeArgExtremum", x, axis);
    return [typeOf("i32", x.shape)];
  },
  batch: ([x], [at], _size, { axis, ...rest }) => ({
    outputs: [cumulativeArgExtremum(moveAxis(x, at as number, 0), { axis: axis + 1, ...rest })],
    axes: [0],
  }),
  lower: ([x], [y], { largest, ...along }) => {
    const best = { name: "best", dtype: x.dtype };
    const value = { name: "value", dtype: x.dtype };
    const where = index("where");
    const later = { name: "later", dtype: "bool" } as const;
    const isNumber = compare("eq", read(best), read(best));
    const worse = compare(largest ? "lt" : "gt", read(value), read(best));
    const beaten = binary("and", isNumber, binary("xor", worse, constant("bool", 1)));
    const kernel = walk(
      "cumulativeArgExtremum",
      [x],
      y,
      along,
      (at, position) => [assign(best, load(x.dtype, 0, at)), assign(where, position), store(1, at, read(where))],
      (at, position) => [
        assign(value, load(x.dtype, 0, at)),
        assign(later, beaten),
        assign(best, select(read(later), read(value), read(best))),
        assign(where, select(read(later), position, read(where))),
        store(1, at, read(where)),
      ],
    );
    return { kind: "kernel", kernel };
  },
});

/** Each element in the place of its successor, `fill` in the first place; first is last when `reverse`. */
export function shifted(x: Tensor, axis: number, reverse: boolean, fill: number): Tensor {
  if (x.shape[axis] === 0) return x;
  const one = x.shape.map((_, i) => (i === axis ? 1 : 0));
  const none = x.shape.map(() => 0);
  const start = reverse ? one : none;
  const limit = x.shape.map((n, i) => (i === axis && !reverse ? n - 1 : n));
  return pad(slice(x, start, limit), fill, reverse ? none : one, reverse ? one : none);
}

/** Running product: the recurrence whose source is the first element alone. -0 elsewhere keeps the sign of a zero. */
export function cumprod(x: Tensor, axis: number, reverse: boolean): Tensor {
  const first = eq(iota("i32", x.shape, axis), like({ shape: x.shape, dtype: "i32" }, reverse ? x.shape[axis] - 1 : 0));
  return linearRecurrence(x, where(first, x, like(x, -0)), axis, reverse);
}

export const linearRecurrence = (a: Tensor, b: Tensor, axis: number, reverse: boolean): Tensor =>
  bind1(linearRecurrencePrimitive, [a, b], { axis, reverse });
export const cumulativeArgExtremum = (x: Tensor, params: Along & { largest: boolean }): Tensor =>
  bind1(cumulativeArgExtremumPrimitive, [x], params);
