import { moveAxis, reshape } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import { concat, flip, slice } from "../primitives/shape.js";
import type { DType } from "../tensor/dtype.js";
import { type Shape, normalizeAxes, normalizeAxis, range } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { add, mul, neg, sub } from "./arithmetic.js";
import { checkDType, tensor, zerosLike } from "./creation.js";
import { pad } from "./padding.js";
import { align, checkChoice, checkTensor, toFloat } from "./promote.js";
import type { Axes } from "./reduction.js";
import { roll } from "./shape.js";
import { perAxis } from "./spatial.js";

/*
 * Discrete Fourier transforms, X[k] = sum over j of x[j] exp(-2 pi i j k / n), as NumPy's fft module. Complex numbers are pairs of tensors, a tree
 * like any other, so everything differentiates and maps.
 */

/** Complex numbers: real and imaginary parts of one shape and dtype. */
export interface Complex {
  readonly real: Tensor;
  readonly imaginary: Tensor;
}
/** What stands before the sum: "backward" (default) 1 / n for inverses, "forward" 1 / n for the others, "ortho" 1 / sqrt(n) for both. */
export type FftNorm = "backward" | "forward" | "ortho";
export interface FftOptions {
  /** Length of the transformed axis (of the result, for irfft and hfft): the input is cut or padded with zeros. */
  readonly n?: number;
  /** Default the last. */
  readonly axis?: number;
  readonly norm?: FftNorm;
}
export interface FftnOptions {
  /** Lengths of the transformed axes (of the result, for irfftn). */
  readonly shape?: Shape;
  /** Default: all, or the last ones where a shape is given. */
  readonly axes?: readonly number[];
  readonly norm?: FftNorm;
}

/** Fourier transform along an axis. */
export function fft(x: Tensor | Complex, options: FftOptions = {}): Complex {
  return overAxis("fft", pairOf("fft", x), options, -1);
}
/** Inverse of `fft`. */
export function ifft(x: Tensor | Complex, options: FftOptions = {}): Complex {
  return overAxis("ifft", pairOf("ifft", x), options, 1);
}
/** The first n / 2 + 1 entries of the transform of real numbers: the others are their conjugates. */
export function rfft(x: Tensor, options: FftOptions = {}): Complex {
  const whole = overAxis("rfft", { re: toFloat("rfft", x), im: null }, options, -1);
  const axis = normalizeAxis("rfft", options.axis ?? -1, x.ndim);
  const half = Math.floor(whole.real.shape[axis] / 2) + 1;
  return { real: firstOf(whole.real, axis, half), imaginary: firstOf(whole.imaginary, axis, half) };
}
/** Inverse of `rfft`: n real numbers (default: 2 (m - 1) for m entries). */
export function irfft(x: Tensor | Complex, options: FftOptions = {}): Tensor {
  return fromHalf("irfft", pairOf("irfft", x), options, 1);
}
/** Transform of a signal whose second half is the conjugate of its first: n real numbers. */
export function hfft(x: Tensor | Complex, options: FftOptions = {}): Tensor {
  return fromHalf("hfft", pairOf("hfft", x), options, -1);
}

/** Fourier transform along several axes. */
export function fftn(x: Tensor | Complex, options: FftnOptions = {}): Complex {
  return overAxes("fftn", x, options, fft);
}
/** Inverse of `fftn`. */
export function ifftn(x: Tensor | Complex, options: FftnOptions = {}): Complex {
  return overAxes("ifftn", x, options, ifft);
}
/** `fftn` of real numbers: `rfft` along the last of the axes, `fft` along the others. */
export function rfftn(x: Tensor, options: FftnOptions = {}): Complex {
  checkTensor("rfftn", "x", x);
  const { axes, lengths } = axesOf("rfftn", x.shape, options);
  const last = axes.length - 1;
  const y = rfft(x, optionsOf(axes, lengths, last, options));
  return range(last).reduceRight((z, i) => fft(z, optionsOf(axes, lengths, i, options)), y);
}
/** Inverse of `rfftn`. */
export function irfftn(x: Tensor | Complex, options: FftnOptions = {}): Tensor {
  const { axes, lengths } = axesOf("irfftn", pairOf("irfftn", x).re.shape, options);
  const last = axes.length - 1;
  const y = range(last).reduce<Tensor | Complex>((z, i) => ifft(z, optionsOf(axes, lengths, i, options)), x);
  return irfft(y, optionsOf(axes, lengths, last, options));
}

