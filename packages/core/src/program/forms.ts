import { condPrimitive } from "../control/cond.js";
import { jitPrimitive } from "../control/jit.js";
import { scanPrimitive, stacked } from "../control/scan.js";
import { whilePrimitive } from "../control/while.js";
import type { Primitive } from "../graph/primitive.js";
import { divPrimitive, subPrimitive } from "../primitives/arithmetic.js";
import { barrierPrimitive, namePrimitive } from "../primitives/barrier.js";
import {
  addPrimitive,
  broadcastPrimitive,
  mulPrimitive,
  negPrimitive,
  reshapePrimitive,
  sumPrimitive,
  transposePrimitive,
} from "../primitives/basis.js";
import { comparisonPrimitives } from "../primitives/comparison.js";
import { convertPrimitive, reinterpretPrimitive, stopGradientPrimitive } from "../primitives/conversion.js";
import { dotPrimitive } from "../primitives/dot.js";
import { dynamicSlicePrimitive, dynamicUpdateSlicePrimitive } from "../primitives/dynamicSlice.js";
import { eighPrimitive } from "../primitives/eigh.js";
import { elementaryPrimitives } from "../primitives/elementary.js";
import { incompleteBetaPrimitive } from "../primitives/incompleteBeta.js";
import { incompleteGammaPrimitive } from "../primitives/incompleteGamma.js";
import {
  gatherPrimitive,
  scatterAddPrimitive,
  scatterMaxPrimitive,
  scatterMinPrimitive,
} from "../primitives/indexing.js";
import { iotaPrimitive } from "../primitives/iota.js";
import { choleskyPrimitive, triangularSolvePrimitive } from "../primitives/linalg.js";
import { luPrimitive, luSolvePrimitive, pinvPrimitive } from "../primitives/lu.js";
import { qrPrimitive } from "../primitives/qr.js";
import { threefryPrimitive } from "../primitives/random.js";
import { cumulativeArgExtremumPrimitive, linearRecurrencePrimitive } from "../primitives/recurrence.js";
import {
  argExtremumPrimitive,
  cumsumPrimitive,
  maxPrimitive,
  minPrimitive,
  prodPrimitive,
} from "../primitives/reduce.js";
import { binomialSamplePrimitive, logGammaSamplePrimitive, poissonSamplePrimitive } from "../primitives/rejection.js";
import { concatPrimitive, flipPrimitive, padPrimitive, slicePrimitive } from "../primitives/shape.js";
import { argsortPrimitive } from "../primitives/sort.js";
import { specialPrimitives } from "../primitives/special.js";
import { svdPrimitive } from "../primitives/svd.js";
import { overlapAddPrimitive, windowsPrimitive } from "../primitives/windows.js";
import { type Shape, type TensorType, sameShape, sizeOf, type as typeOf } from "../tensor/shape.js";
import { type Domain, type Form, alike, areAxes, areTypes, inDomain, representable, sameType } from "./form.js";

type Row = readonly [Primitive, Form];

const row = <P extends object>(primitive: Primitive<P>, form: Form<NoInfer<P>>): Row => [
  primitive as Primitive,
  form as Form,
];
/** Without parameters. */
const plain = (primitive: Primitive, accepts: (inputs: readonly TensorType[]) => boolean): Row => [
  primitive,
  { params: {}, accepts },
];
/** Of `count` inputs of one type, without parameters. */
const same = (count: number, domain: Domain, primitives: readonly Primitive[]): Row[] =>
  primitives.map((p) => plain(p, (inputs) => alike(inputs, count, domain)));
/** Reductions of one input over `axes`. */
const reduction = (primitive: Primitive<{ axes: readonly number[] }>, domain: Domain): Row =>
  row(primitive, {
    params: { axes: "sizes" },
    accepts: (inputs, { axes }) => alike(inputs, 1, domain) && areAxes(axes, inputs[0].shape.length),
  });

const { abs, sign, rem, hypot, atan2, pow, ...elementary } = elementaryPrimitives;
const { and, or, xor, not, shl, shr, select, ...ordering } = comparisonPrimitives;

const isInside = (x: TensorType, sizes: Shape, starts: TensorType, batchDims: number): boolean => {
  const rank = x.shape.length - batchDims;
  return (
    sizes.length === rank &&
    sizes.every((n, i) => n <= x.shape[batchDims + i]) &&
    sameType(starts, { shape: [...x.shape.slice(0, batchDims), rank], dtype: "i32" })
  );
};

