import { describe, expect, test } from "vitest";
import { counters } from "../../src/backends/counters.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { emitProcedure } from "../../src/backends/wasm/emitProcedure.js";
import { pin, residency } from "../../src/backends/wasm/residents.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { type Expression, add, compare, convert, int, load, mul, read } from "../../src/kernel/expression.js";
import { type Kernel, forLoop, store } from "../../src/kernel/kernel.js";
import type { BufferType, Place, Procedure, Step } from "../../src/kernel/procedure.js";
import { procedureOf, runProcedureOnBoth } from "./bothBackends.js";

const i = { name: "i", dtype: "i32" } as const;
const parameter = (index: number, byteOffset = 0): Place => ({ kind: "parameter", index, byteOffset });
const frame = (byteOffset: number): Place => ({ kind: "frame", byteOffset });
const i32 = (length: number): BufferType => ({ dtype: "i32", length });
const f32 = (length: number): BufferType => ({ dtype: "f32", length });

/** out[i] = value(a[i], b[i]) over f32 vectors of 4. */
const kernelOf = (name: string, value: (a: Expression, b: Expression) => Expression, length = 4): Kernel => ({
  name,
  buffers: [
    { dtype: "f32", length, access: "in" },
    { dtype: "f32", length, access: "in" },
    { dtype: "f32", length, access: "out" },
  ],
  body: [forLoop(i, length, [store(2, read(i), value(load("f32", 0, read(i)), load("f32", 1, read(i))))], "lanes")],
});
const call = (kernel: Kernel, ...buffers: Place[]): Step => ({ kind: "kernel", kernel, buffers });
const sum = kernelOf("sum", add);
const product = kernelOf("product", mul);

/** (a, b, out): out = a op b. */
const binaryProcedure = (kernel: Kernel): Procedure => ({
  name: kernel.name,
  parameters: [f32(4), f32(4), f32(4)],
  frameBytes: 0,
  steps: [call(kernel, parameter(0), parameter(1), parameter(2))],
});

const a = Float32Array.of(1, 2, 3, 4);
const b = Float32Array.of(10, 20, 30, 40);

test("temporaries in the frame, and copies that overlap", () => {
  const procedure: Procedure = {
    name: "frame",
    parameters: [f32(4), f32(4), f32(4), f32(8)],
    frameBytes: 64,
    steps: [
      call(sum, parameter(0), parameter(1), frame(16)),
      call(product, frame(16), parameter(0), parameter(2)),
      { kind: "copy", from: parameter(2), to: parameter(3), bytes: 16 },
      { kind: "copy", from: parameter(3), to: parameter(3, 4), bytes: 16 },
      { kind: "copy", from: parameter(3), to: parameter(3, 20), bytes: 12 },
    ],
  };
  const [out, copied] = runProcedureOnBoth(procedure, 2, [a, b]);
  expect([...out]).toEqual([11, 44, 99, 176]);
  expect([...copied]).toEqual([11, 11, 44, 99, 176, 11, 11, 44]);
});

