import * as api from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

/*
 * One row a public operation: a call of representative operands, from which the sweep derives all its checks.
 */

/** What operands hold: any floats away from ties and kinks, positive ones, ones in (0, 1), positive definite or invertible matrices, indices. */
export type Domain = "any" | "positive" | "unit" | "spd" | "square" | "index" | "mask";
/** Of the result, given that of the operands: as they are; bool counted as i32; integers taken as f32; or always the same. */
export type ResultDType = "same" | "count" | "float" | "bool" | "i32";
export interface Row {
  readonly name: string;
  readonly operands: readonly (readonly [domain: Domain, ...shape: number[]])[];
  readonly call: (...xs: Tensor[]) => unknown;
  readonly dtype: ResultDType;
  /** Not differentiable, or checked elsewhere since its derivative is not unique. */
  readonly flat: boolean;
  /** u32 wraps around as in NumPy, so there is nothing to compare with. */
  readonly wraps: boolean;
  /** Only floats. */
  readonly floats: boolean;
  /** Bools are refused, or mean something else than 0 and 1. */
  readonly noBool: boolean;
  /** Has steps or kinks closer than differences in f32 reach. */
  readonly coarse: boolean;
  /** In f32 and integers the result differs more than by rounding from that in f64. */
  readonly loose: boolean;
  readonly elementwise: boolean;
}
type Flag = "flat" | "wraps" | "floats" | "noBool" | "loose" | "coarse" | "elementwise";
const A = ["any", 2, 3] as const;
const B = ["any", 2, 3] as const;
const P = ["positive", 2, 3] as const;
const U = ["unit", 2, 3] as const;
const S = ["spd", 3, 3] as const;
const Q = ["square", 3, 3] as const;
const V = ["any", 4] as const;
const I = ["index", 4] as const;

const row = (
  name: string,
  operands: Row["operands"],
  call: Row["call"],
  dtype: ResultDType,
  ...flags: Flag[]
): Row => ({
  name,
  operands,
  call,
  dtype,
  flat: flags.includes("flat") || dtype === "bool" || dtype === "i32",
  wraps: flags.includes("wraps"),
  floats: flags.includes("floats"),
  noBool: flags.includes("noBool"),
  loose: flags.includes("loose"),
  coarse: flags.includes("coarse"),
  elementwise: flags.includes("elementwise"),
});
const named = (name: string): ((...args: unknown[]) => unknown) =>
  (api as unknown as Record<string, (...args: unknown[]) => unknown>)[name];

/** Rows of functions that are called with their operands alone. */
const plain = (names: string, operands: Row["operands"], dtype: ResultDType, ...flags: Flag[]): Row[] =>
  names.split(" ").map((name) => row(name, operands, (...xs) => named(name)(...xs), dtype, ...flags));