/** Moves the zero frequency to the middle of the axes (default all). */
export function fftshift(x: Tensor, axes?: Axes): Tensor {
  checkTensor("fftshift", "x", x);
  return shift("fftshift", x, axes, (n) => Math.floor(n / 2));
}
/** Inverse of `fftshift`. */
export function ifftshift(x: Tensor, axes?: Axes): Tensor {
  checkTensor("ifftshift", "x", x);
  return shift("ifftshift", x, axes, (n) => Math.ceil(n / 2));
}
/** The frequencies that the n entries of `fft` stand for, in cycles per unit of the sample spacing d. */
export function fftfreq(n: number, d = 1, dtype: DType = "f32"): Tensor {
  checkCount("fftfreq", n, d, dtype);
  return tensor(
    Float64Array.from(range(n), (k) => (k < n / 2 ? k : k - n) / (n * d)),
    { dtype },
  );
}
/** The frequencies that the entries of `rfft` stand for. */
export function rfftfreq(n: number, d = 1, dtype: DType = "f32"): Tensor {
  checkCount("rfftfreq", n, d, dtype);
  return tensor(
    Float64Array.from(range(Math.floor(n / 2) + 1), (k) => k / (n * d)),
    { dtype },
  );
}

/** Working form: a missing imaginary part is zero. */
interface Pair {
  readonly re: Tensor;
  readonly im: Tensor | null;
}
const NORMS: readonly FftNorm[] = ["backward", "forward", "ortho"];
/** The sign in the exponent. */
type Sign = 1 | -1;

function pairOf(name: string, x: Tensor | Complex): Pair {
  if (x instanceof Tensor) return { re: toFloat(name, x), im: null };
  if (typeof x !== "object" || x === null)
    throw new TypeError(`${name}: got ${x === null ? "null" : typeof x}, expected a Tensor or { real, imaginary }.`);
  const [re, im] = align(name, x.real, x.imaginary).map((t) => toFloat(name, t));
  return { re, im };
}
const each = ({ re, im }: Pair, f: (t: Tensor) => Tensor): Pair => ({ re: f(re), im: im === null ? null : f(im) });

function shift(name: string, x: Tensor, axes: Axes | undefined, by: (n: number) => number): Tensor {
  const list = normalizeAxes(name, axes, x.ndim);
  return list.length === 0
    ? x
    : roll(
        x,
        list.map((a) => by(x.shape[a])),
        list,
      );
}

function overAxis(name: string, x: Pair, { n, axis = -1, norm }: FftOptions, sign: Sign): Complex {
  const a = normalizeAxis(name, axis, x.re.ndim);
  const last = x.re.ndim - 1;
  checkChoice(name, "norm", norm ?? "backward", NORMS);
  const [length] = perAxis(name, "n", n ?? x.re.shape[a], 1);
  const sized = each(x, (t) => moveAxis(fitted(t, a, length), a, last));
  const { re, im } = transform(sized, sign);
  const scale = factor(length, norm, sign);
  const back = (t: Tensor): Tensor => moveAxis(scale === 1 ? t : mul(t, scale), last, a);
  return { real: back(re), imaginary: im === null ? zerosLike(back(re)) : back(im) };
}

function checkCount(name: string, n: number, d: number, dtype: DType): void {
  checkDType(name, dtype);
  if (!Number.isInteger(n) || n < 1 || !Number.isFinite(d) || d === 0)
    throw new RangeError(
      `${name}: n is ${String(n)} and d ${String(d)}, expected a positive integer and a number other than 0.`,
    );
}

