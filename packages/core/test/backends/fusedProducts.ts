import { expect, test } from "vitest";
import { exactMultiplyAdd } from "../../src/backends/interpreter/exactMultiplyAdd.js";
import { schedule } from "../../src/compiler/schedule.js";
import { explain } from "../../src/debug/index.js";
import { traceGraph } from "../../src/graph/record.js";
import { type Tensor, Program, compile, conv2d, grad, jit, random, tensor } from "../../src/index.js";
import { type Expression, int, load, read } from "../../src/kernel/expression.js";
import { type Kernel, forLoop, store } from "../../src/kernel/kernel.js";
import { lowerWith } from "../../src/kernel/multiplyAdd.js";
import { index } from "../../src/kernel/nest.js";
import { init } from "../../src/threads.js";
import { bits, runBoth, runProcedureOnBoth } from "./bothBackends.js";

/** Rows of a, b, c and a * b + c, as bits in hexadecimal, by dtype. */
export type Rows = Readonly<Record<"f32" | "f64", readonly (readonly string[])[]>>;

const draw = (seed: number, shape: readonly number[], dtype: "f32" | "f64"): Tensor =>
  random.normal(random.key(seed), shape, { dtype });

/** Programs that multiply and add in every way that the lowering of products knows. */
const programs: Readonly<
  Record<string, readonly [shapes: readonly (readonly number[])[], f: (a: Tensor, b: Tensor) => Tensor]>
> = {
  tiles: [
    [
      [37, 300],
      [300, 23],
    ],
    (a, b) => a.matmul(b),
  ],
  "tiles, transposed": [
    [
      [29, 41],
      [31, 41],
    ],
    (a, b) => a.matmul(b.transpose()),
  ],
  "few columns": [
    [
      [9, 700],
      [700, 3],
    ],
    (a, b) => a.matmul(b),
  ],
  "row of a matrix": [[[67], [67, 131]], (a, b) => a.matmul(b)],
  "dot products": [[[7, 1021], [1021]], (a, b) => a.matmul(b)],
  "short dot products": [[[101, 3], [3]], (a, b) => a.matmul(b)],
  batch: [
    [
      [5, 3, 7],
      [5, 7, 3],
    ],
    (a, b) => a.matmul(b),
  ],
  convolution: [
    [
      [2, 3, 13, 11],
      [5, 3, 3, 3],
    ],
    (a, b) => conv2d(a, b),
  ],
  gradient: [
    [
      [19, 33],
      [33, 17],
    ],
    (a, b) => grad((x: Tensor) => x.matmul(b).tanh().sum())(a),
  ],
};