export const table: readonly Row[] = [
  ...plain("add maximum minimum fmax fmin hypot atan2 logaddexp logaddexp2", [A, B], "count", "elementwise").map(
    (r) => {
      const dtype: ResultDType = /hypot|atan2|logadd/.test(r.name)
        ? "float"
        : /imum|fm/.test(r.name)
          ? "same"
          : "count";
      return { ...r, dtype };
    },
  ),
  ...plain("sub", [A, B], "count", "wraps", "elementwise"),
  ...plain("mul", [A, B], "same", "elementwise"),
  ...plain("div copysign heaviside", [A, B], "float", "elementwise"),
  ...plain("rem fmod remainder mod", [A, ["positive", 2, 3]], "count", "coarse", "elementwise"),
  ...plain("floorDivide", [A, P], "count", "flat", "elementwise"),
  row("divmod", [A, P], api.divmod as Row["call"], "count", "flat", "elementwise"),
  ...plain("floatPower pow xlogy xlog1py relEntr klDiv betaln beta", [P, P], "float", "elementwise"),
  row("zeta", [P, P], (s, q) => api.zeta(api.add(s, 1), q), "float", "flat", "elementwise"),
  // Second derivatives in the parameters are not defined.
  ...plain("gammainc gammaincc", [P, P], "float", "elementwise", "flat"),
  ...plain("betainc", [P, P, U], "float", "elementwise", "flat"),
  row("gammainc", [P], (x) => api.gammainc(1.5, x), "float"),
  row("betainc", [U], (x) => api.betainc(1.5, 2, x), "float"),
  ...plain("equal notEqual less lessEqual greater greaterEqual isClose", [A, B], "bool", "elementwise"),
  ...plain("logicalAnd logicalOr logicalXor", [A, B], "bool", "elementwise"),
  ...plain("logicalNot isNaN isFinite isInf signbit", [A], "bool", "elementwise"),
  row("allClose", [A, B], (x, y) => api.allClose(x, y), "bool"),
  ...plain("neg", [A], "count", "wraps", "elementwise"),
  ...plain("square abs", [A], "count", "elementwise"),
  ...plain("sign", [A], "count", "flat", "elementwise"),
  ...plain("floor ceil trunc rint round", [A], "same", "flat", "elementwise"),
  row("frac", [A], (x) => api.frac(x), "count", "flat", "elementwise"),
  ...plain(
    "exp exp2 expm1 sin cos tan atan sinh cosh tanh asinh cbrt erf erfc deg2rad rad2deg sigmoid expit softplus logSigmoid " +
      "softSign silu swish mish gelu squareplus tanhShrink hardTanh hardSigmoid hardSilu hardSwish leakyRelu elu celu selu relu6 " +
      "ndtr logNdtr erfcx i0 i1 i0e i1e sinc stopGradient",
    [A],
    "float",
    "elementwise",
  ).map((r): Row => (r.name === "stopGradient" ? { ...r, dtype: "same", flat: true } : r)),
  ...plain("hardShrink softShrink", [A], "float", "elementwise", "coarse"),
  ...plain("relu", [A], "same", "elementwise"),
  row("threshold", [A], (x) => api.threshold(x, 0, 7), "count", "elementwise"),
  ...plain("reciprocal log log1p log2 log10 sqrt rsqrt lgamma digamma gamma entr", [P], "float", "elementwise"),
  ...plain("asin acos atanh erfinv erfcinv ndtri logit", [U], "float", "elementwise"),
  row("acosh", [P], (x) => api.acosh(x.add(1)), "float", "elementwise"),
  row("log1mexp", [P], (x) => api.log1mexp(x.add(0.5)), "float", "elementwise"),
  row("polygamma", [P], (x) => api.polygamma(2, x), "float", "elementwise"),
  row("multigammaln", [P], (x) => api.multigammaln(x.add(2), 2), "float", "elementwise"),
  ...plain("gammasgn", [A], "float", "flat", "elementwise"),
  row("lerp", [A, B], (x, y) => api.lerp(x, y, 0.3), "float", "elementwise"),
  row("clip", [A], (x) => api.clip(x, 0, 2), "count", "elementwise"),
  row("where", [["mask", 2, 3], A, B], api.where as Row["call"], "same"),
  row("nanToNum", [A], (x) => api.nanToNum(x), "same", "elementwise"),
  row("ldexp", [A], (x) => api.ldexp(x, 2), "float", "elementwise"),
  row("frexp", [A], (x) => api.frexp(x)[0], "float", "flat", "elementwise"),
  ...["bitwiseAnd", "bitwiseOr", "bitwiseXor"].map((n) => row(n, [I, I], named(n) as Row["call"], "i32")),
  row("bitwiseNot", [I], (x) => api.bitwiseNot(x), "i32"),
  row("leftShift", [I], (x) => api.leftShift(x, 2), "i32"),
  row("rightShift", [I], (x) => api.rightShift(x, 1), "i32"),
  row("astype", [A], (x) => api.astype(x, "i32"), "i32"),

  ...plain("sum prod", [A], "count"),
  ...plain("max min", [A], "same"),
  ...plain("mean variance std logsumexp", [A], "float"),
  row("sum", [A], (x) => api.sum(x, -1, { keepDims: true }), "count"),
  row("std", [A], (x) => api.std(x, [-1], { ddof: 1 }), "float"),
  row("max", [A], (x) => api.max(x, 0), "same"),
  ...plain("ptp", [A], "count"),
  ...plain("any all", [A], "bool"),
  ...plain("argmax argmin countNonzero", [A], "i32"),
  ...plain("nansum nanprod nanmax nanmin nanmean nanvar nanstd nanmedian", [A], "float"),
  ...plain("nanargmax nanargmin", [A], "i32"),
  ...plain("median", [A], "float"),
  row("quantile", [A], (x) => api.quantile(x, [0.2, 0.7], -1), "float"),
  row("percentile", [A], (x) => api.percentile(x, 30), "float"),
  row("nanquantile", [A], (x) => api.nanquantile(x, 0.3, 0, { keepDims: true }), "float"),
  row("average", [A, P], (x, w) => api.average(x, 1, { weights: w }), "float"),
  row("cov", [A], (x) => api.cov(x), "float"),
  row("corrcoef", [["any", 3, 4]], (x) => api.corrcoef(x), "float"),
  ...plain("cumsum cumprod", [V], "count"),
  row("cumsum", [A], (x) => api.cumsum(x, -1, { reverse: true }), "count"),
  ...plain("cummax cummin", [V], "same"),
  ...plain("cumargmax cumargmin", [V], "i32"),
  ...plain("cumlogsumexp", [V], "float"),
  ...plain("linearRecurrence", [V, V], "count"),
  ...plain("softmax softmin logSoftmax standardize", [A], "float"),
  row("glu", [["any", 2, 4]], (x) => api.glu(x), "float"),
  row("diff", [V], (x) => api.diff(x), "same", "wraps"),
  row("gradient", [V], (x) => api.gradient(x), "float"),
  row("trapezoid", [V], (x) => api.trapezoid(x), "float"),
  row("cumulativeTrapezoid", [V], (x) => api.cumulativeTrapezoid(x), "float"),
  row(
    "interp",
    [["unit", 2], V, V],
    (x, xp, fp) => api.interp(x, api.cumsum(api.softplus(xp)).sub(0.5), fp),
    "float",
    "noBool",
    "loose",
  ),

  ...plain(
    "flatten ravel transpose flip matrixTranspose atLeast1d atLeast2d atLeast3d squeeze rot90 triu tril diagonal",
    [A],
    "same",
  ),
  row("reshape", [A], (x) => api.reshape(x, [3, -1]), "same"),
  row("broadcastTo", [A], (x) => api.broadcastTo(x, [2, 2, 3]), "same"),
  row("broadcastArrays", [A, ["any", 3]], (x, y) => api.broadcastArrays(x, y), "same"),
  row("expandDims", [A], (x) => api.expandDims(x, [0, -1]), "same"),
  row("moveAxis", [["any", 2, 3, 2]], (x) => api.moveAxis(x, 0, -1), "same"),
  row("swapAxes", [A], (x) => api.swapAxes(x, 0, 1), "same"),
  row("roll", [A], (x) => api.roll(x, [1, -2], [0, 1]), "same"),
  row("concat", [A, B], (x, y) => api.concat([x, y], 1), "same"),
  row("stack", [A, B], (x, y) => api.stack([x, y], -1), "same"),
  ...["hstack", "vstack", "dstack", "columnStack"].map((n) => row(n, [A, B], (x, y) => named(n)([x, y]), "same")),
  row("split", [A], (x) => api.split(x, [1], 1), "same"),
  row("arraySplit", [V], (x) => api.arraySplit(x, 3), "same"),
  row("unstack", [A], (x) => api.unstack(x, 1), "same"),
  row("tile", [A], (x) => api.tile(x, [2, 1, 2]), "same"),
  row("repeat", [A], (x) => api.repeat(x, [1, 0, 2], { axis: 1 }), "same"),
  row("meshgrid", [V, ["any", 2]], (x, y) => api.meshgrid([x, y]), "same"),
  row(
    "pad",
    [A],
    (x) =>
      api.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    "same",
  ),
  row("pad", [A], (x) => api.pad(x, 2, { mode: "reflect" }), "same"),
  row("diag", [V], (x) => api.diag(x, 1), "same"),
  row("diagEmbed", [A], (x) => api.diagEmbed(x), "same"),
  row("trace", [Q], (x) => api.trace(x), "count"),
  row("slidingWindowView", [V], (x) => api.slidingWindowView(x, 2), "same"),
  row("vander", [V], (x) => api.vander(x, 3), "same"),

  row("at", [["any", 3, 4], I], (x, i) => api.at(x, [null, null, -1], i), "same"),
  row("take", [V, I], (x, i) => api.take(x, i), "same"),
  row("takeAlongAxis", [V, I], (x, i) => api.takeAlongAxis(x, i), "same"),
  row("oneHot", [I], (i) => api.oneHot(i, 4, "i32"), "i32"),
  row("updateAt", [V, I, V], (x, i, y) => api.updateAt(x, [i], y), "same"),
  row("updateAt", [V, I, V], (x, i, y) => api.updateAt(x, [i], y, { mode: "multiply" }), "same"),
  row("putAlongAxis", [V, I, V], (x, i, y) => api.putAlongAxis(x, i, y, 0, { mode: "max" }), "same"),
  row("scatterAdd", [V, I, V], (x, i, y) => api.scatterAdd(x, i, y), "same", "noBool"),
  row("dynamicSlice", [V, ["index"]], (x, i) => api.dynamicSlice(x, [i], [2]), "same"),
  row("dynamicUpdateSlice", [V, ["any", 2], ["index"]], (x, y, i) => api.dynamicUpdateSlice(x, y, [i]), "same"),
  row("segmentSum", [V, I], (x, i) => api.segmentSum(x, i, { numSegments: 4 }), "count"),
  row("segmentProd", [V, I], (x, i) => api.segmentProd(x, i, { numSegments: 4 }), "count"),
  row("segmentMax", [V, I], (x, i) => api.segmentMax(x, i.mul(0), { numSegments: 1 }), "same"),
  row("segmentMin", [V, I], (x, i) => api.segmentMin(x, i.mul(0), { numSegments: 1 }), "same"),
  row("segmentMean", [V, I], (x, i) => api.segmentMean(x, i, { numSegments: 3 }), "float"),

  ...plain("sort", [A], "same"),
  ...plain("argsort", [A], "i32"),
  row("sort", [A], (x) => api.sort(x, 0, { descending: true }), "same"),
  row("topK", [A], (x) => api.topK(x, 2).values, "same"),
  row("kthValue", [A], (x) => api.kthValue(x, 2).values, "same"),
  row("lexsort", [V, V], (x, y) => api.lexsort([x, y]), "i32"),
  row("searchsorted", [V, A], (x, y) => api.searchsorted(api.sort(x), y), "i32"),
  row("digitize", [A, V], (x, b) => api.digitize(x, api.sort(b)), "i32"),
  row("unique", [A], (x) => api.unique(x, { size: 4 }).values, "same", "flat"),
  row("nonzero", [A], (x) => api.nonzero(x, { size: 3 }), "i32"),
  row("bincount", [I], (x) => api.bincount(x, { length: 4 }), "i32"),
  row("histogram", [A], (x) => api.histogram(x, 3).edges, "float", "flat"),

  row("dot", [V, V], api.dot as Row["call"], "count"),
  row("vecdot", [A, B], (x, y) => api.vecdot(x, y), "count"),
  row("outer", [V, ["any", 2]], api.outer as Row["call"], "same"),
  row("inner", [A, B], api.inner as Row["call"], "count"),
  row("matmul", [A, ["any", 3, 2]], api.matmul as Row["call"], "count"),
  row("multiDot", [A, ["any", 3, 2], ["any", 2]], (...xs) => api.multiDot(xs), "count"),
  row("tensordot", [A, ["any", 3, 2]], (x, y) => api.tensordot(x, y, 1), "count"),
  row("kron", [A, ["any", 2]], api.kron as Row["call"], "same"),
  row("einsum", [A, ["any", 3, 2]], (x, y) => api.einsum("ij,jk->ki", x, y), "count"),
  row("einsum", [Q], (x) => api.einsum("ii->i", x), "count"),
  row("cross", [A, B], (x, y) => api.cross(x, y), "count", "wraps"),
  row("cholesky", [S], (x) => api.cholesky(x), "float", "floats"),
  row("solvePositive", [S, ["any", 3, 2]], api.solvePositive as Row["call"], "float", "floats"),
  row("choleskySolve", [S, ["any", 3, 2]], (x, b) => api.choleskySolve(x, b), "float", "floats"),
  row("choleskyInverse", [S], (x) => api.choleskyInverse(x), "float", "floats"),
  row("triangularSolve", [S, ["any", 3]], (x, b) => api.triangularSolve(x, b), "float", "floats"),
  row("solve", [Q, ["any", 3]], api.solve as Row["call"], "float", "floats"),
  ...["inv", "det", "logdet", "svdvals", "eigvalsh", "expm", "pinv", "matrixNorm", "norm", "vectorNorm"].map((n) =>
    row(n, [S], (x) => named(n)(x), "float", "floats"),
  ),
  row("slogdet", [Q], (x) => api.slogdet(x).logabsdet, "float", "floats"),
  row("lu", [Q], (x) => [api.lu(x).l, api.lu(x).u], "float", "floats", "coarse"),
  row("luFactor", [Q], (x) => api.luFactor(x).lu, "float", "floats", "coarse"),
  row("luSolve", [Q, ["any", 3]], (x, b) => api.luSolve(api.luFactor(x), b), "float", "floats"),
  row(
    "luUnpack",
    [Q],
    (x) => {
      const { lu, permutation } = api.luFactor(x);
      return api.luUnpack(lu, permutation).u;
    },
    "float",
    "floats",
    "coarse",
  ),
  row("pivotsToPermutation", [Q], (x) => api.pivotsToPermutation(api.luFactor(x).pivots, 3), "i32", "floats"),
  row("qr", [Q], (x) => [api.qr(x).q, api.qr(x).r], "float", "floats", "coarse"),
  row("svd", [["any", 2, 3]], (x) => api.svd(x).s, "float", "floats"),
  row("eigh", [S], (x) => api.eigh(x).values, "float", "floats"),
  row(
    "householderProduct",
    [
      ["any", 4, 2],
      ["unit", 2],
    ],
    api.householderProduct as Row["call"],
    "float",
    "floats",
  ),
  row("lstsq", [["any", 4, 2], V], (a, b) => api.lstsq(a, b).x, "float", "floats"),
  row("matrixRank", [Q], (x) => api.matrixRank(x), "i32", "floats"),
  row("matrixPower", [Q], (x) => api.matrixPower(x, 3), "float", "floats"),
  row("conditionNumber", [S], (x) => api.conditionNumber(x), "float", "floats"),
  row("tensorinv", [S], (x) => api.tensorinv(x, 1), "float", "floats"),
  row("tensorsolve", [S, ["any", 3]], (x, b) => api.tensorsolve(x, b), "float", "floats"),
  row("cdist", [A, ["any", 2, 3]], (x, y) => api.cdist(x, y), "float", "floats"),

  row(
    "conv",
    [
      ["any", 1, 2, 5],
      ["any", 2, 2, 3],
    ],
    (x, w) => api.conv(x, w),
    "count",
  ),
  row(
    "conv1d",
    [
      ["any", 1, 2, 5],
      ["any", 2, 1, 3],
    ],
    (x, w) => api.conv1d(x, w, { groups: 2, padding: 1 }),
    "count",
  ),
  row(
    "conv2d",
    [
      ["any", 1, 1, 3, 4],
      ["any", 2, 1, 2, 2],
    ],
    (x, w) => api.conv2d(x, w, { stride: 2 }),
    "count",
  ),
  row(
    "conv3d",
    [
      ["any", 1, 1, 3, 2, 2],
      ["any", 1, 1, 2, 2, 2],
    ],
    (x, w) => api.conv3d(x, w),
    "count",
  ),
  row(
    "convTranspose",
    [
      ["any", 1, 2, 3],
      ["any", 2, 1, 2],
    ],
    (x, w) => api.convTranspose(x, w, { stride: 2 }),
    "count",
  ),
  row("avgPool", [["any", 1, 1, 5]], (x) => api.avgPool(x, [2]), "float"),
  row("maxPool", [["any", 1, 1, 5]], (x) => api.maxPool(x, [2]), "same"),
  row("maxPoolWithIndices", [["any", 1, 1, 5]], (x) => api.maxPoolWithIndices(x, [2]).values, "same"),
  row(
    "maxUnpool",
    [["any", 1, 1, 4]],
    (x) => {
      const { values, indices } = api.maxPoolWithIndices(x, [2]);
      return api.maxUnpool(values, indices, [4]);
    },
    "same",
  ),
  row("adaptiveAvgPool", [["any", 1, 1, 5]], (x) => api.adaptiveAvgPool(x, [2]), "float"),
  row("adaptiveMaxPool", [["any", 1, 1, 5]], (x) => api.adaptiveMaxPool(x, [2]), "same"),
  row("adaptiveMaxPoolWithIndices", [["any", 1, 1, 5]], (x) => api.adaptiveMaxPoolWithIndices(x, [2]).values, "same"),
  row("resize", [["any", 1, 4]], (x) => api.resize(x, [1, 7], { method: "linear" }), "float"),
  row(
    "gridSample",
    [
      ["any", 1, 1, 3, 3],
      ["unit", 1, 2, 2, 2],
    ],
    (x, g) => api.gridSample(x, g.sub(0.37)),
    "float",
    "loose",
  ),
  row("unfold", [["any", 1, 1, 3, 3]], (x) => api.unfold(x, [2, 2]), "same"),
  row("fold", [["any", 1, 4, 4]], (x) => api.fold(x, [3, 3], [2, 2]), "count"),
];

/** Public functions that are no operations on tensors of some dtype, by what tests them instead. */
export const elsewhere: Readonly<Record<string, string>> = {
  creation: "tensor arange eye full linspace ones onesLike zeros zerosLike",
  transforms:
    "associativeScan checkpoint checkpointName compile cond customJvp customRoot customVjp evalShape fixedPoint foriLoop grad hessian hvp " +
    "jacfwd jacrev jit jvp linearSolve linearize makeGraph map odeint scan switchCase valueAndGrad vjp vmap whileLoop bicgstab cg dense gmres",
  debug: "assertMaxTraces checkGrads debugCallback debugNans debugPrint formatGraph isTensor countCalls traceCount",
  devices: "init memory tidy",
  shapes: "broadcastShapes ravelTree",
};