/** Real numbers from the half of a Hermitian spectrum. */
function fromHalf(name: string, x: Pair, { n, axis = -1, norm }: FftOptions, sign: Sign): Tensor {
  const a = normalizeAxis(name, axis, x.re.ndim);
  checkChoice(name, "norm", norm ?? "backward", NORMS);
  const [length] = perAxis(name, "n", n ?? 2 * (x.re.shape[a] - 1), 1);
  const half = Math.floor(length / 2) + 1;
  const last = x.re.ndim - 1;
  const { re, im } = each(x, (t) => moveAxis(fitted(t, a, half), a, last));
  // Entry n - k is the conjugate of entry k. Imaginary parts of entries 0 and n / 2 drop out of the real part.
  const mirrored = (t: Tensor): Tensor => {
    const start = t.shape.map((_, i) => (i === last ? 1 : 0));
    return flip(slice(t, start, [...t.shape.slice(0, last), length - half + 1]), [last]);
  };
  const whole = {
    re: concat([re, mirrored(re)], last),
    im: im === null ? null : concat([im, neg(mirrored(im))], last),
  };
  const y = transform(whole, sign).re;
  return moveAxis(mul(y, factor(length, norm, sign)), last, a);
}

const factor = (n: number, norm: FftNorm = "backward", sign: Sign): number =>
  norm === "ortho" ? 1 / Math.sqrt(n) : (norm === "forward") === (sign === -1) ? 1 / n : 1;

const firstOf = (t: Tensor, axis: number, n: number): Tensor =>
  slice(
    t,
    t.shape.map(() => 0),
    t.shape.map((m, i) => (i === axis ? n : m)),
  );
const fitted = (t: Tensor, axis: number, n: number): Tensor =>
  t.shape[axis] >= n
    ? firstOf(t, axis, n)
    : pad(
        t,
        t.shape.map((m, i): [number, number] => [0, i === axis ? n - m : 0]),
      );

function axesOf(name: string, shape: Shape, options: FftnOptions): { axes: number[]; lengths: Shape | undefined } {
  checkChoice(name, "norm", options.norm ?? "backward", NORMS);
  const count = options.shape?.length ?? shape.length;
  const axes = (options.axes ?? range(count, shape.length - count)).map((a) => normalizeAxis(name, a, shape.length));
  if (new Set(axes).size !== axes.length || axes.length === 0 || (options.shape?.length ?? axes.length) !== axes.length)
    throw new RangeError(
      `${name}: axes are [${axes.join(", ")}] and the shape ${JSON.stringify(options.shape)}, expected different axes, at least one, and a length for each.`,
    );
  return { axes, lengths: options.shape };
}
const optionsOf = (
  axes: readonly number[],
  lengths: Shape | undefined,
  i: number,
  { norm }: FftnOptions,
): FftOptions => ({
  axis: axes[i],
  ...(lengths === undefined ? {} : { n: lengths[i] }),
  ...(norm === undefined ? {} : { norm }),
});
function overAxes(name: string, x: Tensor | Complex, options: FftnOptions, along: typeof fft): Complex {
  const { axes, lengths } = axesOf(name, pairOf(name, x).re.shape, options);
  return axes.reduce<Tensor | Complex>((y, _, i) => along(y, optionsOf(axes, lengths, i, options)), x) as Complex;
}

/** Lengths up to this are one product with a matrix: cheaper than passes over memory. */
const DENSE = 32;

/**
 * Unscaled transform along the last axis, in O(n log n). n = n1 n2 goes by two transforms of columns and rows with twiddle factors between them
 * (Cooley and Tukey 1965; as matrices: Bailey's four steps, 1990); a large prime by a convolution of a power of two (Bluestein 1970).
 */
