import { type Expression, add, int, load, mul, read } from "../../kernel/expression.js";
import { type Kernel, type Statement, forLoop, store } from "../../kernel/kernel.js";
import { index } from "../../kernel/nest.js";
import type { BatchedProduct, Loops } from "../../kernel/product.js";
import { sizeOf } from "../../tensor/shape.js";
import { type Layout, type Shader, ShaderMemory, mainFunction, wgslType } from "./shader.js";

/*
 * Products of matrices. Each thread computes 4 x 4 elements in 16 registers: for each four steps of k it reads four vectors of four from a and four
 * from b, 64 multiply-adds for 32 words, which the neighbours in its workgroup of 8 x 8 threads read too, so that they come from the cache: a workgroup computes
 * 32 x 32 elements. Workgroup memory would save the caches traffic, at two barriers for each step; published kernels reach half of a GPU's peak without it.
 * 64 threads of about 40 registers leave room for 16 or more workgroups on a processor.
 */
const TILE = 4;
const SIDE = 8;
/** From so many elements on a thread takes 8 rows of them: twelve vectors for 128 multiply-adds. Smaller products would leave too many threads idle. */
const LARGE = 2 ** 17;
/** Fewer elements than these leave most of a GPU idle: each is the sum of many threads then. */
const FEWEST = 2048;

const sizesOf = (p: BatchedProduct): [number, number, number, number] => [
  sizeOf(p.batch.sizes),
  sizeOf(p.rows.sizes),
  sizeOf(p.columns.sizes),
  sizeOf(p.contracted.sizes),
];

/** Whether a product is computed in tiles. */
export function isTiledProduct(p: BatchedProduct): boolean {
  const [batch, rows, columns, contracted] = sizesOf(p);
  const words = p.dtype === "f32" || p.dtype === "i32" || p.dtype === "u32";
  const filled = rows >= TILE && columns >= TILE && (batch * rows * columns >= FEWEST || contracted < 64);
  return words && filled;
}

/** The product as a loop over its elements, each of them a sum: small ones, and those whose sums are long. */
export function plainProduct(kernel: Kernel, p: BatchedProduct): Kernel {
  const { dtype } = kernel.buffers[2];
  const along = (
    loops: Loops,
    name: string,
  ): { locals: ReturnType<typeof index>[]; of: (s: readonly number[]) => Expression } => {
    const locals = loops.sizes.map((_, k) => index(`${name}${k}`));
    return { locals, of: (s) => locals.reduce<Expression>((sum, l, k) => add(sum, mul(read(l), int(s[k]))), int(0)) };
  };
  const [batch, rows, columns, contracted] = [p.batch, p.rows, p.columns, p.contracted].map((l, k) =>
    along(l, "bijk"[k]),
  );
  const outer = [
    ...p.batch.sizes.map((size, k) => ({ size, local: batch.locals[k] })),
    ...p.rows.sizes.map((size, k) => ({ size, local: rows.locals[k] })),
    ...p.columns.sizes.map((size, k) => ({ size, local: columns.locals[k] })),
  ];
  const y = outer.reduce<Expression>((sum, { size, local }) => add(mul(sum, int(size)), read(local)), int(0));
  const a = add(add(batch.of(p.batch.a), rows.of(p.rows.a)), contracted.of(p.contracted.a));
  const b = add(add(batch.of(p.batch.b), columns.of(p.columns.b)), contracted.of(p.contracted.b));
  const k = index("k");
  const sum = { name: "sum", dtype };
  const [left, right] = [
    { name: "left", dtype },
    { name: "right", dtype },
  ];
  // The coordinates along the contracted axes, from one index.
  const inner = p.contracted.sizes.map((_, i) => sizeOf(p.contracted.sizes.slice(i + 1)));
  const coordinates = contracted.locals.map((local, i): Statement => {
    const whole: Expression =
      inner[i] === 1 ? read(k) : { kind: "binary", dtype: "i32", op: "div", a: read(k), b: int(inner[i]) };
    const value: Expression =
      i === 0 ? whole : { kind: "binary", dtype: "i32", op: "rem", a: whole, b: int(p.contracted.sizes[i]) };
    return { kind: "assign", local, value };
  });
  const body: Statement[] = [
    {
      kind: "reduce",
      index: k,
      extent: int(sizeOf(p.contracted.sizes)),
      width: 1,
      body: coordinates,
      accumulators: [
        {
          local: sum,
          init: { kind: "constant", dtype, value: 0 },
          step: add(read(sum), mul(load(dtype, 0, a), load(dtype, 1, b))),
          left,
          right,
          merge: add(read(left), read(right)),
        },
      ],
    },
    store(2, y, read(sum)),
  ];
  return {
    name: kernel.name,
    buffers: kernel.buffers.slice(0, 3),
    body: outer.reduceRight<Statement[]>((inside, { size, local }) => [forLoop(local, size, inside, "parallel")], body),
  };
}

