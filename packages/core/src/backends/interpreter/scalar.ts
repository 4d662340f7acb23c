import type { BinaryOp, CompareOp, UnaryOp } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";

/**
 * The operations of the kernel language on JS numbers, exactly as IEEE 754 and two's complement define them.
 * A value is held as: f32 a number that is its own `Math.fround`; i32 and u32 integers of their range; bool 0 or 1.
 *
 * One rounding to f32 after a double-precision add, sub, mul, div or sqrt of f32 values is the correctly rounded f32
 * result, because 53 >= 2 * 24 + 2 bits (Figueroa 1995, When is double rounding innocuous?).
 */
type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;
type UnaryTable = Readonly<Partial<Record<UnaryOp, Unary>>>;
type BinaryTable = Readonly<Partial<Record<BinaryOp, Binary>>>;

const { fround, abs, sqrt } = Math;

// One word of memory under several types. Typed arrays are little-endian wherever JavaScript runs today.
const cell = new ArrayBuffer(8);
const asF64 = new Float64Array(cell);
const asF32 = new Float32Array(cell);
const asI32 = new Int32Array(cell);
const asU32 = new Uint32Array(cell);
const views = { f32: asF32, i32: asI32, u32: asU32 } as const;

const word = (i: 0 | 1): number => asU32[i];
const negative = (x: number): boolean => x < 0 || Object.is(x, -0);
const withSign = (magnitude: number, like: number): number => (negative(like) ? -abs(magnitude) : abs(magnitude));

const nearestMagic = 2 ** 52;
/** Round half to even. Adding 2^52 leaves no fraction bits, and the adder rounds half to even. */
const nearest: Unary = (x) => (abs(x) < nearestMagic ? withSign(abs(x) + nearestMagic - nearestMagic, x) : x);

// 1.5 * 2^p + bias: after the addition the low mantissa bits are k + bias, ready to be shifted into the exponent.
export const pow2MagicF32: number = 12582912 + 127;
export const pow2MagicF64: number = 6755399441055744 + 1023;

const exactFloat: UnaryTable = {
  neg: (x) => -x,
  abs,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  nearest,
};

const unaryF32: UnaryTable = {
  ...exactFloat,
  sqrt: (x) => fround(sqrt(x)),
  pow2: (k) => {
    asF32[0] = k + pow2MagicF32;
    asU32[0] = word(0) << 23;
    return asF32[0];
  },
  exponent: (x) => {
    asF32[0] = x;
    return ((word(0) >>> 23) & 0xff) - 127;
  },
  mantissa: (x) => {
    asF32[0] = x;
    asU32[0] = (word(0) & 0x7fffff) | 0x3f800000;
    return asF32[0];
  },
};

const unaryF64: UnaryTable = {
  ...exactFloat,
  sqrt,
  pow2: (k) => {
    asF64[0] = k + pow2MagicF64;
    asU32[1] = word(0) << 20;
    asU32[0] = 0;
    return asF64[0];
  },
  exponent: (x) => {
    asF64[0] = x;
    return ((word(1) >>> 20) & 0x7ff) - 1023;
  },
  mantissa: (x) => {
    asF64[0] = x;
    asU32[1] = (word(1) & 0xfffff) | 0x3ff00000;
    return asF64[0];
  },
};

export const unaryOps: Readonly<Record<DType, UnaryTable>> = {
  f32: unaryF32,
  f64: unaryF64,
  i32: { neg: (x) => -x | 0, abs: (x) => abs(x) | 0, not: (x) => ~x },
  u32: { neg: (x) => -x >>> 0, abs: (x) => x, not: (x) => ~x >>> 0 },
  bool: { not: (x) => x ^ 1 },
};

const exactBinary: BinaryTable = { min: Math.min, max: Math.max, copysign: withSign };

export const binaryOps: Readonly<Record<DType, BinaryTable>> = {
  f32: {
    ...exactBinary,
    add: (x, y) => fround(x + y),
    sub: (x, y) => fround(x - y),
    mul: (x, y) => fround(x * y),
    div: (x, y) => fround(x / y),
  },
  f64: { ...exactBinary, add: (x, y) => x + y, sub: (x, y) => x - y, mul: (x, y) => x * y, div: (x, y) => x / y },
  i32: {
    add: (x, y) => (x + y) | 0,
    sub: (x, y) => (x - y) | 0,
    mul: Math.imul,
    div: (x, y) => (x / y) | 0, // x / 0 is an infinity or NaN, which |0 takes to 0; 2^31 wraps to INT_MIN
    rem: (x, y) => (y === 0 ? x : (x % y) | 0),
    min: Math.min,
    max: Math.max,
    and: (x, y) => x & y,
    or: (x, y) => x | y,
    xor: (x, y) => x ^ y,
    shl: (x, y) => x << y,
    shr: (x, y) => x >> y,
  },
  u32: {
    add: (x, y) => (x + y) >>> 0,
    sub: (x, y) => (x - y) >>> 0,
    mul: (x, y) => Math.imul(x, y) >>> 0,
    div: (x, y) => (x / y) >>> 0,
    rem: (x, y) => (y === 0 ? x : x % y),
    min: Math.min,
    max: Math.max,
    and: (x, y) => (x & y) >>> 0,
    or: (x, y) => (x | y) >>> 0,
    xor: (x, y) => (x ^ y) >>> 0,
    shl: (x, y) => (x << y) >>> 0,
    shr: (x, y) => x >>> y,
  },
  bool: { and: (x, y) => x & y, or: (x, y) => x | y, xor: (x, y) => x ^ y, min: (x, y) => x & y, max: (x, y) => x | y },
};

export const compareOps: Readonly<Record<CompareOp, Binary>> = {
  eq: (x, y) => (x === y ? 1 : 0),
  ne: (x, y) => (x !== y ? 1 : 0),
  lt: (x, y) => (x < y ? 1 : 0),
  le: (x, y) => (x <= y ? 1 : 0),
  gt: (x, y) => (x > y ? 1 : 0),
  ge: (x, y) => (x >= y ? 1 : 0),
};

const saturate = (x: number, low: number, high: number): number =>
  x !== x ? 0 : x <= low ? low : x >= high ? high : Math.trunc(x) + 0;

/** The value conversion `from -> to`. */
export function conversion(from: DType, to: DType): Unary {
  const float = from === "f32" || from === "f64";
  switch (to) {
    case "f32":
      return fround;
    case "f64":
      return (x) => x;
    case "i32":
      return float ? (x) => saturate(x, -(2 ** 31), 2 ** 31 - 1) : (x) => x | 0;
    case "u32":
      return float ? (x) => saturate(x, 0, 2 ** 32 - 1) : (x) => x >>> 0;
    case "bool":
      return (x) => (x !== 0 ? 1 : 0);
  }
}

/** Same bits, other type, between f32, i32 and u32. */
export function reinterpretation(from: DType, to: DType): Unary {
  if (from === "f64" || from === "bool" || to === "f64" || to === "bool")
    throw new Error(`reinterpret: ${from} to ${to} is not defined. Use f32, i32 and u32.`);
  const write = views[from];
  const read = views[to];
  return (x) => {
    write[0] = x;
    return read[0];
  };
}

/** A constant as its dtype holds it. */
export function constantOf(dtype: DType, value: number): number {
  switch (dtype) {
    case "f32":
      return fround(value);
    case "f64":
      return value;
    case "i32":
      return value | 0;
    case "u32":
      return value >>> 0;
    case "bool":
      return value !== 0 ? 1 : 0;
  }
}
