import {
  type BatchAxes,
  type Primitive,
  type Tangent,
  definePrimitive,
  isLinear,
  typeOfInput,
} from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, add as plus, binary, compare, int, load, mul as times, read } from "../kernel/expression.js";
import { assign, forLoop, ifElse, store } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { describe, range, sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { div } from "./arithmetic.js";
import { broadcast, broadcastAxis, like, moveAxis, mul, zeros } from "./basis.js";
import { choose, eq, select } from "./comparison.js";

/*
 * Indexing by i32 tensors along one axis. With B the first `batchDims` axes, which x and the indices share:
 *   gather:     x [B, N, R], indices [B, K]               -> y [B, K, R],  y[b, k] = x[b, indices[b, k]]   (clamped)
 *   scatterAdd: x [B, N, R], indices [B, K], u [B, K, R]  -> x with u[b, k] added at indices[b, k]         (others dropped)
 * They are each other's transpose.
 */

type Batch = { batchDims: number };

export const gatherPrimitive: Primitive<Batch> = definePrimitive({
  name: "gather",
  infer: ([x, indices], { batchDims }) => {
    const shape = [...indices.shape, ...x.shape.slice(batchDims + 1)];
    if (x.shape[batchDims] === 0 && sizeOf(shape) > 0)
      throw new RangeError(`gather: cannot read from axis ${batchDims} of ${describe(x)}, which is empty.`);
    return [{ shape, dtype: x.dtype }];
  },
  jvp: ([x, indices], [t], { batchDims }) => ({
    primals: [gather(x, indices, batchDims)],
    tangents: [t === null ? null : gather(t, indices, batchDims)],
  }),
  transpose: ([ct], [x, indices], { batchDims }) => [
    // The clamped entry is what was read, so it takes the cotangent.
    scatterAdd(
      zeros(typeOfInput(x)),
      clamped(indices as Tensor, typeOfInput(x).shape[batchDims]),
      ct as Tensor,
      batchDims,
    ),
    null,
  ],
  batch: ([x, indices], [ax, ai], size, { batchDims }) => {
    if (ai === null) {
      // The batch axis of x travels as the last of the rest axes.
      const y = gather(moveAxis(x, ax as number, x.ndim - 1), indices, batchDims);
      return { outputs: [y], axes: [y.ndim - 1] };
    }
    if (ax === null && batchDims === 0) {
      const flat = moveAxis(indices, ai, 0);
      return { outputs: [gather(x, flat, 0)], axes: [0] };
    }
    const bx = ax === null ? broadcastAxis(x, 0, size) : moveAxis(x, ax, 0);
    return { outputs: [gather(bx, moveAxis(indices, ai, 0), batchDims + 1)], axes: [0] };
  },
  lower: (_in, _out, { batchDims }) => ({ kind: "gather", axis: batchDims }),
});

export const scatterAddPrimitive: Primitive<Batch> = definePrimitive({
  name: "scatterAdd",
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  jvp: ([x, indices, u], [tx, , tu], { batchDims }) => ({
    primals: [scatterAdd(x, indices, u, batchDims)],
    tangents: [scatterAdd(tx ?? like(x, 0), indices, tu ?? like(u, 0), batchDims)],
  }),
  transpose: ([ct], [x, indices, u], { batchDims }) => [
    isLinear(x) ? ct : null,
    null,
    // Dropped updates get a zero cotangent: an index outside would gather a clamped row instead.
    isLinear(u) ? gatherInside(ct as Tensor, indices as Tensor, batchDims) : null,
  ],
  batch: (inputs, axes, size, { batchDims }) => ({
    outputs: [bind1(scatterAddPrimitive, leading(inputs, axes, size), { batchDims: batchDims + 1 })],
    axes: [0],
  }),
  lower: scatterKernel("scatterAdd", plus),
});

/**
 * The largest (smallest) of x[i] and the updates at i. Those equal to the result share the derivative, x's own entry among them
 * (as JAX and PyTorch do).
 */
function scatterExtremum(name: string, op: "max" | "min"): Primitive<Batch> {
  const primitive: Primitive<Batch> = definePrimitive({
    name,
    infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
    jvp: ([x, indices, u], [tx, , tu], { batchDims }) => {
      const y = bind1(primitive, [x, indices, u], { batchDims });
      const won = (a: Tensor, b: Tensor): Tensor => select(eq(a, b), like(a, 1), like(a, 0));
      const [wx, wu] = [won(x, y), won(u, gather(y, indices, batchDims))];
      const share = (t: Tangent, w: Tensor): Tensor => (t === null ? like(w, 0) : mul(t, w));
      const total = scatterAdd(share(tx, wx), indices, share(tu, wu), batchDims);
      return { primals: [y], tangents: [div(total, scatterAdd(wx, indices, wu, batchDims))] };
    },
    batch: (inputs, axes, size, { batchDims }) => ({
      outputs: [bind1(primitive, leading(inputs, axes, size), { batchDims: batchDims + 1 })],
      axes: [0],
    }),
    lower: scatterKernel(name, (a, b) => binary(op, a, b)),
  });
  return primitive;
}
export const scatterMaxPrimitive: Primitive<Batch> = scatterExtremum("scatterMax", "max");
export const scatterMinPrimitive: Primitive<Batch> = scatterExtremum("scatterMin", "min");

/** Merges the updates into x one after the other; those outside are dropped. */
function scatterKernel(
  name: string,
  merge: (old: Expression, update: Expression) => Expression,
): Primitive<Batch>["lower"] {
  return ([x, indices, u], [y], { batchDims }) => {
    const batch = sizeOf(x.shape.slice(0, batchDims));
    const n = x.shape[batchDims];
    const rest = sizeOf(x.shape.slice(batchDims + 1));
    const count = sizeOf(indices.shape.slice(batchDims));
    const [b, k, r, at, from, to] = ["b", "k", "r", "at", "from", "to"].map(index);
    const position = plus(times(read(b), int(count)), read(k));
    const target = plus(read(to), read(r));
    const update = forLoop(
      r,
      rest,
      [store(2, target, merge(load(x.dtype, 2, target), load(u.dtype, 1, plus(read(from), read(r)))))],
      "lanes",
    );
    const inside = binary("and", compare("ge", read(at), int(0)), compare("lt", read(at), int(n)));
    return {
      kind: "kernel",
      updates: 0,
      kernel: {
        name,
        buffers: buffersOf([indices, u], [y]),
        body: [
          forLoop(
            b,
            batch,
            [
              forLoop(k, count, [
                assign(at, load(indices.dtype, 0, position)),
                ifElse(inside, [
                  assign(from, times(position, int(rest))),
                  assign(to, times(plus(times(read(b), int(n)), read(at)), int(rest))),
                  update,
                ]),
              ]),
            ],
            "parallel",
          ),
        ],
      },
    };
  };
}

/** All inputs with the batch axis in front. */
export const leading = (inputs: readonly Tensor[], axes: BatchAxes, size: number): Tensor[] =>
  inputs.map((x, i) => {
    const axis = axes[i];
    return axis === null ? broadcastAxis(x, 0, size) : moveAxis(x, axis, 0);
  });

const clamped = (indices: Tensor, size: number): Tensor =>
  choose("max", like(indices, 0), choose("min", like(indices, size - 1), indices));

/** gather, with zeros where the index lies outside. */
function gatherInside(x: Tensor, indices: Tensor, batchDims: number): Tensor {
  const y = gather(x, indices, batchDims);
  const inside = choose(
    "and",
    choose("ge", indices, like(indices, 0)),
    choose("lt", indices, like(indices, x.shape[batchDims])),
  );
  return select(broadcast(inside, y.shape, range(indices.ndim)), y, like(y, 0));
}

export const gather = (x: Tensor, indices: Tensor, batchDims: number): Tensor =>
  bind1(gatherPrimitive, [x, indices], { batchDims });
export const scatterAdd = (x: Tensor, indices: Tensor, updates: Tensor, batchDims: number): Tensor =>
  bind1(scatterAddPrimitive, [x, indices, updates], { batchDims });
export const scatterMax = (x: Tensor, indices: Tensor, updates: Tensor, batchDims: number): Tensor =>
  bind1(scatterMaxPrimitive, [x, indices, updates], { batchDims });
export const scatterMin = (x: Tensor, indices: Tensor, updates: Tensor, batchDims: number): Tensor =>
  bind1(scatterMinPrimitive, [x, indices, updates], { batchDims });
