const { abs, fround } = Math;

const cell = new Float64Array(1);
const bits = new BigInt64Array(cell.buffer);

/** x + y - (x + y rounded), which is a number (Knuth). */
function sumError(x: number, y: number, sum: number): number {
  const t = sum - x;
  return x - (sum - t) + (y - t);
}

/**
 * x + y, rounded to odd: where it is inexact, to the neighbour whose last bit is 1. Rounded once more to two bits less, it gives what one rounding would
 * (Boldo and Melquiond 2008, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd).
 */
function addToOdd(x: number, y: number): number {
  const sum = x + y;
  const error = sumError(x, y, sum);
  if (error === 0 || !Number.isFinite(sum)) return sum;
  cell[0] = sum;
  if ((bits[0] & 1n) === 0n) bits[0] += error > 0 === sum > 0 ? 1n : -1n;
  return cell[0];
}

/** A product of two f32 is an f64. */
const f32 = (a: number, b: number, c: number): number => fround(addToOdd(a * b, c));

const moderate = (x: number): boolean => abs(x) > 2 ** -900 && abs(x) < 2 ** 900;

function f64(a: number, b: number, c: number): number {
  const high = a * b;
  if (a === 0 || b === 0 || !Number.isFinite(a) || !Number.isFinite(b)) return high + c;
  if (c === 0) return high;
  if (!Number.isFinite(c)) return c;
  if (![a, b, c, high].every(moderate)) return exactly(a, b, c);
  // The product as a sum of two (Dekker), then c and the lower one before the higher one.
  const [a1, b1] = [upperHalf(a), upperHalf(b)];
  const [a2, b2] = [a - a1, b - b1];
  const low = a2 * b2 - (high - a1 * b1 - a2 * b1 - a1 * b2);
  const lower = c + low;
  const upper = high + lower;
  return upper + addToOdd(sumError(c, low, lower), sumError(high, lower, upper));
}

/** The upper 26 bits (Veltkamp). */
function upperHalf(x: number): number {
  const t = 134217729 * x;
  return t - (t - x);
}

/** In integers: near the ends of the range, where the parts of a product are not all numbers. */
function exactly(a: number, b: number, c: number): number {
  const [x, y, z] = [parts(a), parts(b), parts(c)];
  const scale = x.exponent + y.exponent;
  const exponent = Math.min(scale, z.exponent);
  const sum = ((x.integer * y.integer) << BigInt(scale - exponent)) + (z.integer << BigInt(z.exponent - exponent));
  if (sum === 0n) return 0;
  const size = sum < 0n ? -sum : sum;
  const last = Math.max(exponent + size.toString(2).length - 53, -1074);
  const dropped = BigInt(Math.max(0, last - exponent));
  let kept = size >> dropped;
  const twice = (size - (kept << dropped)) << 1n;
  const unit = 1n << dropped;
  if (twice > unit || (twice === unit && (kept & 1n) === 1n)) kept++;
  // Both factors and the result are numbers, or the result is infinite.
  const value = Number(kept) * 2 ** Math.max(exponent, last);
  return sum < 0n ? -value : value;
}

/** x = integer * 2^exponent */
function parts(x: number): { integer: bigint; exponent: number } {
  cell[0] = x;
  const field = Number((bits[0] >> 52n) & 0x7ffn);
  const fraction = bits[0] & 0xfffffffffffffn;
  const size = field === 0 ? fraction : fraction | 0x10000000000000n;
  return { integer: bits[0] < 0n ? -size : size, exponent: Math.max(field, 1) - 1075 };
}

/** a * b + c, rounded once. */
type MultiplyAdd = (a: number, b: number, c: number) => number;
export const exactMultiplyAdd: { readonly f32: MultiplyAdd; readonly f64: MultiplyAdd } = { f32, f64 };