describe("loops", () => {
  test("a scan: stacked inputs and outputs by stride, the carry by swap", () => {
    const body: Procedure = {
      name: "body",
      parameters: [f32(4), f32(4), f32(4), f32(4)],
      frameBytes: 16,
      steps: [
        call(sum, parameter(0), parameter(1), frame(0)),
        call(product, frame(0), parameter(1), parameter(3)),
        { kind: "copy", from: frame(0), to: parameter(2), bytes: 16 },
      ],
    };
    const steps = 5;
    const procedure = (reverse: boolean): Procedure => ({
      name: "scan",
      parameters: [f32(4), f32(4 * steps), f32(4 * steps), f32(4)],
      frameBytes: 48,
      steps: [
        { kind: "copy", from: parameter(0), to: frame(0), bytes: 16 },
        {
          kind: "loop",
          count: steps,
          body,
          frame: frame(32),
          arguments: [
            { kind: "swap", place: frame(0), other: frame(16) },
            { kind: "stride", place: parameter(1, reverse ? 16 * (steps - 1) : 0), bytes: reverse ? -16 : 16 },
            { kind: "swap", place: frame(16), other: frame(0) },
            { kind: "stride", place: parameter(2), bytes: 16 },
          ],
        },
        // An odd number of rounds ends in the other half.
        { kind: "copy", from: frame(16), to: parameter(3), bytes: 16 },
      ],
    });
    const xs = Float32Array.from({ length: 4 * steps }, (_, k) => k);
    const [forward, carry] = runProcedureOnBoth(procedure(false), 2, [a, xs]);
    expect([...carry]).toEqual([41, 47, 53, 59]);
    expect([...forward.subarray(0, 4)]).toEqual([0, 3, 10, 21]);
    const [backward] = runProcedureOnBoth(procedure(true), 2, [a, xs]);
    expect([...backward.subarray(0, 4)]).toEqual([17 * 16, 19 * 17, 21 * 18, 23 * 19]);
  });

  test("zero rounds", () => {
    const steps: Step[] = [
      { kind: "copy", from: parameter(0), to: parameter(2), bytes: 16 },
      {
        kind: "loop",
        count: 0,
        body: binaryProcedure(sum),
        frame: frame(0),
        arguments: [0, 1, 2].map((k) => ({ kind: "fixed", place: parameter(k) })),
      },
    ];
    const [out] = runProcedureOnBoth({ name: "none", parameters: [f32(4), f32(4), f32(4)], frameBytes: 0, steps }, 2, [
      a,
      b,
    ]);
    expect([...out]).toEqual([...a]);
  });

  const below: Kernel = {
    name: "below",
    buffers: [
      { dtype: "f32", length: 4, access: "in" },
      { dtype: "i32", length: 1, access: "out" },
    ],
    body: [
      store(
        1,
        int(0),
        convert("i32", compare("lt", load("f32", 0, int(0)), { kind: "constant", dtype: "f32", value: 1000 })),
      ),
    ],
  };
  test.each([100, 3, 0])("while, at most %d rounds", (limit) => {
    const procedure: Procedure = {
      name: "while",
      parameters: [f32(4), f32(4)],
      frameBytes: 32,
      steps: [
        { kind: "copy", from: parameter(0), to: parameter(1), bytes: 16 },
        {
          kind: "while",
          condition: {
            name: "condition",
            parameters: [f32(4), i32(1)],
            frameBytes: 0,
            steps: [call(below, parameter(0), parameter(1))],
          },
          conditionArguments: [{ kind: "fixed", place: parameter(1) }],
          predicate: frame(0),
          body: {
            name: "double",
            parameters: [f32(4)],
            frameBytes: 16,
            steps: [
              call(sum, parameter(0), parameter(0), frame(0)),
              { kind: "copy", from: frame(0), to: parameter(0), bytes: 16 },
            ],
          },
          bodyArguments: [{ kind: "fixed", place: parameter(1) }],
          frame: frame(16),
          limit,
        },
      ],
    };
    const [out] = runProcedureOnBoth(procedure, 1, [a]);
    expect(out[0]).toBe(2 ** Math.min(limit, 10));
  });
});

test("switch clamps its index", () => {
  const procedure: Procedure = {
    name: "switch",
    parameters: [i32(1), f32(4), f32(4), f32(4)],
    frameBytes: 0,
    steps: [
      {
        kind: "switch",
        index: parameter(0),
        branches: [sum, product, kernelOf("difference", (x) => x)].map(binaryProcedure),
        arguments: [1, 2, 3].map((k) => parameter(k)),
        frame: frame(0),
      },
    ],
  };
  const results = [-5, 0, 1, 2, 7].map((index) => runProcedureOnBoth(procedure, 3, [Int32Array.of(index), a, b])[0][1]);
  expect(results).toEqual([22, 22, 40, 2, 2]);
});

test("more parameters than a wasm function takes: addresses go through memory", () => {
  const count = 1200;
  const wide: Procedure = {
    name: "wide",
    parameters: Array.from({ length: count + 1 }, () => f32(4)),
    frameBytes: 16,
    steps: [
      call(sum, parameter(0), parameter(1), parameter(count)),
      ...Array.from({ length: count - 2 }, (_, k): Step[] => [
        call(sum, parameter(count), parameter(k + 2), frame(0)),
        { kind: "copy", from: frame(0), to: parameter(count), bytes: 16 },
      ]).flat(),
    ],
  };
  const outer: Procedure = {
    name: "outer",
    parameters: wide.parameters,
    frameBytes: 32,
    steps: [
      {
        kind: "loop",
        count: 2,
        body: wide,
        frame: frame(16),
        arguments: wide.parameters.map((_, k) => ({ kind: "fixed", place: parameter(k) })),
      },
    ],
  };
  const inputs = Array.from({ length: count }, (_, k) => Float32Array.of(k, 1, 2, 3));
  const [out] = runProcedureOnBoth(outer, count, inputs);
  expect([...out]).toEqual([(count * (count - 1)) / 2, count, 2 * count, 3 * count]);
});

