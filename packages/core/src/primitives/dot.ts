import type { Atom, Equation } from "../graph/graph.js";
import { type Primitive, type Tangent, definePrimitive, isLinear, typeOfInput } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add as plus,
  binary,
  constant,
  load,
  mul as times,
  read,
} from "../kernel/expression.js";
import { type Kernel, type LoopMode, type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { addProduct } from "../kernel/multiplyAdd.js";
import { buffersOf, dotIndex, index } from "../kernel/nest.js";
import type { BatchedProduct, Loops } from "../kernel/product.js";
import { dtypes } from "../tensor/dtype.js";
import { type Shape, type TensorType, range, sizeOf, stridesOf, without } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { sumAccumulator } from "./accumulators.js";
import { isWorthTiling, tiledProduct } from "./tiledDot.js";
import { type StridedView, type Windows, windowStrides, windowsPrimitive } from "./windows.js";
import { add, moveAxis, transpose, transposePrimitive } from "./basis.js";

/** Axes that are summed over, and axes that run along in both, pairwise. The output has batch axes, a's others, b's others. */
export interface DotParams {
  readonly contractA: readonly number[];
  readonly contractB: readonly number[];
  readonly batchA: readonly number[];
  readonly batchB: readonly number[];
}
/** What the compiler makes of a product: operands that are windows of the inputs. No trace or program has it. */
interface ViewedDot extends DotParams {
  readonly views?: readonly (StridedView | undefined)[];
}

export const dotPrimitive: Primitive<DotParams> = definePrimitive({
  name: "dot",
  infer: ([a, b], p) => [
    {
      shape: [
        ...p.batchA.map((i) => a.shape[i]),
        ...without(a.shape, [...p.contractA, ...p.batchA]),
        ...without(b.shape, [...p.contractB, ...p.batchB]),
      ],
      dtype: a.dtype,
    },
  ],
  jvp: ([a, b], [ta, tb], p) => {
    const left: Tangent = ta === null ? null : dot(ta, b, p);
    const right: Tangent = tb === null ? null : dot(a, tb, p);
    return {
      primals: [dot(a, b, p)],
      tangents: [left === null ? right : right === null ? left : add(left, right)],
    };
  },
  transpose: ([ct], [a, b], p) => [
    isLinear(a) ? transposeLeft(ct as Tensor, a.type, b as Tensor, p) : null,
    isLinear(b) ? transposeLeft(swapOutput(ct as Tensor, typeOfInput(a), p), b.type, a as Tensor, swapped(p)) : null,
  ],
  batch: ([a, b], [ia, ib], _size, p) => {
    const shift = (axes: readonly number[], by: boolean): number[] => axes.map((i) => (by ? i + 1 : i));
    const x = ia === null ? a : moveAxis(a, ia, 0);
    const y = ib === null ? b : moveAxis(b, ib, 0);
    const both = ia !== null && ib !== null;
    const q: DotParams = {
      contractA: shift(p.contractA, ia !== null),
      contractB: shift(p.contractB, ib !== null),
      batchA: [...(both ? [0] : []), ...shift(p.batchA, ia !== null)],
      batchB: [...(both ? [0] : []), ...shift(p.batchB, ib !== null)],
    };
    // Without a partner the batch axis is the first free axis of its operand.
    const freeA = x.ndim - q.contractA.length - q.batchA.length;
    const axis = both ? 0 : ia !== null ? p.batchA.length : p.batchA.length + freeA;
    return { outputs: [dot(x, y, q)], axes: [axis] };
  },
  lower: ([a, b], [y], p) => ({ kind: "kernel", kernel: dotKernel(a, b, y, p) }),
});

export function dot(a: Tensor, b: Tensor, params: DotParams): Tensor {
  return bind1(dotPrimitive, [a, b], params);
}

const swapped = (p: DotParams): DotParams => ({
  contractA: p.contractB,
  contractB: p.contractA,
  batchA: p.batchB,
  batchB: p.batchA,
});

/** The cotangent as that of dot(b, a): b's free axes before a's. */
function swapOutput(ct: Tensor, a: TensorType, p: DotParams): Tensor {
  const batch = p.batchA.length;
  const freeA = a.shape.length - batch - p.contractA.length;
  const rest = range(ct.ndim - batch - freeA, batch + freeA);
  return transpose(ct, [...range(batch), ...rest, ...range(freeA, batch)]);
}

/** Cotangent of the left operand: ct contracted with b over b's free axes, then its axes put in a's order. */
function transposeLeft(ct: Tensor, a: TensorType, b: Tensor, p: DotParams): Tensor {
  const batch = p.batchA.length;
  const freeAxesA = without(range(a.shape.length), [...p.contractA, ...p.batchA]);
  const freeAxesB = without(range(b.ndim), [...p.contractB, ...p.batchB]);
  const summed = range(freeAxesB.length, batch + freeAxesA.length);
  const own: DotParams = { contractA: summed, contractB: freeAxesB, batchA: range(batch), batchB: p.batchB };
  // The product's axes: batch, then a's free ones and b's contracted ones in b's own order, or these two the other way round.
  const contracted = [...p.contractB].sort((i, j) => i - j).map((i) => p.contractA[p.contractB.indexOf(i)]);
  const reversed = [...p.batchA, ...contracted, ...freeAxesA];
  if (reversed.every((axis, i) => axis === i)) return dot(b, ct, swapped(own));
  const order = [...p.batchA, ...freeAxesA, ...contracted];
  return transpose(
    dot(ct, b, own),
    range(a.shape.length).map((i) => order.indexOf(i)),
  );
}

/** Axes merged where both operands run on without a gap. */
function loops(shape: Shape, a: readonly number[], b: readonly number[]): Loops {
  const out = { sizes: [] as number[], a: [] as number[], b: [] as number[] };
  shape.forEach((n, i) => {
    const last = out.sizes.length - 1;
    if (n === 1) return;
    if (last >= 0 && out.a[last] === a[i] * n && out.b[last] === b[i] * n) {
      out.sizes[last] *= n;
      out.a[last] = a[i];
      out.b[last] = b[i];
    } else {
      out.sizes.push(n);
      out.a.push(a[i]);
      out.b.push(b[i]);
    }
  });
  return out;
}

/**
 * Large products of two matrices are tiled. Otherwise two loop orders: where the last free axis of one operand is contiguous, a row of the output is accumulated over k with
 * that axis in lanes; otherwise (both contracted axes contiguous) each element is one blocked reduction over k.
 */
/** Bytes of a row of the result that is kept in registers. */
const NARROW = 128;
/** Terms added to a longer one at a time. */
const ROWS = 4;
/** Terms that are summed before they are added to the result. */
const BLOCK = 512;
/** Rows of a part of a large product, as many as are packed at once; half as many in products that have no more. */
const PART_ROWS = 512;

/**
 * One large product as a batch of products of some of its rows each, for threads to share. Each packs the columns again, which must stay little beside
 * its work; the order of the sums, and so the bits, does not change.
 */
function inParts(m: BatchedProduct): BatchedProduct {
  const { batch, rows } = m;
  const [size] = rows.sizes;
  const part = size >= 2 * PART_ROWS ? PART_ROWS : PART_ROWS / 2;
  const single = [rows, m.columns, m.contracted].every((l) => l.sizes.length === 1);
  if (batch.sizes.length > 0 || !single || size < PART_ROWS || size % part !== 0) return m;
  return {
    ...m,
    batch: { sizes: [size / part], a: [part * rows.a[0]], b: [0] },
    rows: { sizes: [part], a: rows.a, b: rows.b },
  };
}

function dotKernel(a: TensorType, b: TensorType, y: TensorType, p: ViewedDot): Kernel {
  const [va, vb] = [a, b].map(({ shape }, i): StridedView => p.views?.[i] ?? { shape, strides: stridesOf(shape) });
  const [sa, sb] = [va.strides, vb.strides];
  const freeA = without(range(sa.length), [...p.contractA, ...p.batchA]);
  const freeB = without(range(sb.length), [...p.contractB, ...p.batchB]);
  const none = (n: number): number[] => new Array<number>(n).fill(0);
  const pick = (axes: readonly number[], from: readonly number[]): number[] => axes.map((i) => from[i]);
  const batch = loops(pick(p.batchA, va.shape), pick(p.batchA, sa), pick(p.batchB, sb));
  const rows = loops(pick(freeA, va.shape), pick(freeA, sa), none(freeA.length));
  const columns = loops(pick(freeB, vb.shape), none(freeB.length), pick(freeB, sb));
  const contracted = loops(pick(p.contractA, va.shape), pick(p.contractA, sa), pick(p.contractB, sb));

  const { dtype } = y;
  const product: BatchedProduct = { dtype, batch, rows, columns, contracted };
  if (sizeOf(y.shape) > 0 && isWorthTiling(product)) {
    const cut = inParts(product);
    const at = cut.batch.sizes.map((_, i) => index(`i${i}`));
    const strides = stridesOf(cut.batch.sizes).map((s) => s * sizeOf(cut.rows.sizes) * sizeOf(columns.sizes));
    const base = [cut.batch.a, cut.batch.b, strides].map((s) => dotIndex(at.map(read), s));
    const { before, body, scratch } = tiledProduct(cut, base[0], base[1], base[2]);
    return {
      name: "dot",
      buffers: buffersOf([a, b], [y], scratch),
      product,
      body: [...before, ...cut.batch.sizes.reduceRight((inner, n, i) => [forLoop(at[i], n, inner, "parallel")], body)],
    };
  }
  const outer = { sizes: [...batch.sizes, ...rows.sizes, ...columns.sizes] };
  const strideA = [...batch.a, ...rows.a, ...columns.a];
  const strideB = [...batch.b, ...rows.b, ...columns.b];
  const strideY = stridesOf(outer.sizes);

  // The axis in lanes: the last of the output if it is contiguous in its operand.
  const last = outer.sizes.length - 1;
  const inLanes = last >= 0 && outer.sizes[last] > 1 && strideA[last] + strideB[last] === 1;
  const outerLocals = outer.sizes.map((_, i) => index(`i${i}`));
  const k = contracted.sizes.map((_, i) => index(`k${i}`));
  const fixed = inLanes ? outerLocals.slice(0, last) : outerLocals;
  const [baseA, baseB, baseY] = [index("a"), index("b"), index("y")];
  const bases = [
    assign(baseA, dotIndex(fixed.map(read), strideA)),
    assign(baseB, dotIndex(fixed.map(read), strideB)),
    assign(baseY, dotIndex(fixed.map(read), strideY)),
  ];
  const at = (base: typeof baseA, strides: readonly number[], lane: number, along: readonly Local[]) =>
    plus(
      plus(read(base), dotIndex(along.map(read), strides)),
      inLanes ? times(read(outerLocals[last]), constant("i32", lane)) : constant("i32", 0),
    );
  const termAt = (along: readonly Local[]): [Expression, Expression] => [
    load(dtype, 0, at(baseA, contracted.a, strideA[last], along)),
    load(dtype, 1, at(baseB, contracted.b, strideB[last], along)),
  ];
  const term = termAt(k);
  const over = (sizes: readonly number[], locals: typeof k, body: Statement[], mode?: LoopMode): Statement[] => {
    let out = body;
    for (let i = sizes.length - 1; i >= 0; i--) out = [forLoop(locals[i], sizes[i], out, mode)];
    return out;
  };

  let body: Statement[];
  if (inLanes && outer.sizes[last] * dtypes[dtype].bytes <= NARROW && contracted.sizes.length === 1) {
    // Few columns: their sums stay in registers, over blocks of the contracted axis so that long ones keep their digits.
    const lane = outerLocals[last];
    const [total, sum] = [
      { name: "total", dtype },
      { name: "sum", dtype },
    ];
    const [block, inner] = [index("block"), index("k")];
    const size = contracted.sizes[0];
    const from = times(read(block), constant("i32", BLOCK));
    const terms = (into: typeof total, length: Expression | number, start?: Expression): Statement[] => [
      assign(into, constant(dtype, 0)),
      forLoop(inner, length, [
        assign(k[0], start === undefined ? read(inner) : plus(start, read(inner))),
        assign(into, addProduct(read(into), ...term)),
      ]),
    ];
    const rest = binary("min", constant("i32", BLOCK), binary("sub", constant("i32", size), from));
    const blocks = [
      assign(total, constant(dtype, 0)),
      forLoop(block, Math.ceil(size / BLOCK), [...terms(sum, rest, from), assign(total, plus(read(total), read(sum)))]),
    ];
    const sums = size > BLOCK ? blocks : terms(total, size);
    const result = store(2, plus(read(baseY), read(lane)), read(total));
    body = [...bases, forLoop(lane, outer.sizes[last], [...sums, result], "lanes")];
  } else if (inLanes) {
    const lane = outerLocals[last];
    const target = plus(read(baseY), read(lane));
    // A row of the result takes several terms each time that it is read and written.
    const rest = contracted.sizes.length - 1;
    const size = contracted.sizes[rest] ?? 1;
    const rowsFrom = (start: Expression, count: number): Statement[] => {
      const value = { name: "value", dtype };
      const steps = range(rest < 0 ? 0 : count).map((i) => index(`k${i}`));
      const terms = rest < 0 ? [term] : steps.map((step) => termAt([...k.slice(0, rest), step]));
      return [
        ...steps.map((step, i) => assign(step, plus(start, constant("i32", i)))),
        forLoop(
          lane,
          outer.sizes[last],
          [
            assign(value, load(dtype, 2, target)),
            ...terms.map((t) => assign(value, addProduct(read(value), ...t))),
            store(2, target, read(value)),
          ],
          "lanes",
        ),
      ];
    };
    const group = index("group");
    const whole = Math.floor(size / ROWS);
    body = [
      ...bases,
      forLoop(lane, outer.sizes[last], [store(2, target, constant(dtype, 0))], "lanes"),
      ...over(contracted.sizes.slice(0, Math.max(0, rest)), k.slice(0, Math.max(0, rest)), [
        forLoop(group, whole, rowsFrom(times(read(group), constant("i32", ROWS)), ROWS)),
        ...(size % ROWS > 0 ? rowsFrom(constant("i32", whole * ROWS), size % ROWS) : []),
      ]),
    ];
  } else {
    const total = { name: "total", dtype };
    const inner = contracted.sizes.length - 1;
    const sum = sumAccumulator(times(...term));
    const accumulator = { ...sum, step: addProduct(read(sum.local), ...term) };
    const most = dtype === "f64" ? 8 : 16;
    const width = [most, most / 2, most / 4].find((w) => (contracted.sizes[inner] ?? 0) >= w) ?? 1;
    body = [
      ...bases,
      assign(total, constant(dtype, 0)),
      ...(inner < 0
        ? [assign(total, times(...term))]
        : over(contracted.sizes.slice(0, inner), k.slice(0, inner), [
            {
              kind: "reduce",
              index: k[inner],
              extent: constant("i32", contracted.sizes[inner]),
              width,
              body: [],
              accumulators: [accumulator],
            },
            assign(total, plus(read(total), read(accumulator.local))),
          ])),
      store(2, read(baseY), read(total)),
    ];
  }
  const nested = over(outer.sizes.slice(0, fixed.length), fixed, body, "parallel");
  // An empty contraction sums nothing: zero, however the loops are arranged.
  const empty = sizeOf(contracted.sizes) === 0;
  const fill = index("i");
  return {
    name: "dot",
    buffers: buffersOf([a, b], [y]),
    ...(empty ? {} : { product }),
    body: empty ? [forLoop(fill, sizeOf(y.shape), [store(2, read(fill), constant(dtype, 0))], "lanes")] : nested,
  };
}

/**
 * A transposed factor as it was before, with the product's axes of it, where its other axes keep their order: the product reads it
 * through other strides.
 */
export function withoutTranspose(
  factor: Atom,
  axes: readonly (readonly number[])[],
  maker: (a: Atom) => Equation | undefined,
): { factor: Atom; axes: readonly (readonly number[])[] } {
  const e = maker(factor);
  if (e === undefined || (e.primitive as unknown) !== transposePrimitive) return { factor, axes };
  const { permutation } = e.params as { permutation: readonly number[] };
  const free = permutation.filter((_, i) => !axes.flat().includes(i));
  if (free.some((axis, i) => i > 0 && axis < free[i - 1])) return { factor, axes };
  const before = axes.map((list) => list.map((i) => permutation[i]));
  return withoutTranspose(e.inputs[0], before, maker);
}

/**
 * The same product of operands before they were transposed or cut into windows, where its bits do not depend on how they lie in memory:
 * windows are strides over the input that overlap, so that the product packs its panels from them and they are never written.
 */
export function productOfOriginals(
  inputs: readonly Atom[],
  p: ViewedDot,
  maker: (a: Atom) => Equation | undefined,
): { inputs: readonly Atom[]; params: ViewedDot } | undefined {
  if (p.views !== undefined || !isTiled(inputs[0], inputs[1], p)) return undefined;
  const a = withoutTranspose(inputs[0], [p.contractA, p.batchA], maker);
  const b = withoutTranspose(inputs[1], [p.contractB, p.batchB], maker);
  const made = [a, b].map(({ factor }) => {
    const e = maker(factor);
    return (e?.primitive as unknown) === windowsPrimitive ? e : undefined;
  });
  const views = made.map((e) => e && windowStrides(e.inputs[0].shape, e.outputs[0].shape, e.params as Windows));
  const before = [a, b].map(({ factor }, i) => made[i]?.inputs[0] ?? factor);
  if (before.every((factor, i) => factor === inputs[i])) return undefined;
  const [contractA, batchA] = a.axes;
  const [contractB, batchB] = b.axes;
  const params = { contractA, contractB, batchA, batchB };
  return { inputs: before, params: views.some(Boolean) ? { ...params, views } : params };
}

function isTiled(a: TensorType, b: TensorType, p: DotParams): boolean {
  const one = (n: number): Loops => ({ sizes: [n], a: [0], b: [0] });
  const sizeWithout = ({ shape }: TensorType, axes: readonly number[]): number =>
    sizeOf(without(range(shape.length), axes).map((i) => shape[i]));
  const rows = sizeWithout(a, [...p.contractA, ...p.batchA]);
  const columns = sizeWithout(b, [...p.contractB, ...p.batchB]);
  const contracted = sizeOf(p.contractA.map((i) => a.shape[i]));
  return isWorthTiling({ dtype: a.dtype, rows: one(rows), columns: one(columns), contracted: one(contracted) });
}
