import type { Expression, Local } from "../../kernel/expression.js";
import type { Kernel, Statement } from "../../kernel/kernel.js";
import type { BatchedProduct } from "../../kernel/product.js";
import { effectsOf } from "../../kernel/traverse.js";
import { emitStatements } from "./emitShader.js";
import { type LinearForm, linearForm } from "./linearForm.js";
import { sizesOf } from "./product.js";
import { type ShaderMemory, coordinatesOf, wgslType } from "./shader.js";
import { mapOperands, rewritten } from "./visit.js";

/** What becomes of the sums of a product. */
export interface Finish {
  /** Declarations. */
  readonly functions: readonly string[];
  /** Stores what is made of the sum at this row and column, or of four sums from this column on. */
  readonly call: (row: string, column: string, sum: string, position: string) => string;
}

/**
 * A function of what the kernel does with each sum, as its loops say it after the reduction. Where bindings hold vectors of four it is given four sums side by side,
 * and reads and stores what lies beside them in fours.
 */
export function finishOf(kernel: Kernel, p: BatchedProduct, memory: ShaderMemory, vectors: boolean): Finish {
  const { loops, sum, rest } = afterReduction(kernel);
  const [only] = rest;
  if (rest.length === 1 && only.kind === "store" && only.value.kind === "local")
    return {
      functions: [],
      call: (_row, _column, value, position) =>
        memory.store(only.buffer, vectors ? `(${position}) / 4u` : position, value),
    };
  const axes = [
    ...coordinatesOf("batch", p.batch.sizes),
    ...coordinatesOf("row", p.rows.sizes),
    ...coordinatesOf("column", p.columns.sizes),
  ];
  const names = new Map<Local, string>(loops.map((local, k) => [local, `c${k}`]));
  const coordinates = axes.map((at, k) => `let c${k} = i32(${at});`);
  const type = wgslType[sum.dtype];
  const head = (of: string): string => `fn finish(batch: u32, row: u32, column: u32, sum: ${of}) {`;
  const call: Finish["call"] = (row, column, value) => `finish(batch, ${row}, ${column}, ${value});`;
  const offsets = memory.offsets();
  if (!vectors) {
    names.set(sum, "sum");
    const { lines, prelude } = emitStatements(kernel, rest, names, memory);
    return { functions: [...prelude, head(type), ...indented([...offsets, ...coordinates, ...lines]), "}"], call };
  }

  const side = p.columns.sizes.at(-1) as number;
  const last = loops[loops.length - 1];
  const fours = new Map<string, { readonly local: Local; readonly line: string }>();
  const values = new Map<Local, Expression>();
  for (const s of rest) if (s.kind === "assign") values.set(s.local, s.value);
  /** Loads of neighbours are one. */
  const beside = (e: Expression): Expression => {
    const form = e.kind === "load" && side % 4 === 0 ? linearForm(e.index, values) : undefined;
    if (e.kind !== "load" || form === undefined || !isAligned(form, last)) return mapOperands(e, beside);
    const terms = [...form.terms].map(([l, n]) => (n === 1 ? names.get(l) : `${names.get(l)} * ${n}i`));
    const index = [...terms, ...(form.constant === 0 ? [] : [`${form.constant}i`])].join(" + ");
    const key = `${e.buffer}: ${index}`;
    let known = fours.get(key);
    if (known === undefined) {
      const name = `four${fours.size}`;
      const line = `let ${name} = ${memory.load(e.buffer, `u32(${index}) / 4u`)};`;
      fours.set(key, (known = { local: { name, dtype: e.dtype }, line }));
    }
    return { kind: "local", dtype: e.dtype, local: known.local };
  };
  const body = rewritten(rest, beside, (s) => [s]);
  const results = [...effectsOf(rest).stored];
  const functions = new Set<string>();
  const each = [0, 1, 2, 3].flatMap((c) => {
    const own = new Map(names);
    // The axis along which the four lie; if they reach into the next row of it, all coordinates are those of their column.
    if (side % 4 === 0) own.set(last, `(c${loops.length - 1} + ${c}i)`);
    own.set(sum, `sum[${c}]`);
    for (const { local } of fours.values()) own.set(local, `${local.name}[${c}]`);
    const { lines, prelude } = emitStatements(kernel, body, own, {
      load: (k, index) => memory.element(k, index),
      store: (k, _, value) => `result${k}[${c}] = ${value};`,
    });
    prelude.forEach((f) => functions.add(f));
    const shifted = side % 4 === 0 || c === 0 ? [] : [`let column = column + ${c}u;`, ...coordinates];
    return ["{", ...indented([...shifted, ...lines]), "}"];
  });
  const [, rows, columns] = sizesOf(p);
  return {
    functions: [
      ...functions,
      head(`vec4<${type}>`),
      ...indented([
        ...offsets,
        ...coordinates,
        ...[...fours.values()].map((f) => f.line),
        ...results.map((k) => `var result${k}: vec4<${wgslType[kernel.buffers[k].dtype]}>;`),
        ...each,
        `let position = ((batch * ${rows}u + row) * ${columns}u + column) / 4u;`,
        ...results.map((k) => memory.store(k, "position", `result${k}`)),
      ]),
      "}",
    ],
    call,
  };
}

/** Four sums that a thread has, from a row and column beside `row` and `column`. */
interface Fours {
  readonly row: number;
  readonly column: number;
  readonly sum: string;
}

/** The end of a shader that has sums at `row` and `column` of `batch`: those within the product go where they belong. */
export function storesOf({ call }: Finish, p: BatchedProduct, vectors: boolean, sums: readonly Fours[]): string[] {
  const [, rows, columns] = sizesOf(p);
  const plus = (name: string, n: number): string => (n === 0 ? name : `${name} + ${n}u`);
  const within = (name: string, n: number, size: number, unit: number, text: string): string =>
    size % unit === 0 ? text : `if (${plus(name, n)} < ${size}u) { ${text} }`;
  const highest = sums.reduce((n, s) => Math.max(n, s.row + 1), 1);
  const y = `let y = batch * ${rows * columns}u + row * ${columns}u + column;`;
  const lines = sums.map(({ row, column, sum }) => {
    const at = plus("row", row);
    const one = (c: number, value: string): string =>
      call(at, plus("column", column + c), value, plus("y", row * columns + column + c));
    const all = vectors
      ? one(0, sum)
      : [0, 1, 2, 3].map((c) => within("column", column + c, columns, 4, one(c, `${sum}[${c}]`))).join(" ");
    return within("row", row, rows, highest, all);
  });
  return [y, ...lines];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** Whether four neighbours along the local lie in one vector. */
const isAligned = ({ terms, constant }: LinearForm, along: Local): boolean =>
  terms.get(along) === 1 && constant % 4 === 0 && [...terms].every(([l, n]) => l === along || n % 4 === 0);

/** The loops over the elements of a product, the sum in them, and what follows it. */
function afterReduction(kernel: Kernel): { loops: Local[]; sum: Local; rest: Statement[] } {
  const loops: Local[] = [];
  let { body } = kernel;
  for (;;) {
    const [s, ...rest] = body;
    if (s.kind === "reduce") return { loops, sum: s.accumulators[0].local, rest };
    if (s.kind !== "for") throw new Error(`WebGPU: ${kernel.name} is no product.`);
    loops.push(s.index);
    body = s.body;
  }
}