const indexes = (x: TensorType, indices: TensorType, batchDims: number): boolean =>
  indices.dtype === "i32" &&
  batchDims < x.shape.length &&
  sameShape(x.shape.slice(0, batchDims), indices.shape.slice(0, batchDims));

const scatter = (primitive: Primitive<{ batchDims: number }>, domain: Domain): Row =>
  row(primitive, {
    params: { batchDims: "size" },
    accepts: (inputs, { batchDims }) => {
      if (inputs.length !== 3) return false;
      const [x, indices, u] = inputs;
      return (
        indexes(x, indices, batchDims) &&
        inDomain(x.dtype, domain) &&
        sameType(u, { shape: [...indices.shape, ...x.shape.slice(batchDims + 1)], dtype: x.dtype })
      );
    },
  });

const isMatrix = (inputs: readonly TensorType[]): boolean => alike(inputs, 1, "float") && inputs[0].shape.length > 1;
const isSquare = (inputs: readonly TensorType[]): boolean => {
  if (!alike(inputs, 1, "float")) return false;
  const [{ shape }] = inputs;
  return shape.length > 1 && shape[shape.length - 1] === shape[shape.length - 2];
};

const WORDS = ["f32", "i32", "u32"];

/** Samplers take the two words of each element's key, then `count` parameters of one type. */
const sampler = (primitive: Primitive, count: number): Row =>
  plain(
    primitive,
    ([k0, k1, ...parameters]) =>
      k1 !== undefined &&
      k0.dtype === "u32" &&
      sameType(k0, k1) &&
      alike(parameters, count, "number") &&
      sameShape(k0.shape, parameters[0].shape),
  );

/** One of several functions of `count` floats. */
const oneOf = <Of extends string>(primitive: Primitive<{ of: Of }>, count: number, functions: readonly Of[]): Row =>
  row(primitive, {
    params: { of: "text" },
    accepts: (inputs, { of }) => alike(inputs, count, "float") && functions.includes(of),
  });

/**
 * How primitives are written to files. What lowers to a graph has no form: it is written as a call of that graph. They stand here and not in the
 * definitions so that only programs that read or write files carry them.
 */
