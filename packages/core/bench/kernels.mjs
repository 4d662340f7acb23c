// Throughput of the wasm backend's kernels: is SIMD really used, and how far from memory bandwidth?
// Run after `tsc -p tsconfig.build.json`: node bench/kernels.mjs [path of dist]
import { pathToFileURL } from "node:url";

const dist = new URL(process.argv[2] ? `${pathToFileURL(process.argv[2]).href}/` : "../dist/", import.meta.url);
const { compileToWasm } = await import(new URL("backends/wasm/runtime.js", dist).href);
const { interpretedProgram } = await import(new URL("backends/interpreter/interpretedProgram.js", dist).href);
const x = await import(new URL("kernel/expression.js", dist).href);
const k = await import(new URL("kernel/kernel.js", dist).href);

const i = { name: "i", dtype: "i32" };
const j = { name: "j", dtype: "i32" };
const bytes = { f32: 4, f64: 8, i32: 4 };

/** A program of `repeats` calls of one kernel, so that copies in and out do not count. */
function programOf(kernel, compile, repeats) {
  const parameters = kernel.buffers.map(({ dtype, length }) => ({ dtype, length }));
  const inner = {
    name: kernel.name,
    parameters,
    frameBytes: 0,
    steps: [
      { kind: "kernel", kernel, buffers: parameters.map((_, index) => ({ kind: "parameter", index, byteOffset: 0 })) },
    ],
  };
  const place = (index) => ({ kind: "fixed", place: { kind: "parameter", index, byteOffset: 0 } });
  const procedure = {
    name: `${kernel.name} x ${repeats}`,
    parameters,
    frameBytes: 0,
    steps: [
      {
        kind: "loop",
        count: repeats,
        body: inner,
        arguments: parameters.map((_, n) => place(n)),
        frame: { kind: "frame", byteOffset: 0 },
      },
    ],
  };
  return compile(procedure, kernel.buffers.filter((b) => b.access === "in").length);
}

