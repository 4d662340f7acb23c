import { expect, it } from "vitest";
import { type Tensor, fft, grad, isTensor, jit, jvp, stack, tensor, vmap } from "../../src/index.js";
import recorded from "../fixtures/numpyFft.json" with { type: "json" };

/* Fourier transforms against NumPy; see fixtures/numpyFft.py. */

interface Encoded {
  readonly t: readonly number[];
  readonly real: readonly number[];
  readonly imaginary: readonly number[] | null;
}
type Call = (x: Tensor | fft.Complex, options?: unknown) => Tensor | fft.Complex;

const decode = ({ t, real, imaginary }: Encoded, dtype: "f32" | "f64" = "f64"): Tensor | fft.Complex => {
  const part = (v: readonly number[]): Tensor => tensor([...v], { dtype }).reshape(t);
  return imaginary === null ? part(real) : { real: part(real), imaginary: part(imaginary) };
};
const parts = (x: Tensor | fft.Complex): Tensor[] => (isTensor(x) ? [x] : [x.real, x.imaginary]);

const cases = (recorded.cases as unknown as readonly (readonly [string, Encoded, unknown, Encoded])[]).map(
  ([name, x, options, y], i) => ({ name, x, options: options ?? undefined, y, i }),
);

it.each(cases)(`$name #$i agrees with ${recorded.source}`, ({ name, x, options, y }) => {
  const f = (fft as unknown as Record<string, Call>)[name];
  // Rounding grows with log n; Bluestein's convolution loses a digit more. Errors are relative to the largest entry.
  for (const [dtype, tolerance] of [
    ["f64", 2e-15],
    ["f32", 1e-6],
  ] as const) {
    const actual = parts(f(decode(x, dtype), options));
    const expected = parts(decode(y));
    expect(actual.length).toBe(expected.length);
    const largest = Math.max(...expected.flatMap((e) => Array.from(e.storage, (v) => Math.abs(Number(v)))));
    actual.forEach((a, k) => {
      expect(a.shape).toEqual(expected[k].shape);
      expect(a.dtype).toBe(dtype);
      a.storage.forEach((v, i) => {
        const error = Math.abs(Number(v) - Number(expected[k].storage[i]));
        expect(error, `part ${k}, element ${i}`).toBeLessThanOrEqual(tolerance * largest * 4);
      });
    });
    const compiled = parts(jit((z: Tensor | fft.Complex) => f(z, options))(decode(x, dtype)));
    expect(compiled.map((t) => t.storage)).toEqual(actual.map((t) => t.storage));
  }
});

const wave = (n: number): Tensor => tensor(Float64Array.from({ length: n }, (_, i) => Math.sin(1.3 * i * i)));

it("is its own inverse, and maps as a loop does", () => {
  for (const n of [6, 37, 48]) {
    const x = { real: wave(n), imaginary: wave(n).square() };
    const back = fft.ifft(fft.fft(x));
    expect(back.real.sub(x.real).abs().max().item()).toBeLessThan(1e-14);
    expect(back.imaginary.sub(x.imaginary).abs().max().item()).toBeLessThan(1e-14);
    expect(fft.irfft(fft.rfft(x.real), { n }).sub(x.real).abs().max().item()).toBeLessThan(1e-14);
    const rows = stack([x.real, x.imaginary]);
    const mapped = vmap((r: Tensor) => fft.rfft(r).imaginary)(rows);
    const looped = stack([fft.rfft(x.real).imaginary, fft.rfft(x.imaginary).imaginary]);
    expect(mapped.sub(looped).abs().max().item()).toBeLessThan(1e-13);
  }
});

it("differentiates: Parseval's identity, and the transform of a tangent", () => {
  const x = wave(40);
  const energy = (v: Tensor): Tensor => {
    const { real, imaginary } = fft.fft(v);
    return real.square().add(imaginary.square()).sum();
  };
  // sum |X|^2 = n sum x^2
  expect(grad(energy)(x).sub(x.mul(80)).abs().max().item()).toBeLessThan(1e-11);
  const [, tangent] = jvp((v: Tensor) => fft.rfft(v).real, [x], [x.cos()]);
  expect(tangent.sub(fft.rfft(x.cos()).real).abs().max().item()).toBeLessThan(1e-13);
});

it("gives frequencies as NumPy does, and errors", () => {
  expect(fft.fftfreq(5, 0.5).toArray()).toEqual([0, 0.4, 0.8, -0.8, -0.4].map(Math.fround));
  expect(fft.fftfreq(4, 1, "f64").toArray()).toEqual([0, 0.25, -0.5, -0.25]);
  expect(fft.rfftfreq(5, 1, "f64").toArray()).toEqual([0, 0.2, 0.4]);
  expect(() => fft.fft(wave(4), { n: 0 })).toThrow(/fft: n is 0/);
  expect(() => fft.fft(wave(4), { axis: 1 })).toThrow(/fft: axis 1 is out of range/);
  expect(() => fft.fftn(wave(4), { axes: [0, 0] })).toThrow(/fftn: axes are \[0, 0\]/);
});
