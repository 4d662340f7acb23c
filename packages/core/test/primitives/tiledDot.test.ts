import { describe, expect, test } from "vitest";
import { matmul, tensor, transpose, vmap } from "../../src/index.js";
import { dotPrimitive } from "../../src/primitives/dot.js";
import { isWorthTiling } from "../../src/primitives/tiledDot.js";
import { runBoth } from "../backends/bothBackends.js";

type Float = "f32" | "f64";
const array = (dtype: Float, n: number) => (dtype === "f32" ? new Float32Array(n) : new Float64Array(n));
const random = (dtype: Float, n: number, seed: number) => {
  let s = seed;
  return array(dtype, n).map(() => (s = (s * 16807) % 2147483647) / 2147483647 - 0.5);
};

/** Products summed in the order of k within blocks of 256, the blocks in order, rounded at each step: what the tiled kernel promises to the bit. */
function naive(dtype: Float, a: ArrayLike<number>, b: ArrayLike<number>, m: number, k: number, n: number) {
  const out = array(dtype, m * n);
  const round = dtype === "f32" ? Math.fround : (x: number) => x;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let start = 0; start < k; start += 256) {
        let block = 0;
        for (let l = start; l < Math.min(k, start + 256); l++)
          block = round(block + round(a[i * k + l] * b[l * n + j]));
        sum = round(sum + block);
      }
      out[i * n + j] = sum;
    }
  return out;
}

const axis = (n: number) => ({ sizes: [n], a: [], b: [] });
const transposed = (dtype: Float, x: ArrayLike<number>, m: number, n: number) =>
  array(dtype, m * n).map((_, p) => x[(p % m) * n + Math.floor(p / m)]);

describe.each(["f32", "f64"] as const)("tiled products in %s", (dtype) => {
  const sizes = [
    ...[1, 3, 5, 11, 12, 13, 47, 48, 49].flatMap((n) => [
      [n, n, n],
      [64, n, 70],
      [n, 64, 65],
      [66, 67, n],
    ]),
    ...[255, 256, 257].flatMap((n) => [
      [n, n, n],
      [17, n, 25],
    ]),
    [521, 9, 13],
    [1027, 257, 14],
  ];
  test.each(sizes)("%i x %i times %i columns, operands as they are and transposed", (m, k, n) => {
    const a = random(dtype, m * k, 7);
    const b = random(dtype, k * n, 11);
    const expected = naive(dtype, a, b, m, k, n);
    const at = tensor(transposed(dtype, a, m, k), { shape: [k, m] });
    const bt = tensor(transposed(dtype, b, k, n), { shape: [n, k] });
    const [x, y] = [tensor(a, { shape: [m, k] }), tensor(b, { shape: [k, n] })];
    const tiled = isWorthTiling({ dtype, rows: axis(m), columns: axis(n), contracted: axis(k) });
    for (const product of [
      matmul(x, y),
      matmul(transpose(at), y),
      matmul(x, transpose(bt)),
      matmul(transpose(at), transpose(bt)),
    ]) {
      if (tiled)
        expect(
          Buffer.compare(
            Buffer.from(product.storage.buffer, product.storage.byteOffset, product.storage.byteLength),
            Buffer.from(expected.buffer),
          ),
        ).toBe(0);
      else
        product.storage.forEach((v, i) =>
          expect(Math.abs(v - expected[i])).toBeLessThan(dtype === "f32" ? 2e-5 : 1e-13),
        );
    }
  });

  test("the interpreter has the bits of wasm", () => {
    for (const [m, k, n] of [
      [35, 67, 29],
      [9, 300, 13],
      [40, 40, 10], // read in place, the last tile overlaps its neighbour
      [18, 300, 3], // fewer columns than lanes
      [2, 20, 150], // fewer rows than a tile
      [512, 33, 9], // in parts of 256 rows
      [1024, 300, 5],
    ]) {
      const [a, b] = [random(dtype, m * k, 3), random(dtype, k * n, 5)];
      const types = [
        { shape: [m, k], dtype },
        { shape: [k, n], dtype },
      ];
      const params = { contractA: [1], contractB: [0], batchA: [], batchB: [] };
      const lowering = dotPrimitive.lower!(types, [{ shape: [m, n], dtype }], params);
      if (lowering.kind !== "kernel") throw new Error("dot is one kernel.");
      expect(runBoth(lowering.kernel, [a, b])[0]).toEqual(naive(dtype, a, b, m, k, n));
    }
  });

  test("a batch has the bits of its members", () => {
    const [c, m, k, n] = [3, 33, 65, 29];
    const a = random(dtype, c * m * k, 3);
    const b = random(dtype, c * k * n, 5);
    const product = vmap(matmul)(tensor(a, { shape: [c, m, k] }), tensor(b, { shape: [c, k, n] }));
    for (let i = 0; i < c; i++)
      expect(product.storage.slice(i * m * n, (i + 1) * m * n)).toEqual(
        naive(dtype, a.slice(i * m * k, (i + 1) * m * k), b.slice(i * k * n, (i + 1) * k * n), m, k, n),
      );
  });
});

test("a long f32 product keeps its digits", () => {
  // 0.1 a million times: summed one by one in f32 it is 0.96 % off. Here each rounding is at most 2^-24 of the sum.
  const n = 1_000_000;
  const x = tensor(new Float32Array(8 * n).fill(0.1), { shape: [8, n] });
  const y = tensor(new Float32Array(n * 12).fill(1), { shape: [n, 12] });
  const expected = n * Math.fround(0.1);
  for (const value of matmul(x, y).storage)
    expect(Math.abs(value / expected - 1)).toBeLessThan((256 + n / 256) * 2 ** -24);
});
