import { type Tensor, fft, fold, ones, pad, slidingWindowView, stack } from "../../../src/index.js";
import { type Arguments, type Keywords, type Mapping, type Operation, argument } from "./mapping.js";

/* torch.fft, as far as its samples are real, and the short-time transforms. Real input counts as complex with imaginary part 0. */

const { fftshift, hfft, ifftshift, irfft, irfftn } = fft;

/** (input, n, dim, norm) */
const options = (args: Arguments, k: Keywords): fft.FftOptions => {
  const [n, axis, norm] = ["n", "dim", "norm"].map((name, i) => argument(args, k, i, name));
  return {
    ...(n === undefined ? {} : { n }),
    ...(axis === undefined ? {} : { axis }),
    ...(norm === undefined ? {} : { norm }),
  };
};
const SWAPPED = { backward: "forward", forward: "backward", ortho: "ortho" } as const;
/** (input, s, dim, norm); the Hermitian transforms are the inverse ones of the conjugate without their scale. */
const several =
  (hermitian: boolean, dims?: number[]): Operation =>
  (x, args, k) => {
    const [s, dim, norm] = ["s", "dim", "norm"].map((name, i) => argument(args, k, i, name));
    const shape = typeof s === "number" ? [s] : s;
    const last = shape && !dims ? undefined : dims;
    const axes = dim === undefined ? last : [dim].flat();
    const scale = (norm ?? "backward") as fft.FftNorm;
    // torch takes -1 for the size there is.
    const sizes = shape?.map((n: number, i: number) =>
      n === -1 ? x.shape.at((axes ?? shape.map((_: number, j: number) => j - shape.length))[i]) : n,
    );
    return irfftn(x, {
      norm: hermitian ? SWAPPED[scale] : scale,
      ...(sizes ? { shape: sizes } : {}),
      ...(axes ? { axes } : {}),
    });
  };
/** The window in the middle of n entries. */
const centred = (window: Tensor | undefined, length: number, n: number, dtype: Tensor["dtype"]): Tensor => {
  const w = window ?? ones([length], dtype);
  const left = Math.floor((n - length) / 2);
  return pad(w, [[left, n - length - left]]);
};

export const fftMapping: Mapping = {
  "fft.fftshift": (x, args, k) => fftshift(x, argument(args, k, 0, "dim")),
  "fft.ifftshift": (x, args, k) => ifftshift(x, argument(args, k, 0, "dim")),
  "fft.hfft": (x, args, k) => hfft(x, options(args, k)),
  "fft.irfft": (x, args, k) => irfft(x, options(args, k)),
  "fft.hfft2": several(true, [-2, -1]),
  "fft.hfftn": several(true),
  "fft.irfft2": several(false, [-2, -1]),
  "fft.irfftn": several(false),
  /** (input, n_fft, hop_length, win_length, window, center, pad_mode, normalized, onesided, return_complex) */
  stft: (x, args, k) => {
    const n = argument(args, k, 0, "n_fft");
    const length = argument(args, k, 2, "win_length") ?? n;
    const window = centred(argument(args, k, 3, "window"), length, n, x.dtype);
    const mode = argument(args, k, 5, "pad_mode") ?? "reflect";
    const around = x.shape.map((_: number, a: number) => (a === x.ndim - 1 ? [n >> 1, n >> 1] : [0, 0]));
    const signal = (argument(args, k, 4, "center") ?? true) ? pad(x, around, { mode }) : x;
    const frames = slidingWindowView(signal, [n], { stride: argument(args, k, 1, "hop_length") ?? n >> 2 }).mul(window);
    const norm = argument(args, k, 6, "normalized") ? "ortho" : "backward";
    const { real, imaginary } =
      (argument(args, k, 7, "onesided") ?? true) ? fft.rfft(frames, { norm }) : fft.fft(frames, { norm });
    return stack([real.matrixTranspose(), imaginary.matrixTranspose()], -1);
  },
  /** (input, n_fft, hop_length, win_length, window, center, normalized, onesided, length, return_complex) */
  istft: (x, args, k) => {
    const n = argument(args, k, 0, "n_fft");
    const hop = argument(args, k, 1, "hop_length") ?? n >> 2;
    const window = centred(argument(args, k, 3, "window"), argument(args, k, 2, "win_length") ?? n, n, x.dtype);
    const norm = argument(args, k, 5, "normalized") ? "ortho" : "backward";
    const [real, imaginary] = [0, 1].map((i) => x.at("...", i));
    const columns = irfft({ real, imaginary }, { n, norm, axis: -2 }).mul(window.reshape([n, 1]));
    const frames = columns.shape.at(-1) as number;
    const whole = (frames - 1) * hop + n;
    const batch = columns.shape.slice(0, -2);
    const sum = fold(columns.reshape([-1, n, frames]), [whole], [n], { stride: hop }).reshape([...batch, whole]);
    const envelope = fold(window.square().reshape([1, n, 1]).broadcastTo([1, n, frames]), [whole], [n], {
      stride: hop,
    }).reshape([whole]);
    const start = (argument(args, k, 4, "center") ?? true) ? n >> 1 : 0;
    const length = argument(args, k, 7, "length");
    const end = length === undefined ? whole - start : start + length;
    const cut = (t: Tensor): Tensor =>
      pad(
        t,
        t.shape.map((_, a): [number, number] => (a === t.ndim - 1 ? [-start, end - whole] : [0, 0])),
      );
    return cut(sum).div(cut(envelope));
  },
};