function time(run) {
  for (let n = 0; n < 3; n++) run();
  const times = Array.from({ length: 9 }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[4];
}

function report(kernel, inputs, traffic, scalarToo = true) {
  const measure = (candidate, repeats) => {
    const base = programOf(candidate, compileToWasm, 1);
    const many = programOf(candidate, compileToWasm, 1 + repeats);
    return (time(() => many.run(inputs)) - time(() => base.run(inputs))) / repeats;
  };
  // Enough work between two clock readings, and enough calls for V8's optimising tier.
  const repeats = Math.max(20, Math.ceil(2e8 / traffic));
  const simd = measure(kernel, repeats);
  const serial = scalarToo ? measure(scalarOf(kernel), repeats) : NaN;
  const once = programOf(kernel, interpretedProgram, 1);
  const start = performance.now();
  once.run(inputs);
  const interpreted = performance.now() - start;
  console.log(
    `${kernel.name.padEnd(34)} ${simd.toFixed(3).padStart(8)} ms ${(traffic / simd / 1e6).toFixed(1).padStart(6)} GB/s` +
      `   ${scalarToo ? `serial loop ${(serial / simd).toFixed(1)}x slower, ` : ""}interpreter ${(interpreted / simd).toFixed(0)}x`,
  );
}

/** The same kernel without lanes. */
const scalarOf = (kernel) => ({
  ...kernel,
  body: kernel.body.map((s) =>
    s.kind === "for" ? { ...s, mode: "serial" } : s.kind === "reduce" ? { ...s, width: 1 } : s,
  ),
});

const random = (length, make) => make.from({ length }, () => Math.random() - 0.5);
const n = 1_000_000;
const arrays = { f32: Float32Array, f64: Float64Array };

for (const size of [10_000, n])
  for (const dtype of ["f32", "f64"]) {
    const a = random(size, arrays[dtype]);
    const b = random(size, arrays[dtype]);
    const load = (buffer) => x.load(dtype, buffer, x.read(i));
    const buffers = [
      { dtype, length: size, access: "in" },
      { dtype, length: size, access: "in" },
      { dtype, length: size, access: "out" },
    ];
    const c = (v) => x.constant(dtype, v);
    const elementwise = (name, value) => ({
      name: `${name} ${dtype} ${size}`,
      buffers,
      body: [k.forLoop(i, size, [k.store(2, x.read(i), value)], "lanes")],
    });
    const chain = x.div(x.add(x.mul(load(0), load(1)), c(1)), x.add(c(2), x.unary("sqrt", x.unary("abs", load(0)))));
    report(elementwise("add", x.add(load(0), load(1))), [a, b], 3 * bytes[dtype] * size);
    report(elementwise("relu(a) * b", x.mul(x.binary("max", load(0), c(0)), load(1))), [a, b], 3 * bytes[dtype] * size);
    report(elementwise("chain of 7", chain), [a, b], 3 * bytes[dtype] * size);

    const [acc, left, right] = ["acc", "left", "right"].map((name) => ({ name, dtype }));
    const sum = (index, value, width) => ({
      kind: "reduce",
      index: j,
      extent: index,
      width,
      body: [],
      accumulators: [
        {
          local: acc,
          init: c(0),
          step: x.add(x.read(acc), value),
          left,
          right,
          merge: x.add(x.read(left), x.read(right)),
        },
      ],
    });
    const width = dtype === "f32" ? 16 : 8;
    const total = {
      name: `sum ${dtype} ${size}`,
      buffers: [buffers[0], { dtype, length: 1, access: "out" }],
      body: [sum(x.int(size), x.load(dtype, 0, x.read(j)), width), k.store(1, x.int(0), x.read(acc))],
    };
    report(total, [a], bytes[dtype] * size);

    const columns = 100;
    const rows = size / columns;
    const rowSums = {
      name: `row sums [${rows}, ${columns}] ${dtype}`,
      buffers: [buffers[0], { dtype, length: rows, access: "out" }],
      body: [
        k.forLoop(
          i,
          rows,
          [
            sum(x.int(columns), x.load(dtype, 0, x.add(x.mul(x.read(i), x.int(columns)), x.read(j))), width),
            k.store(1, x.read(i), x.read(acc)),
          ],
          "lanes",
        ),
      ],
    };
    report(rowSums, [a], bytes[dtype] * size, false);
    const columnSums = (w) => ({
      name: `column sums [${rows}, ${columns}] ${dtype} w${w}`,
      buffers: [buffers[0], { dtype, length: columns, access: "out" }],
      body: [
        k.forLoop(
          i,
          columns,
          [
            sum(x.int(rows), x.load(dtype, 0, x.add(x.mul(x.read(j), x.int(columns)), x.read(i))), w),
            k.store(1, x.read(i), x.read(acc)),
          ],
          "lanes",
        ),
      ],
    });
    report(columnSums(width), [a], bytes[dtype] * size, false);
    report(columnSums(1), [a], bytes[dtype] * size, false);
  }

// Compiling: programs of structurally different kernels.
for (const kernels of [1, 10, 100]) {
  const parameters = [0, 1, 2].map(() => ({ dtype: "f32", length: 1000 }));
  const start = performance.now();
  const steps = Array.from({ length: kernels }, (_, c) => {
    const value = x.add(
      x.mul(x.load("f32", 0, x.read(i)), x.constant("f32", c)),
      x.unary("sqrt", x.load("f32", 1, x.read(i))),
    );
    const kernel = {
      name: `kernel ${c}`,
      buffers: parameters.map((b, n) => ({ ...b, access: n < 2 ? "in" : "out" })),
      body: [k.forLoop(i, 1000, [k.store(2, x.read(i), value)], "lanes")],
    };
    return {
      kind: "kernel",
      kernel,
      buffers: parameters.map((_, index) => ({ kind: "parameter", index, byteOffset: 0 })),
    };
  });
  const program = compileToWasm({ name: "many", parameters, steps, frameBytes: 0 }, 2);
  const compiled = performance.now();
  program.run([new Float32Array(1000), new Float32Array(1000)]);
  console.log(
    `${kernels} kernels: compile ${(compiled - start).toFixed(2)} ms, first run ${(performance.now() - compiled).toFixed(2)} ms`,
  );
}

// One call of a tiny program: the cost of entering.
{
  const kernel = {
    name: "tiny",
    buffers: [
      { dtype: "f32", length: 4, access: "in" },
      { dtype: "f32", length: 4, access: "out" },
    ],
    body: [k.forLoop(i, 4, [k.store(1, x.read(i), x.load("f32", 0, x.read(i)))], "lanes")],
  };
  const program = programOf(kernel, compileToWasm, 1);
  const input = [new Float32Array(4)];
  const bound = program.bind();
  const calls = 100_000;
  console.log(
    `run() of a tiny program   ${(
      (time(() => {
        for (let c = 0; c < calls; c++) program.run(input);
      }) /
        calls) *
      1e6
    ).toFixed(0)} ns`,
  );
  console.log(
    `bound run()               ${(
      (time(() => {
        for (let c = 0; c < calls; c++) bound.run();
      }) /
        calls) *
      1e6
    ).toFixed(0)} ns`,
  );
}
