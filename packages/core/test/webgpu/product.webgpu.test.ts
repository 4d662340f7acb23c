import { describe, expect, test } from "vitest";
import { type Tensor, conv2d, jit, random, relu, tensor } from "../../src/index.js";
import { gpu, softwareGpu, takeShaders } from "./adapter.js";
import { expectOnGpu, expectedOf, moved, testsRunOnGpu } from "./onGpu.js";

/*
 * Products large enough to go through workgroup memory, in all the ways in which their factors can lie, at sizes around those of tiles: 64 rows, 64 columns, 16 steps. On a software
 * adapter those of rows and columns in eights are computed in registers, eight by eight.
 */

const values = (shape: readonly number[], seed: number): Tensor =>
  random.normal(random.foldIn(random.key(7), seed), shape).mul(0.5);

interface Case {
  readonly program: (...xs: Tensor[]) => Tensor;
  readonly shapes: readonly (readonly number[])[];
}
const ab = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
const atb = (a: Tensor, b: Tensor): Tensor => a.transpose().matmul(b);
const abt = (a: Tensor, b: Tensor): Tensor => a.matmul(b.transpose());
const atbt = (a: Tensor, b: Tensor): Tensor => a.transpose().matmul(b.transpose());
const cases: Record<string, Case> = {
  "in fours, along k and along columns": {
    program: ab,
    shapes: [
      [512, 32],
      [32, 512],
    ],
  },
  "in fours, along rows and along columns": {
    program: atb,
    shapes: [
      [32, 512],
      [32, 512],
    ],
  },
  "in fours, both along k": {
    program: abt,
    shapes: [
      [512, 32],
      [512, 32],
    ],
  },
  "in fours, along rows and along k": {
    program: atbt,
    shapes: [
      [32, 512],
      [512, 32],
    ],
  },
  "in fours, the last tiles half empty": {
    program: ab,
    shapes: [
      [484, 20],
      [20, 516],
    ],
  },
  "no fours: an odd number of steps": {
    program: ab,
    shapes: [
      [456, 21],
      [21, 520],
    ],
  },
  "no fours: odd sizes": {
    program: ab,
    shapes: [
      [449, 17],
      [17, 515],
    ],
  },
  "no fours: odd sizes, turned round": {
    program: atbt,
    shapes: [
      [19, 450],
      [513, 19],
    ],
  },
  "a batch": {
    program: ab,
    shapes: [
      [24, 128, 16],
      [24, 16, 96],
    ],
  },
  "a batch with one factor": {
    program: ab,
    shapes: [
      [40, 66, 18],
      [18, 130],
    ],
  },
  "with bias and activation": {
    program: (a, b, c) => relu(a.matmul(b).add(c)),
    shapes: [[512, 32], [32, 512], [512]],
  },
  "with bias and activation, at odd sizes": {
    program: (a, b, c) => relu(a.matmul(b).add(c)),
    shapes: [[449, 17], [17, 515], [515]],
  },
  "a convolution": {
    program: (x, w) => conv2d(x, w, { padding: "same" }),
    shapes: [
      [2, 8, 48, 48],
      [64, 8, 3, 3],
    ],
  },
};

const prepared = Object.entries(cases).map(([name, { program, shapes }]) => {
  const inputs = shapes.map(values);
  const f = jit(program);
  return { name, f, inputs, expected: expectedOf([f(...inputs)]) };
});

const inEights = (shape: readonly number[]): boolean => shape.every((n) => n === 1 || n % 8 === 0);

describe.each([
  { label: "through workgroup memory", on: gpu, takes: () => true },
  {
    label: "eight by eight",
    on: softwareGpu,
    takes: (y: (typeof prepared)[number]["expected"][number]): boolean => inEights(y.shape.slice(-2)),
  },
])("$label", ({ label, on, takes }) => {
  testsRunOnGpu(on);
  for (const { name, f, inputs, expected } of prepared.filter((p) => takes(p.expected[0])))
    test(name, async () => {
      const xs = moved(inputs);
      takeShaders();
      await expectOnGpu([f(...xs)], expected, 1e-5);
      expect(takeShaders().join("\n")).toContain(label);
    });

  test("NaN and infinities stay in their rows and columns", async () => {
    const a = new Float32Array(512 * 20).fill(1);
    const b = new Float32Array(20 * 512).fill(1);
    a[3 * 20 + 19] = NaN;
    b[19 * 512 + 500] = Infinity;
    const f = jit(ab);
    const y = await f(
      ...(moved([tensor(a).reshape([512, 20]), tensor(b).reshape([20, 512])]) as [Tensor, Tensor]),
    ).data();
    y.forEach((x, i) => {
      const [row, column] = [Math.floor(i / 512), i % 512];
      const expected = row === 3 ? NaN : column === 500 ? Infinity : 20;
      if (!Object.is(x, expected)) expect.fail(`row ${row}, column ${column} is ${x}, not ${expected}`);
    });
  });
});