/** Where an index lies along several axes, as text. */
function offset({ sizes }: Loops, strides: readonly number[], i: string): string {
  let inner = 1;
  const terms: string[] = [];
  for (let k = sizes.length - 1; k >= 0; k--) {
    const whole = inner === 1 ? i : `(${i} / ${inner}u)`;
    const at = k === 0 ? whole : `(${whole} % ${sizes[k]}u)`;
    if (strides[k] !== 0) terms.push(strides[k] === 1 ? at : `${at} * ${strides[k]}u`);
    inner *= sizes[k];
  }
  return terms.length === 0 ? "0u" : terms.reverse().join(" + ");
}

const four = [0, 1, 2, 3] as const;

/** Along which of its axes a factor lies in aligned fours, if one of them. */
function sideBySide(
  free: Loops,
  contracted: Loops,
  batch: Loops,
  factor: "a" | "b",
): "free" | "contracted" | undefined {
  if (contracted.sizes.length !== 1) return undefined;
  const fours = (numbers: readonly number[]): boolean => numbers.every((n) => n % 4 === 0);
  if (!fours(batch[factor])) return undefined;
  if (contracted[factor][0] === 1 && fours(free[factor])) return "contracted";
  const last = free.sizes.length - 1;
  const inFours = last >= 0 && free[factor][last] === 1 && free.sizes[last] % 4 === 0;
  return inFours && fours([contracted[factor][0], ...free[factor].slice(0, last)]) ? "free" : undefined;
}