export const forms: ReadonlyMap<Primitive, Form> = new Map<Primitive, Form>([
  ...same(1, "float", [...Object.values(elementary), ...specialPrimitives]),
  ...same(2, "float", [hypot, atan2, pow]),
  ...same(1, "number", [negPrimitive, abs, sign]),
  ...same(2, "number", [addPrimitive, subPrimitive, mulPrimitive, divPrimitive, rem]),
  ...same(2, "any", Object.values(ordering)),
  ...same(2, "bits", [and, or, xor]),
  ...same(1, "bits", [not]),
  ...same(2, "integer", [shl, shr]),
  plain(select, ([c, ...arms]) => alike(arms, 2) && sameType(c, { shape: arms[0].shape, dtype: "bool" })),
  plain(barrierPrimitive, () => true),
  row(namePrimitive, { params: { label: "text" }, accepts: (inputs) => inputs.length === 1 }),
  row(convertPrimitive, { params: { dtype: "dtype" }, accepts: (inputs) => inputs.length === 1 }),
  row(reinterpretPrimitive, {
    params: { dtype: "dtype" },
    accepts: (inputs, { dtype }) => inputs.length === 1 && WORDS.includes(inputs[0].dtype) && WORDS.includes(dtype),
  }),
  plain(stopGradientPrimitive, (inputs) => inputs.length === 1),
  row(iotaPrimitive, {
    params: { dtype: "dtype", shape: "sizes", axis: "size" },
    accepts: (inputs, { shape, axis }) => inputs.length === 0 && axis < shape.length,
  }),

  reduction(sumPrimitive, "number"),
  reduction(maxPrimitive, "any"),
  reduction(minPrimitive, "any"),
  reduction(prodPrimitive, "number"),
  row(argExtremumPrimitive, {
    params: { axis: "size", largest: "flag" },
    accepts: (inputs, { axis }) => inputs.length === 1 && inputs[0].shape[axis] > 0,
  }),
  row(cumsumPrimitive, {
    params: { axis: "size", reverse: "flag" },
    accepts: (inputs, { axis }) => alike(inputs, 1, "number") && axis < inputs[0].shape.length,
  }),
  row(linearRecurrencePrimitive, {
    params: { axis: "size", reverse: "flag" },
    accepts: (inputs, { axis }) => alike(inputs, 2, "number") && axis < inputs[0].shape.length,
  }),
  row(cumulativeArgExtremumPrimitive, {
    params: { axis: "size", reverse: "flag", largest: "flag" },
    accepts: (inputs, { axis }) => inputs.length === 1 && axis < inputs[0].shape.length,
  }),

  row(broadcastPrimitive, {
    params: { shape: "sizes", axes: "sizes" },
    accepts: (inputs, { shape, axes }) =>
      inputs.length === 1 &&
      areAxes(axes, shape.length) &&
      sameShape(
        inputs[0].shape,
        axes.map((a) => shape[a]),
      ),
  }),
  row(reshapePrimitive, {
    params: { shape: "sizes" },
    accepts: (inputs, { shape }) => inputs.length === 1 && sizeOf(shape) === sizeOf(inputs[0].shape),
  }),
  row(transposePrimitive, {
    params: { permutation: "sizes" },
    accepts: (inputs, { permutation: p }) =>
      inputs.length === 1 && p.length === inputs[0].shape.length && areAxes(p, p.length),
  }),
  row(slicePrimitive, {
    params: { start: "sizes", limit: "sizes", step: "sizes" },
    accepts: (inputs, { start, limit, step }) => {
      if (inputs.length !== 1) return false;
      const [{ shape }] = inputs;
      return (
        [start, limit, step].every((list) => list.length === shape.length) &&
        shape.every((n, i) => start[i] <= n && limit[i] <= n && step[i] > 0)
      );
    },
  }),
  row(flipPrimitive, {
    params: { axes: "sizes" },
    accepts: (inputs, { axes }) => inputs.length === 1 && areAxes(axes, inputs[0].shape.length),
  }),
  row(padPrimitive, {
    params: { value: "number", low: "sizes", high: "sizes", interior: "sizes" },
    accepts: (inputs, { value, ...lists }) =>
      inputs.length === 1 &&
      representable(value, inputs[0].dtype) &&
      Object.values(lists).every((list) => list.length === inputs[0].shape.length),
  }),
  row(concatPrimitive, {
    params: { axis: "size" },
    accepts: (inputs, { axis }) =>
      inputs.length > 0 &&
      axis < inputs[0].shape.length &&
      inputs.every(
        ({ shape, dtype }) =>
          dtype === inputs[0].dtype &&
          shape.length === inputs[0].shape.length &&
          shape.every((n, i) => i === axis || n === inputs[0].shape[i]),
      ),
  }),
  row(windowsPrimitive, {
    params: { axes: "sizes", size: "sizes", stride: "sizes", dilation: "sizes" },
    accepts: (inputs) => inputs.length === 1,
  }),
  row(overlapAddPrimitive, {
    params: { axes: "sizes", length: "sizes", stride: "sizes", dilation: "sizes" },
    accepts: (inputs, { axes }) => inputs.length === 1 && axes.length <= inputs[0].shape.length,
  }),
  row(gatherPrimitive, {
    params: { batchDims: "size" },
    accepts: (inputs, { batchDims }) => inputs.length === 2 && indexes(inputs[0], inputs[1], batchDims),
  }),
  scatter(scatterAddPrimitive, "number"),
  scatter(scatterMaxPrimitive, "any"),
  scatter(scatterMinPrimitive, "any"),
  row(dynamicSlicePrimitive, {
    params: { sizes: "sizes", batchDims: "size" },
    accepts: (inputs, { sizes, batchDims }) => inputs.length === 2 && isInside(inputs[0], sizes, inputs[1], batchDims),
  }),
  row(dynamicUpdateSlicePrimitive, {
    params: { batchDims: "size" },
    accepts: (inputs, { batchDims }) => {
      if (inputs.length !== 3) return false;
      const [x, u, starts] = inputs;
      return (
        x.dtype === u.dtype &&
        sameShape(x.shape.slice(0, batchDims), u.shape.slice(0, batchDims)) &&
        isInside(x, u.shape.slice(batchDims), starts, batchDims)
      );
    },
  }),
  plain(argsortPrimitive, (inputs) => inputs.length === 1 && inputs[0].shape.length > 0),

  row(dotPrimitive, {
    params: { contractA: "sizes", contractB: "sizes", batchA: "sizes", batchB: "sizes" },
    accepts: (inputs, { contractA, contractB, batchA, batchB }) => {
      if (inputs.length !== 2) return false;
      const [a, b] = inputs;
      const ofA = [...batchA, ...contractA];
      const ofB = [...batchB, ...contractB];
      return (
        a.dtype === b.dtype &&
        inDomain(a.dtype, "number") &&
        batchA.length === batchB.length &&
        ofA.length === ofB.length &&
        areAxes(ofA, a.shape.length) &&
        areAxes(ofB, b.shape.length) &&
        ofA.every((i, k) => a.shape[i] === b.shape[ofB[k]])
      );
    },
  }),
  plain(choleskyPrimitive, isSquare),
  row(triangularSolvePrimitive, {
    params: { lower: "flag", transposed: "flag" },
    accepts: (inputs) => {
      if (inputs.length !== 2 || !isSquare([inputs[0]])) return false;
      const [a, b] = inputs;
      return (
        a.dtype === b.dtype &&
        a.shape.length === b.shape.length &&
        sameShape(a.shape.slice(0, -1), b.shape.slice(0, -1))
      );
    },
  }),
  plain(eighPrimitive, isSquare),
  row(luPrimitive, { params: { complete: "flag" }, accepts: isMatrix }),
  row(luSolvePrimitive, {
    params: { transposed: "flag" },
    accepts: (inputs) => {
      if (inputs.length !== 4 || !isSquare([inputs[0]])) return false;
      const [a, packed, rows, b] = inputs;
      const each = a.shape.slice(0, -1);
      return (
        sameType(a, packed) &&
        sameType(rows, typeOf("i32", each)) &&
        sameType(b, typeOf(a.dtype, [...each, b.shape[each.length]])) &&
        b.shape.length === a.shape.length
      );
    },
  }),
  plain(pinvPrimitive, (inputs) => {
    if (inputs.length !== 2 || !isMatrix([inputs[0]])) return false;
    const [{ dtype, shape }, p] = inputs;
    const [m, n] = shape.slice(-2);
    return sameType(p, typeOf(dtype, [...shape.slice(0, -2), n, m]));
  }),
  row(qrPrimitive, { params: { complete: "flag" }, accepts: isMatrix }),
  plain(svdPrimitive, (inputs) => {
    if (!isMatrix(inputs)) return false;
    const [m, n] = inputs[0].shape.slice(-2);
    return m >= n;
  }),

  plain(threefryPrimitive, (inputs) => alike(inputs, 4) && inputs[0].dtype === "u32"),
  sampler(logGammaSamplePrimitive, 1),
  sampler(poissonSamplePrimitive, 1),
  sampler(binomialSamplePrimitive, 2),
  oneOf(incompleteGammaPrimitive, 2, ["lower", "upper", "density", "shape", "sample"]),
  oneOf(incompleteBetaPrimitive, 3, ["value", "density", "a", "b"]),

  row(jitPrimitive, {
    params: { graph: "graph", name: "text" },
    accepts: (inputs, { graph }) => areTypes(inputs, graph.inputs),
  }),
  row(condPrimitive, {
    params: { branches: "graphs" },
    accepts: (inputs, { branches }) =>
      branches.length > 0 &&
      inputs.length > 0 &&
      sameType(inputs[0], { shape: [], dtype: "i32" }) &&
      branches.every((b) => areTypes(inputs.slice(1), b.inputs) && areTypes(b.outputs, branches[0].outputs)),
  }),
  row(scanPrimitive, {
    params: { body: "graph", constants: "size", carry: "size", length: "size", reverse: "flag" },
    accepts: (inputs, { body, constants, carry, length }) =>
      length < 2 ** 31 &&
      constants + carry <= inputs.length &&
      areTypes(
        inputs,
        body.inputs.map((t, i) => (i < constants + carry ? t : stacked(t, length))),
      ) &&
      carry <= body.outputs.length &&
      areTypes(body.outputs.slice(0, carry), body.inputs.slice(constants, constants + carry)),
  }),
  row(whilePrimitive, {
    params: { condition: "graph", body: "graph", conditionConstants: "size", bodyConstants: "size" },
    accepts: (inputs, { condition, body, conditionConstants: nc, bodyConstants: nb }) =>
      nc <= condition.inputs.length &&
      nb <= body.inputs.length &&
      areTypes(inputs, [...condition.inputs.slice(0, nc), ...body.inputs]) &&
      areTypes(condition.inputs.slice(nc), body.inputs.slice(nb)) &&
      areTypes(body.outputs, body.inputs.slice(nb)) &&
      areTypes(condition.outputs, [{ shape: [], dtype: "i32" }]),
  }),
]);
