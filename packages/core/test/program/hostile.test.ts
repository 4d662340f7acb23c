import { expect, it } from "vitest";
import {
  Program,
  ProgramError,
  type Tensor,
  compile,
  debugPrint,
  jit,
  scan,
  tensor,
  whileLoop,
} from "../../src/index.js";
import { variable } from "../../src/graph/graph.js";
import { HEADER_BYTES } from "../../src/program/format.js";
import { crc32 } from "../../src/program/wire.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { procedureOf } from "../../src/compiler/schedule.js";
import { decodeProgram } from "../../src/program/decode.js";
import { encodeProgram } from "../../src/program/encode.js";
import { dtypes } from "../../src/tensor/dtype.js";
import { generator } from "../primitives/inputs.js";
import { damageFields, damagedBody, damagedBytes } from "./mutate.js";
import { samples } from "./programs.js";

const MUTANTS = 100_000;
const LIMITS = { maxBytes: 2 ** 22, maxFlops: 1e6 };
const files = samples.map((s) => s.program.toBytes());

/** The largest typed array or buffer that is allocated by its length while `f` runs, in bytes. */
function largestAllocation(f: () => void): number {
  const names = ["Uint8Array", "Int32Array", "Uint32Array", "Float32Array", "Float64Array", "ArrayBuffer"] as const;
  const originals = names.map((name) => globalThis[name]);
  let largest = 0;
  const world = globalThis as unknown as Record<string, unknown>;
  names.forEach((name, i) => {
    world[name] = new Proxy(originals[i], {
      construct(target, args: unknown[], newTarget) {
        const width = "BYTES_PER_ELEMENT" in target ? target.BYTES_PER_ELEMENT : 1;
        if (typeof args[0] === "number") largest = Math.max(largest, args[0] * width);
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
  });
  try {
    f();
  } finally {
    names.forEach((name, i) => (world[name] = originals[i]));
  }
  return largest;
}

it(`${MUTANTS} damaged programs are programs or ProgramErrors`, { timeout: 120_000 }, () => {
  const random = generator(2024);
  const counts = { valid: 0, ran: 0, fields: 0 };
  const codes: Record<string, number> = {};
  const unexpected: unknown[] = [];
  const allocated = largestAllocation(() => {
    for (let i = 0; i < MUTANTS; i++) {
      const file = files[i % files.length];
      let mutant: Uint8Array;
      // A half edits decoded fields, a third bytes behind a right header, a sixth any bytes.
      if (i % 6 < 3) {
        counts.fields++;
        for (;;) {
          const parts = decodeProgram(file);
          damageFields(parts, random);
          try {
            mutant = encodeProgram(parts);
            break;
          } catch (error) {
            // Not every change can be written: a value used before it is defined has no number.
            if (!(error instanceof ProgramError)) unexpected.push(error);
          }
        }
      } else mutant = i % 6 < 5 ? damagedBody(file, random) : damagedBytes(file, random);
      try {
        decodeProgram(mutant);
        counts.valid++;
        if (counts.valid % 40 === 0) {
          const program = Program.fromBytes(mutant, LIMITS);
          const bound = program.bind();
          const { inputs, outputs } = bound;
          inputs.forEach((x) => x.fill(random() < 0.5 ? 1 : -1e9));
          bound.run();
          // An index outside its buffer would be seen here: the interpreter has a memory of its own.
          const procedure = procedureOf(program.graph, "mutant");
          const { constants } = decodeProgram(mutant);
          const interpreted = interpretedProgram(procedure, program.graph.inputs.length);
          expect(interpreted.run([...constants, ...inputs])).toEqual(outputs);
          counts.ran++;
        }
      } catch (error) {
        if (error instanceof ProgramError) codes[error.code] = (codes[error.code] ?? 0) + 1;
        else unexpected.push({ i, error });
      }
    }
  });
  expect(unexpected.slice(0, 5)).toEqual([]);
  expect(counts.fields).toBeGreaterThan(MUTANTS / 3);
  expect(counts.ran).toBeGreaterThan(MUTANTS / 1000);
  // Every kind of error but that of effects, which cannot be written.
  expect(Object.keys(codes).sort()).toEqual(
    ["checksum", "limit", "magic", "params", "primitive", "structure", "truncated", "types", "version"].sort(),
  );
  expect(allocated).toBeLessThanOrEqual(LIMITS.maxBytes);
  expect(dtypes.f32.allocate(1)).toBeInstanceOf(Float32Array);
});

it("reading allocates no typed array longer than the file", () => {
  const random = generator(7);
  for (let i = 0; i < 10_000; i++) {
    const mutant = damagedBody(files[i % files.length], random);
    const allocated = largestAllocation(() => {
      try {
        Program.fromBytes(mutant);
      } catch (error) {
        expect(error).toBeInstanceOf(ProgramError);
      }
    });
    expect(allocated).toBeLessThanOrEqual(mutant.length);
  }
});

const small = compile((x: Tensor) => x.mul(2).sin().sum(), tensor([1, 2])).toBytes();
const codeOf = (bytes: Uint8Array, limits = {}): string => {
  try {
    Program.fromBytes(bytes, limits);
    return "none";
  } catch (error) {
    return error instanceof ProgramError ? error.code : String(error);
  }
};
/** The file with a right length and checksum. */
const sealed = (bytes: Uint8Array): Uint8Array => {
  const header = new DataView(bytes.buffer);
  header.setUint32(8, bytes.length, true);
  header.setUint32(12, crc32(bytes.subarray(HEADER_BYTES)), true);
  return bytes;
};
const edited = (bytes: Uint8Array, edit: (copy: Uint8Array) => void): Uint8Array => {
  const copy = bytes.slice();
  edit(copy);
  return copy;
};

it("a file that ends early says so, wherever it ends", () => {
  for (let n = 0; n < small.length; n++) {
    expect(codeOf(small.slice(0, n))).toBe("truncated");
    if (n >= HEADER_BYTES) expect(codeOf(sealed(small.slice(0, n))), `${n} bytes`).not.toBe("none");
  }
  expect(codeOf(sealed(Uint8Array.of(...small, 0)))).toBe("structure");
});

it("the header is as documented in program/format.ts", () => {
  expect([...small.subarray(0, 8)]).toEqual([0x43, 0x54, 0x4e, 0x47, 1, 0, 0, 0]);
  const header = new DataView(small.buffer, 8);
  expect(header.getUint32(0, true)).toBe(small.length);
  // Node's own CRC-32 of the rest.
  expect(header.getUint32(4, true)).toBe(crc32(small.subarray(16)));
  expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

it("names what is wrong", () => {
  expect(codeOf(edited(small, (b) => (b[0] ^= 1)))).toBe("magic");
  expect(codeOf(edited(small, (b) => (b[4] = 2)))).toBe("version");
  expect(codeOf(edited(small, (b) => (b[20] ^= 1)))).toBe("checksum");
  // The first primitive is written as its name and version.
  const text = new TextDecoder("latin1").decode(small);
  const name = text.indexOf("sin");
  expect(codeOf(sealed(edited(small, (b) => (b[name] = 0x7a))))).toBe("primitive");
  expect(codeOf(sealed(edited(small, (b) => (b[name + 3] = 2))))).toBe("version");
  expect(() => Program.fromBytes("program" as never)).toThrow(TypeError);
});

it("a program with effects is not data", () => {
  const program = compile((x: Tensor) => (debugPrint("{x}", { x }), x.mul(2)), tensor(1));
  expect(() => program.toBytes()).toThrow(expect.objectContaining({ name: "ProgramError", code: "effects" }));
});

it("a program that asks for too much memory or time is refused before it gets any", () => {
  const huge = compile((x: Tensor) => x.broadcastTo([2 ** 14, 2 ** 14]).add(1), tensor(1)).toBytes();
  expect(huge.length).toBeLessThan(200);
  expect(codeOf(huge)).toBe("limit");
  expect(codeOf(huge, { maxBytes: 2 ** 20 })).toBe("limit");
  const parts = decodeProgram(
    compile(
      (x: Tensor) => scan((c: Tensor) => [c.mul(0.5), undefined], x, null, { length: 9 })[0],
      tensor(1),
    ).toBytes(),
  );
  const long = parts.graph.equations.find((e) => e.primitive.name === "scan")?.params as { length: number };
  for (const [length, code] of [
    [1000, "none"],
    [2 ** 31 - 1, "none"],
    [1e12, "types"],
  ] as const) {
    long.length = length;
    expect(codeOf(encodeProgram(parts), { maxFlops: Infinity })).toBe(code);
    if (length > 1000) expect(codeOf(encodeProgram(parts), { maxFlops: 1e6 })).not.toBe("none");
  }
  const small1 = largestAllocation(() => void codeOf(huge));
  expect(small1).toBeLessThan(2 ** 16);
});

it("a loop without end ends after as many rounds as maxFlops allows", () => {
  const endless = compile(
    (x: Tensor) =>
      whileLoop(
        (h: Tensor) => h.greater(-1),
        (h: Tensor) => h.add(1),
        x,
      ),
    tensor(0),
  );
  const run = (maxFlops: number): number => {
    const program = Program.fromBytes<[Tensor], Tensor>(endless.toBytes(), { maxFlops });
    return program.run(tensor(0)).item();
  };
  expect(run(1000)).toBeLessThan(1000);
  expect(run(100_000)).toBeGreaterThan(run(1000));
});

it("calls that double at every level are refused, not written out", () => {
  const parts = decodeProgram(compile((x: Tensor) => jit((y: Tensor) => y.sin())(x), tensor(1)).toBytes());
  let { graph } = parts;
  const call = graph.equations[0];
  for (let level = 0; level < 60; level++) {
    const inner = graph;
    const x = variable(tensor(1));
    const [y, z] = [variable(x), variable(x)];
    graph = {
      inputs: [x],
      equations: [
        { ...call, params: { graph: inner, name: "" }, inputs: [x], outputs: [y] },
        { ...call, params: { graph: inner, name: "" }, inputs: [y], outputs: [z] },
      ],
      outputs: [z],
    };
  }
  expect(codeOf(encodeProgram({ ...parts, graph }))).toBe("limit");
});