/** What holds wherever wasm can fuse: called by a test file for Node and by one for pages. */
export function testFusedProducts(rows: Rows): void {
  for (const dtype of ["f32", "f64"] as const) {
    const column = (k: number): Float32Array | Float64Array => {
      const wide = dtype === "f64";
      const column = wide ? new Float64Array(rows.f64.length) : new Float32Array(rows.f32.length);
      const view = new DataView(column.buffer);
      rows[dtype].forEach((row, i) => {
        if (wide) view.setBigUint64(8 * i, BigInt(`0x${row[k]}`), true);
        else view.setUint32(4 * i, Number(`0x${row[k]}`), true);
      });
      return column;
    };
    const [a, b, c, expected] = [0, 1, 2, 3].map(column);

    test(`${dtype}: the interpreter's multiply-add is the C library's`, () => {
      expect(bits(a.map((x, i) => exactMultiplyAdd[dtype](x, b[i], c[i])))).toEqual(bits(expected));
    });

    test(`${dtype}: in wasm too, in lanes and one at a time`, async () => {
      await init({ fma: true });
      for (const n of [a.length, 7, 1])
        for (const mode of ["lanes", "serial"] as const) {
          const i = index("i");
          const at = (buffer: number): Expression => load(dtype, buffer, read(i));
          const kernel: Kernel = {
            name: "fma",
            buffers: [
              ...[0, 1, 2].map(() => ({ dtype, length: n, access: "in" as const })),
              { dtype, length: n, access: "out" },
            ],
            body: [forLoop(i, int(n), [store(3, read(i), { kind: "fma", dtype, a: at(0), b: at(1), c: at(2) })], mode)],
          };
          const first = (x: typeof a): typeof a => x.slice(0, n);
          expect(runBoth(kernel, [first(a), first(b), first(c)]).map(bits)).toEqual([bits(first(expected))]);
        }
    });

    for (const [name, [shapes, f]] of Object.entries(programs))
      test(`${dtype} ${name}: interpreted, compiled and eager agree, and differ from two roundings`, async () => {
        const inputs = shapes.map((shape, k) => draw(k + 1, shape, dtype));
        const { graph, captures } = traceGraph(name, inputs, (x, y) => [f(x, y)]);
        expect(captures).toHaveLength(0);
        const storages = inputs.map((x) => x.storage);
        const run = (fused: boolean): number[] =>
          bits(
            runProcedureOnBoth(
              lowerWith(fused, () => schedule(graph)),
              storages.length,
              storages,
            )[0],
          );
        await init({ fma: true });
        const [once, twice] = [run(true), run(false)];
        expect(once).not.toEqual(twice);
        const [x, y] = inputs;
        const compiled = jit(f);
        expect(bits(compiled(x, y).storage)).toEqual(once);
        expect(bits(f(x, y).storage)).toEqual(once);
        // The same function, whose graph has been compiled: programs are not shared between the two.
        await init({ fma: false });
        expect(bits(compiled(x, y).storage)).toEqual(twice);
        expect(bits(f(x, y).storage)).toEqual(twice);
        await init({ fma: true });
        expect(bits(compiled(x, y).storage)).toEqual(once);
      });
  }

  test("a program stays what it was compiled as, also as bytes", async () => {
    const [x, y] = [draw(1, [40, 50], "f32"), draw(2, [50, 30], "f32")];
    const f = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
    await init({ fma: false });
    const plain = compile(f, x, y);
    const twice = bits(plain.run(x, y).storage);
    await init({ fma: true });
    const fused = compile(f, x, y);
    const once = bits(fused.run(x, y).storage);
    expect(once).not.toEqual(twice);
    for (const asked of [true, false]) {
      await init({ fma: asked });
      for (const [program, expected] of [
        [plain, twice],
        [fused, once],
      ] as const) {
        const read = Program.fromBytes<[Tensor, Tensor], Tensor>(program.toBytes());
        expect(read.toBytes()).toEqual(program.toBytes());
        for (const p of [program, read]) {
          expect(bits(p.run(x, y).storage)).toEqual(expected);
          const bound = p.bind();
          bound.inputs.forEach((to, k) => to.set([x, y][k].storage));
          bound.run();
          expect(bits(bound.outputs[0])).toEqual(expected);
        }
      }
    }
  });

  test("sums of products that are no product keep their bits", async () => {
    const [x, y] = [draw(1, [1000], "f64"), draw(2, [1000], "f64")];
    const f = (a: Tensor, b: Tensor): Tensor => a.mul(b).sum();
    await init({ fma: false });
    const twice = f(x, y).item();
    await init({ fma: true });
    expect(jit(f)(x, y).item()).toBe(twice);
    expect(tensor([0.1, 0.2]).mul(3).add(1).toArray()).toEqual([
      Math.fround(Math.fround(Math.fround(0.1) * 3) + 1),
      Math.fround(Math.fround(Math.fround(0.2) * 3) + 1),
    ]);
  });

  test("explain names it", async () => {
    const x = draw(1, [40, 40], "f32");
    for (const fma of [true, false]) {
      await init({ fma });
      const explained = explain((a: Tensor) => a.matmul(a))(x);
      expect(explained.fma).toBe(fma);
      expect(String(explained).includes("fused multiply-adds")).toBe(fma);
      expect(explained.kernels.some((k) => k.code.includes("fma("))).toBe(fma);
    }
  });
}