function transform(x: Pair, sign: Sign): Pair {
  const { shape, dtype } = x.re;
  const last = shape.length - 1;
  const n = shape[last];
  if (n === 1) return x;
  if (n <= DENSE) {
    const { re, im } = roots(n, n, n, (j, k) => j * k, sign, dtype);
    const by = (a: Tensor, m: Tensor): Tensor =>
      dot(a, m, { contractA: [last], contractB: [0], batchA: [], batchB: [] });
    return product(x, { re, im }, by);
  }
  const n1 = divisor(n);
  if (n1 === n) return bluestein(x, sign);
  const n2 = n / n1;
  const lead = shape.slice(0, last);
  // Entry n2 i1 + i2 of x, entry k1 + n1 k2 of the result.
  const columns = transform(
    each(x, (t) => moveAxis(reshape(t, [...lead, n1, n2]), last, last + 1)),
    sign,
  );
  const turned = product(
    columns,
    roots(n2, n1, n, (i2, k1) => i2 * k1, sign, dtype),
    mul,
  );
  const rows = transform(
    each(turned, (t) => moveAxis(t, last, last + 1)),
    sign,
  );
  return each(rows, (t) => reshape(moveAxis(t, last, last + 1), shape));
}

/** The largest divisor that is one dense transform, or else the smallest prime factor. */
function divisor(n: number): number {
  for (let d = DENSE; d > 1; d--) if (n % d === 0) return d;
  for (let d = DENSE + 1; d * d <= n; d++) if (n % d === 0) return d;
  return n;
}

/** exp(sign 2 pi i power(a, b) / n) for a below rows and b below columns; powers are reduced exactly. */
function roots(
  rows: number,
  columns: number,
  n: number,
  power: (a: number, b: number) => number,
  sign: Sign,
  dtype: DType,
): { re: Tensor; im: Tensor } {
  const [re, im] = [new Float64Array(rows * columns), new Float64Array(rows * columns)];
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < columns; b++) {
      const angle = (2 * Math.PI * (power(a, b) % n)) / n;
      re[a * columns + b] = Math.cos(angle);
      im[a * columns + b] = sign * Math.sin(angle);
    }
  const shape = rows === 1 ? [columns] : [rows, columns];
  return { re: tensor(re, { shape, dtype }), im: tensor(im, { shape, dtype }) };
}

/** (a + ib)(c + id), for whatever bilinear product. */
function product({ re, im }: Pair, w: { re: Tensor; im: Tensor }, by: (a: Tensor, b: Tensor) => Tensor): Pair {
  if (im === null) return { re: by(re, w.re), im: by(re, w.im) };
  return { re: sub(by(re, w.re), by(im, w.im)), im: add(by(re, w.im), by(im, w.re)) };
}

/** j k = (j^2 + k^2 - (k - j)^2) / 2 makes the sum a convolution with a chirp. */
function bluestein(x: Pair, sign: Sign): Pair {
  const { shape, dtype } = x.re;
  const last = shape.length - 1;
  const n = shape[last];
  let m = 1;
  while (m < 2 * n - 1) m *= 2;
  const chirp = roots(1, n, 2 * n, (_, j) => j * j, sign, dtype);
  // The conjugate chirp at distances 0 ... n - 1 and, around the corner, -1 ... 1 - n.
  const circular = roots(1, m, 2 * n, (_, j) => Math.min(j, m - j) ** 2, sign === 1 ? -1 : 1, dtype);
  const inside = tensor(
    Float64Array.from(range(m), (j) => (Math.min(j, m - j) < n ? 1 / m : 0)),
    { dtype },
  );
  const filter = transform({ re: mul(circular.re, inside), im: mul(circular.im, inside) }, -1);
  const spectrum = transform(
    each(product(x, chirp, mul), (t) => fitted(t, last, m)),
    -1,
  );
  const y = transform(product(spectrum, filter as { re: Tensor; im: Tensor }, mul), 1);
  return product(
    each(y, (t) => firstOf(t, last, n)),
    chirp,
    mul,
  );
}