test("equal kernels are one function", () => {
  const again = kernelOf("another name", add);
  const one = emitProcedure({ ...binaryProcedure(sum), frameBytes: 16 }, 100).bytes.length;
  const two = emitProcedure(
    {
      ...binaryProcedure(sum),
      steps: [
        call(sum, parameter(0), parameter(1), parameter(2)),
        call(again, parameter(1), parameter(0), parameter(2)),
      ],
    },
    100,
  ).bytes.length;
  expect(two - one).toBeLessThan(40);
});

describe("runtime", () => {
  test("an input that comes twice becomes resident; programs do not disturb each other", () => {
    const length = 2048;
    const { procedure, inputCount } = procedureOf(kernelOf("resident", add, length));
    const program = compileToWasm(procedure, inputCount);
    const [x, y] = [1, 2].map((v) => new Float32Array(length).fill(v));
    const before = residency().slots;
    const results: number[] = [];
    for (let n = 0; n < 4; n++) {
      results.push(program.run([x, y])[0][n]);
      // Overwrites the arena.
      results.push(compileToWasm(procedure, inputCount).run([new Float32Array(length).fill(50), y])[0][n]);
    }
    expect(results).toEqual([3, 52, 3, 52, 3, 52, 3, 52]);
    expect(residency().slots - before).toBe(2);
  });

  test("slots are evicted within the budget, pinned ones last; the results stay right", () => {
    const length = 2 ** 21; // 8 MiB each, of 64
    const { procedure, inputCount } = procedureOf(kernelOf("big", add, length));
    const program = compileToWasm(procedure, inputCount);
    const constant = new Float32Array(length).fill(0.5);
    pin(constant);
    for (let n = 0; n < 12; n++) {
      const x = new Float32Array(length).fill(n);
      for (let repeat = 0; repeat < 3; repeat++) expect(program.run([x, constant])[0][length - 1]).toBe(n + 0.5);
    }
    expect(residency().bytes).toBeLessThanOrEqual(64 * 2 ** 20);
  });

  test("the memory grows between calls of a program", () => {
    const small = compileToWasm(...(Object.values(procedureOf(kernelOf("small", add))) as [Procedure, number]));
    expect(small.run([a, b])[0][3]).toBe(44);
    const length = 5_000_000;
    const { procedure, inputCount } = procedureOf(kernelOf("large", add, length));
    const large = compileToWasm(procedure, inputCount).run([
      new Float32Array(length).fill(1),
      new Float32Array(length).fill(2),
    ]);
    expect(large[0][length - 1]).toBe(3);
    expect(small.run([a, b])[0][3]).toBe(44);
  });

  test.each([
    ["wasm", compileToWasm],
    ["interpreter", interpretedProgram],
  ] as const)("bound arrays, %s", (_, compile) => {
    const length = 2048;
    const { procedure, inputCount } = procedureOf(kernelOf("bound", mul, length));
    const captured = new Float32Array(length).fill(3);
    const bound = compile(procedure, inputCount).bind([undefined, captured]);
    for (let n = 0; n < 4; n++) {
      bound.inputs[0].fill(n);
      bound.run();
      expect(bound.outputs[0][length - 1]).toBe(3 * n);
    }
    expect(bound.inputs[1]).toBe(captured);
  });

  test("counts calls", () => {
    const { procedure, inputCount } = procedureOf(sum);
    const { wasmCalls } = counters;
    const program = compileToWasm(procedure, inputCount);
    program.run([a, b]);
    program.run([a, b]);
    expect(counters.wasmCalls - wasmCalls).toBe(2);
  });

  test("errors say what was got, the limit and a remedy", () => {
    const { procedure, inputCount } = procedureOf(kernelOf("huge", add, 2 ** 28));
    expect(() => compileToWasm(procedure, inputCount)).toThrow(
      /^compileToWasm: program "huge" needs 3072\.0 MiB \(inputs 2048\.0 MiB, outputs 1024\.0 MiB.*limit is 2048\.0 MiB\. Use/,
    );
    expect(() => compileToWasm(procedure, inputCount)).toThrow(RangeError);
    const { procedure: tiny } = procedureOf(sum);
    expect(() => compileToWasm(tiny, 2).run([a])).toThrow('program "sum" takes 2 inputs and got 1.');
    expect(() => compileToWasm(tiny, 2).run([a, new Float32Array(3)])).toThrow(
      "input 1 is Float32Array of 3, expected f32 of 4",
    );
  });
});