/** @param aligned whether all buffers start at multiples of four elements. */
export function productShader(kernel: Kernel, p: BatchedProduct, layout: Layout, aligned: boolean): Shader {
  const [batches, rows, columns, contracted] = sizesOf(p);
  const layoutA = aligned ? sideBySide(p.rows, p.contracted, p.batch, "a") : undefined;
  const layoutB = aligned ? sideBySide(p.columns, p.contracted, p.batch, "b") : undefined;
  const vectors = layoutA !== undefined && layoutB !== undefined && columns % 4 === 0 && contracted % 4 === 0;
  const memory = new ShaderMemory(kernel.buffers.slice(0, 3), layout, vectors);
  const element = wgslType[p.dtype];
  const vector = `vec4<${element}>`;
  const high = batches * rows * columns >= LARGE && rows % 8 === 0 ? 8 : TILE;
  const each = [0, 1, 2, 3, 4, 5, 6, 7].slice(0, high);
  const tileRows = Math.ceil(rows / (high * SIDE));
  const tileColumns = Math.ceil(columns / (TILE * SIDE));
  const lines = [
    ...memory.offsets(),
    `let tile = group % ${tileRows * tileColumns}u;`,
    `let batch = group / ${tileRows * tileColumns}u;`,
    `let row = (tile / ${tileColumns}u) * ${high * SIDE}u + (thread / ${SIDE}u) * ${high}u;`,
    `let column = (tile % ${tileColumns}u) * ${TILE * SIDE}u + (thread % ${SIDE}u) * ${TILE}u;`,
    // There are no barriers: threads beyond the edge have nothing to do.
    `if (row >= ${rows}u || column >= ${columns}u) { return; }`,
    `let baseA = ${offset(p.batch, p.batch.a, "batch")};`,
    `let baseB = ${offset(p.batch, p.batch.b, "batch")};`,
    ...each.map((r) => `let row${r} = min(row + ${r}u, ${rows - 1}u);`),
    ...each.map((r) => `let a${r} = baseA + ${offset(p.rows, p.rows.a, `row${r}`)};`),
    ...each.map((r) => `var sum${r} = ${vector}();`),
  ];
  if (vectors) {
    // Vectors along k, one for each row (or column); or along the rows (or columns), for each step of k as many as they fill.
    const along = (
      name: string,
      buffer: 0 | 1,
      base: string,
      count: number,
      layout: "free" | "contracted",
      step: number,
    ): string[] =>
      layout === "contracted"
        ? Array.from(
            { length: count },
            (_, r) => `  let ${name}${r} = ${memory.load(buffer, `(${base}${r} + k) / 4u`)};`,
          )
        : four.flatMap((s) =>
            Array.from({ length: count / 4 }, (_, part) => {
              const at = `(${base}${4 * part} + (k + ${s}u) * ${step}u) / 4u`;
              return `  let ${name}${s}${part === 0 ? "" : `_${part}`} = ${memory.load(buffer, at)};`;
            }),
          );
    // Element (r, s) of a and row s of b in the vectors as they were read.
    const a = (r: number, s: number): string =>
      layoutA === "contracted" ? `left${r}[${s}]` : `left${s}${r < 4 ? "" : "_1"}[${r % 4}]`;
    const b = (s: number): string =>
      layoutB === "free" ? `right${s}` : `${vector}(${four.map((c) => `right${c}[${s}]`).join(", ")})`;
    lines.push(
      ...four.map((c) => `let column${c} = column + ${c}u;`),
      ...four.map((c) => `let b${c} = baseB + ${offset(p.columns, p.columns.b, `column${c}`)};`),
      `for (var k = 0u; k < ${contracted}u; k += 4u) {`,
      ...along("left", 0, "a", high, layoutA, p.contracted.a[0] ?? 0),
      ...along("right", 1, "b", 4, layoutB, p.contracted.b[0] ?? 0),
      ...four.flatMap((s) => each.map((r) => `  sum${r} += ${a(r, s)} * ${b(s)};`)),
      "}",
    );
  } else
    lines.push(
      ...four.map((c) => `let column${c} = min(column + ${c}u, ${columns - 1}u);`),
      ...four.map((c) => `let b${c} = baseB + ${offset(p.columns, p.columns.b, `column${c}`)};`),
      `for (var k = 0u; k < ${contracted}u; k++) {`,
      `  let atA = ${offset(p.contracted, p.contracted.a, "k")};`,
      `  let atB = ${offset(p.contracted, p.contracted.b, "k")};`,
      `  let right = ${vector}(${four.map((c) => memory.load(1, `b${c} + atB`)).join(", ")});`,
      ...each.map((r) => `  sum${r} += ${memory.load(0, `a${r} + atA`)} * right;`),
      "}",
    );
  lines.push(`let y = batch * ${rows * columns}u + row * ${columns}u + column;`);
  for (const r of each) {
    const at = `y + ${r * columns}u`;
    const stores = vectors
      ? [memory.store(2, `(${at}) / 4u`, `sum${r}`)]
      : four.map((c) => {
          const text = memory.store(2, `${at} + ${c}u`, `sum${r}[${c}]`);
          return columns % TILE === 0 ? text : `if (column + ${c}u < ${columns}u) { ${text} }`;
        });
    lines.push(...(rows % high === 0 ? stores : [`if (row + ${r}u < ${rows}u) { ${stores.join(" ")} }`]));
  }
  const code = [
    `// ${kernel.name} ${rows} x ${contracted} x ${columns}`,
    memory.declarations(),
    mainFunction(SIDE * SIDE, lines),
  ].join("\n");
  return { code, groups: batches * tileRows * tileColumns };
}
