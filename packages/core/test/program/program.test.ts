import { describe, expect, it } from "vitest";
import { primitives } from "../../src/control/registry.js";
import type { Primitive } from "../../src/graph/primitive.js";
import { bind } from "../../src/graph/trace.js";
import { forms } from "../../src/program/forms.js";
import { Program, type Tensor, compile, formatGraph, tree } from "../../src/index.js";
import { generator, makeInput } from "../primitives/inputs.js";
import { table } from "../primitives/table.js";
import { type Sample, samples } from "./programs.js";

const storages = (out: unknown) => tree.leaves(out as Tensor).map((x) => [x.dtype, x.shape, x.storage]);

/** What is made of other operations has no form, since files hold a call of those, nor has what calls code of the host. */
const FORMLESS = ["checkpoint", "customJvp", "customVjp", "customCotangent", "linearSolve", "hostCall"];

it("every primitive has a form in files, unless it is made of others or is not data", () => {
  expect(primitives.filter((p) => !forms.has(p) && !FORMLESS.includes(p.name)).map((p) => p.name)).toEqual([]);
});

describe.each(samples)("$name", ({ program, args }: Sample) => {
  const bytes = program.toBytes();
  const loaded = Program.fromBytes(bytes);

  it("gives the same trees with the same bits", () => {
    const [before, after] = [program.run(...args), loaded.run(...args)];
    expect(JSON.stringify(after)).toBe(JSON.stringify(before));
    expect(storages(after)).toEqual(storages(before));
    const bound = loaded.bind();
    tree.leaves(args as unknown as Tensor).forEach((x, i) => bound.inputs[i].set(x.storage));
    bound.run();
    expect(bound.outputs.map((s) => s)).toEqual(storages(before).map((s) => s[2]));
  });

  it("is written as the same bytes again", () => {
    expect(loaded.toBytes()).toEqual(bytes);
    expect(program.toBytes()).toEqual(bytes);
  });
});

it.each(table.map((row, i) => ({ row, i, title: `${row.primitive} #${i}` })))("a file holds $title", ({ row, i }) => {
  const primitive = primitives.find((p) => p.name === row.primitive) as Primitive;
  for (const float of ["f64", "f32"] as const) {
    const inputs = row.inputs.map((x, k) => makeInput(x, generator(i * 31 + k), float));
    const program = compile((...xs: Tensor[]) => bind(primitive, xs, row.params ?? {}), ...inputs);
    const loaded = Program.fromBytes<Tensor[], Tensor[]>(program.toBytes());
    expect(formatGraph(loaded.graph)).toBe(formatGraph(program.graph));
    expect(storages(loaded.run(...inputs))).toEqual(storages(program.run(...inputs)));
  }
});
