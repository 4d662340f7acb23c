import * as core from "../../src/index.js";
import type { Tensor } from "../../src/index.js";

export interface Operation {
  /** Default: the export of this name. */
  readonly f?: (...xs: Tensor[]) => Tensor;
  readonly f32: number;
  readonly f64: number;
  /** Other names that give the same bits. */
  readonly alias?: readonly string[];
  /** The error is counted in ulps of this, where it is larger than the result: that of an intermediate value which cancels. */
  readonly scale?: (...xs: number[]) => number;
  /** The sign of a zero result is not promised. */
  readonly unsignedZero?: boolean;
}
const within = (bound: number, rest: Omit<Operation, "f32" | "f64"> = {}): Operation => ({
  f32: bound,
  f64: bound,
  ...rest,
});

function geluTanhSlope(x: number): number {
  const u = -2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
  return u > 0 ? (x * u) / (1 + Math.exp(u)) : 0;
}

/** Errors in ulps on grids/operations.json; a comment says where more than a few are lost. */
export const operations: Readonly<Record<string, Operation>> = {
  reciprocal: within(0.5),
  rsqrt: within(1.5),
  sqrt: within(0.501),
  square: within(0.501),
  deg2rad: within(2),
  rad2deg: within(2),
  // The sign of x - x is plus.
  frac: within(0, { unsignedZero: true }),
  cubed: within(2, { f: (x) => core.pow(x, 3) }),
  // Three squarings: a relative error of up to 7 half units.
  eighth: within(6, { f: (x) => core.floatPower(x, 8) }),
  inverseCubed: within(2, { f: (x) => core.pow(x, -3) }),
  expit: within(2, { alias: ["sigmoid"] }),
  logit: within(2),
  erfcinv: within(12, { unsignedZero: true }),
  log1mexp: within(2, { unsignedZero: true }),
  sinc: within(2.5),
  entr: within(2, { unsignedZero: true }),
  softSign: within(2),
  relu: within(0, { unsignedZero: true }),
  relu6: within(0, { unsignedZero: true }),
  hardTanh: within(0),
  hardSigmoid: within(2),
  hardSilu: within(2, { alias: ["hardSwish"] }),
  leakyRelu: within(2),
  elu: within(2),
  celu: within(2),
  celu2: within(3, { f: (x) => core.celu(x, 2) }),
  selu: within(4),
  softplus2: within(2, { f: (x) => core.softplus(x, { beta: 2 }) }),
  logSigmoid: within(2),
  silu: within(3, { alias: ["swish"] }),
  mish: within(4),
  // That of ndtr in its tail.
  gelu: { f32: 8, f64: 9 },
  // A rounding of the exponent 2 u counts 2 u times in e^(2 u).
  geluTanh: within(4, { f: (x) => core.gelu(x, { approximate: true }), scale: geluTanhSlope }),
  squareplus: within(4),
  tanhShrink: within(2, { scale: (x) => x, unsignedZero: true }),
  hardShrink: within(0),
  softShrink: within(1, { unsignedZero: true }),
  threshold: within(0, { f: (x) => core.threshold(x, 1, 7) }),
  logaddexp: within(3, { scale: (a, b) => Math.max(Math.abs(a), Math.abs(b)), unsignedZero: true }),
  logaddexp2: within(3, { scale: (a, b) => Math.max(Math.abs(a), Math.abs(b)), unsignedZero: true }),
  fmod: within(0, { alias: ["rem"] }),
  remainder: within(0.501, { alias: ["mod"] }),
  floorDivide: within(0.501, { unsignedZero: true }),
  xlogy: within(2, { unsignedZero: true }),
  xlog1py: within(2.5, { unsignedZero: true }),
  relEntr: within(4),
  // Where x log(x / y) meets y - x, half as far apart as they are large.
  klDiv: within(10, { unsignedZero: true }),
  lerp: within(3, { scale: (a, b, w) => Math.max(Math.abs(a), Math.abs(w * b), Math.abs(w * a)) }),
};

/** Operations with a grid of another name in special.json. */
export const covered: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    "gammainc gammaincc betainc betaln beta zeta i0 i1 gammasgn".split(" ").map((name) => [name, name]),
  ),
  polygamma: "polygamma1",
  multigammaln: "multigammaln3",
};

const because = (reason: string, names: string): Record<string, string> =>
  Object.fromEntries(names.split(" ").map((name) => [name, reason]));

/** Why an operation has no grid. */
export const exact: Readonly<Record<string, string>> = {
  ...because("one operation of IEEE 754, rounded correctly", "add sub mul div neg abs"),
  ...because("rounds to an integer: no other rounding", "floor ceil trunc rint"),
  ...because("one product, rint and one quotient", "round"),
  ...because(
    "compares and selects",
    "sign maximum minimum fmax fmin clip where copysign heaviside nanToNum stopGradient",
  ),
  ...because(
    "its value is a bool",
    "equal notEqual less lessEqual greater greaterEqual isClose allClose logicalAnd logicalOr logicalXor logicalNot isNaN isFinite isInf signbit",
  ),
  ...because("only integers", "bitwiseAnd bitwiseOr bitwiseXor bitwiseNot leftShift rightShift"),
  ...because("products with powers of 2", "ldexp frexp"),
  ...because("a pair of floorDivide and remainder, which have grids", "divmod"),
  ...because("pow of floats, which has a grid; whole exponents: cubed, eighth, inverseCubed", "floatPower"),
  ...because("x sigmoid(y) of two halves; sigmoid has a grid", "glu"),
  ...because("reduces along an axis: not elementwise", "softmax softmin logSoftmax standardize"),
};
