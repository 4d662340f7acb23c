import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { Program, compile, grad, random, scan, tensor, tree, vmap, type Tensor } from "@cotangent/core";
import { describe, expect, it } from "vitest";

/* A program written here runs where the code that made it is not: in another process, in a worker, in a later version. */

const host = fileURLToPath(new URL("host.mjs", import.meta.url));
const fixture = new URL("fixture.program", import.meta.url);

interface Model {
  w: Tensor;
  b: Tensor;
}
const offsets = tensor(Float64Array.from({ length: 6 }, (_, i) => Math.exp(-i)));
const loss = ({ w, b }: Model, xs: Tensor): Tensor => {
  const [last, path] = scan((h: Tensor, x: Tensor) => [h.mul(w).add(x).tanh(), h.exp()], b, xs);
  return path.sum().add(last.mul(offsets).erf().sum());
};
const model = { w: tensor(Float64Array.of(0.75)), b: tensor(new Float64Array(6).fill(0.1)) };
const xs = tensor(
  Float64Array.from({ length: 24 }, (_, i) => Math.sin(i)),
  { shape: [4, 6] },
);

const programs = {
  gradient: { program: compile(grad(loss), model, xs), args: [model, xs] },
  draws: {
    program: compile(
      vmap((key: Tensor) => ({ normal: random.normal(key, [5]), gamma: random.gamma(key, tensor([0.5, 2])) })),
      random.split(random.key(7), 3),
    ),
    args: [random.split(random.key(7), 3)],
  },
};
const bits = (result: unknown): string =>
  tree
    .leaves(result as Tensor)
    .map((x) => Buffer.from(x.storage.buffer, x.storage.byteOffset, x.storage.byteLength).toString("hex"))
    .join(" ");

describe.each(Object.entries(programs))("%s", (name, { program, args }) => {
  const bytes = program.toBytes();
  const inputs = tree.leaves(args as unknown as Tensor).map((x) => x.storage);
  const expected = bits((program as unknown as Program).run(...args));

  it("gives the same bits in another process", () => {
    const file = join(tmpdir(), `cotangent-${process.pid}-${name}.program`);
    writeFileSync(file, bytes);
    const given = JSON.stringify(inputs.map((s) => Buffer.from(s.buffer, s.byteOffset, s.byteLength).toString("hex")));
    const out = execFileSync(process.execPath, [host, file], { input: given, encoding: "utf8" });
    expect(out.trim()).toBe(expected);
  });

  it("gives the same bits in a worker", async () => {
    const worker = new Worker(host, { workerData: { bytes, inputs } });
    const out = await new Promise<string>((resolve, reject) => {
      worker.once("message", resolve);
      worker.once("error", reject);
    });
    await worker.terminate();
    expect(out).toBe(expected);
  });
});

it("a program of format 1, written by an earlier build, is still read and gives what it gave", () => {
  const { program, args, outputs } = JSON.parse(readFileSync(fixture, "utf8")) as Record<string, string>;
  const loaded = Program.fromBytes(Buffer.from(program, "base64"));
  const bound = loaded.bind();
  const values = JSON.parse(args) as number[][];
  values.forEach((v, i) => bound.inputs[i].set(v));
  bound.run();
  const expected = JSON.parse(outputs) as number[][];
  bound.outputs.forEach((s, i) => {
    expect(s.length).toBe(expected[i].length);
    s.forEach((x, k) => expect(Math.abs(x - expected[i][k])).toBeLessThanOrEqual(1e-12 * Math.abs(expected[i][k])));
  });
});
