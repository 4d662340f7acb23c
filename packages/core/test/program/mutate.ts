import { type Atom, type Equation, type Graph, type Variable, isGraph } from "../../src/graph/graph.js";
import type { ProgramParts } from "../../src/program/format.js";
import { forms } from "../../src/program/forms.js";
import { HEADER_BYTES } from "../../src/program/format.js";
import { crc32 } from "../../src/program/wire.js";
import type { DType } from "../../src/tensor/dtype.js";

/* Damage of three kinds: to any bytes, to bytes behind a header that is made right again, and to what was decoded. */

export type Random = () => number;
const below = (random: Random, n: number): number => Math.floor(random() * n);
const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)];
const DTYPES: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];
/** Sizes around every limit that there is. */
const SIZES = [
  0,
  1,
  2,
  3,
  5,
  7,
  31,
  33,
  127,
  128,
  1e4,
  2 ** 20,
  2 ** 29,
  2 ** 30,
  2 ** 31,
  2 ** 32,
  2 ** 40,
  1e12,
  2 ** 53 - 1,
];

export function damagedBytes(file: Uint8Array, random: Random, from = 0): Uint8Array {
  const bytes = [...file];
  for (let edits = 1 + below(random, 3); edits > 0; edits--) {
    const at = from + below(random, bytes.length - from);
    const kind = below(random, 6);
    if (kind === 0) bytes[at] ^= 1 << below(random, 8);
    else if (kind === 1) bytes[at] = below(random, 256);
    else if (kind === 2) bytes[at] = pick(random, [0, 1, 127, 128, 255, bytes[at] + 1, bytes[at] - 1]) & 255;
    else if (kind === 3) bytes.splice(at, 0, below(random, 256));
    else if (kind === 4) bytes.splice(at, 1 + below(random, 3));
    else bytes.splice(at, 0, ...bytes.slice(at, at + below(random, 12)));
  }
  if (below(random, 10) === 0) bytes.length = from + below(random, Math.max(1, bytes.length - from));
  return Uint8Array.from(bytes);
}

/** Damage that passes header and checksum. */
export function damagedBody(file: Uint8Array, random: Random): Uint8Array {
  const out = damagedBytes(file, random, HEADER_BYTES);
  const header = new DataView(out.buffer);
  header.setUint32(8, out.length, true);
  header.setUint32(12, crc32(out.subarray(HEADER_BYTES)), true);
  return out;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One or two fields of a decoded program, changed in place. */
export function damageFields(parts: ProgramParts, random: Random): void {
  const graphs: Graph[] = [];
  const collect = (g: Graph): void => {
    if (graphs.includes(g)) return;
    for (const e of g.equations)
      for (const value of Object.values(e.params)) [value].flat().filter(isGraph).forEach(collect);
    graphs.push(g);
  };
  collect(parts.graph);
  for (let edits = 1 + below(random, 2); edits > 0; edits--) {
    const at = below(random, graphs.length);
    damageGraph(graphs[at], graphs.slice(0, at), parts, random);
  }
}

function damageGraph(graph: Graph, graphs: readonly Graph[], parts: ProgramParts, random: Random): void {
  const variables: Variable[] = [...graph.inputs, ...graph.equations.flatMap((e) => e.outputs)];
  const atom = (): Atom =>
    variables.length > 0 && random() < 0.8
      ? pick(random, variables)
      : {
          kind: "literal",
          shape: [],
          dtype: pick(random, DTYPES),
          value: pick(random, [0, 1, -1, 0.5, 2 ** 31, Number.NaN]),
        };
  const replaceOne = (list: readonly unknown[], value: unknown): void => {
    if (list.length > 0) (list as unknown[])[below(random, list.length)] = value;
  };
  if (graph.equations.length === 0 || random() < 0.15) {
    const kind = below(random, 4);
    if (kind === 0) replaceOne(graph.outputs, atom());
    else if (kind === 1 && graph.inputs.length > 0)
      (pick(random, graph.inputs) as Mutable<Variable>).shape = Array.from({ length: below(random, 4) }, () =>
        pick(random, SIZES),
      );
    else if (kind === 2 && graph.inputs.length > 0)
      (pick(random, graph.inputs) as Mutable<Variable>).dtype = pick(random, DTYPES);
    else
      (parts as Mutable<ProgramParts>).result = pick(random, [
        parts.arguments,
        { kind: "leaf" },
        { kind: "array", children: [] },
      ]);
    return;
  }
  const e = pick(random, graph.equations) as Mutable<Equation>;
  const kind = below(random, 10);
  if (kind === 0) replaceOne(e.inputs, atom());
  else if (kind === 1) (e.inputs as Atom[]).push(atom());
  else if (kind === 2) (e.inputs as Atom[]).pop();
  else if (kind === 3) {
    // Another operation with parameters of the same kinds.
    const kinds = JSON.stringify(Object.values(forms.get(e.primitive)?.params ?? {}));
    const others = [...forms].flatMap(([p, { params }]) =>
      JSON.stringify(Object.values(params)) === kinds ? [p] : [],
    );
    const other = pick(random, others);
    const values = Object.values(e.params);
    e.params = Object.fromEntries(Object.keys(forms.get(other)?.params ?? {}).map((key, i) => [key, values[i]]));
    e.primitive = other;
  } else if (kind === 4) (graph.equations as Equation[]).splice(graph.equations.indexOf(e), 1);
  else {
    const keys = Object.keys(e.params);
    if (keys.length === 0) return replaceOne(e.inputs, atom());
    const key = pick(random, keys);
    const value = (e.params as Record<string, unknown>)[key];
    (e.params as Record<string, unknown>)[key] = damagedParam(value, graphs, random);
  }
}

function damagedParam(value: unknown, graphs: readonly Graph[], random: Random): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return random() < 0.5 ? Math.abs(value + pick(random, [-1, 1])) : pick(random, SIZES);
  // Graphs before this one only: files cannot hold cycles.
  if (isGraph(value)) return graphs.length > 0 ? pick(random, graphs) : value;
  if (typeof value === "string") return pick(random, [...DTYPES, "lower", ""]);
  if (!Array.isArray(value)) return value;
  const list = [...(value as unknown[])];
  const kind = below(random, 4);
  if (kind === 0 || list.length === 0)
    list.push(list.some(isGraph) ? damagedParam(list[0], graphs, random) : pick(random, SIZES));
  else if (kind === 1) list.pop();
  else {
    const at = below(random, list.length);
    list[at] = damagedParam(list[at], graphs, random);
  }
  return list;
}
