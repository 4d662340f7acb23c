import type { Kernel } from "../../kernel/kernel.js";
import { type Along, inFours, offset } from "./factors.js";
import { finishOf, storesOf } from "./finish.js";
import { TILE, type TiledProduct, sizesOf } from "./product.js";
import { type Layout, type Shader, ShaderMemory, mainFunction, wgslType } from "./shader.js";

/*
 * Products of matrices. Each thread computes 4 x 4 elements in 16 registers: for each four steps of k it reads four vectors of four from a and four
 * from b, 64 multiply-adds for 32 words, which the neighbours in its workgroup of 8 x 8 threads read too, so that they come from the cache: a workgroup computes
 * 32 x 32 elements. Workgroup memory would save the caches traffic, at two barriers for each step; published kernels reach half of a GPU's peak without it.
 * 64 threads of about 40 registers leave room for 16 or more workgroups on a processor. `wide` ones are of 8 x 8, 16 vectors for 256 multiply-adds.
 */
const SIDE = 8;
/** From so many elements on a thread takes 8 rows of them: twelve vectors for 128 multiply-adds. Smaller products would leave too many threads idle. */
const LARGE = 2 ** 17;

const four = [0, 1, 2, 3] as const;
const eight = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** @param aligned whether all buffers start at multiples of four elements. */
export function productShader(kernel: Kernel, p: TiledProduct, layout: Layout, aligned: boolean): Shader {
  const [batches, rows, columns, contracted] = sizesOf(p);
  const fours = inFours(p, aligned);
  const vectors = fours !== undefined;
  const memory = new ShaderMemory(kernel.buffers, layout, vectors);
  const element = wgslType[p.dtype];
  const vector = `vec4<${element}>`;
  const wide = p.tiling === "wide";
  const high = wide || (batches * rows * columns >= LARGE && rows % 8 === 0) ? 8 : TILE;
  const each = eight.slice(0, high);
  /** Vectors of four columns. */
  const parts = wide ? [0, 1] : [0];
  const width = 4 * parts.length;
  const tileRows = Math.ceil(rows / (high * SIDE));
  const tileColumns = Math.ceil(columns / (width * SIDE));
  const lines = [
    ...memory.offsets(),
    `let tile = group % ${tileRows * tileColumns}u;`,
    `let batch = group / ${tileRows * tileColumns}u;`,
    `let row = (tile / ${tileColumns}u) * ${high * SIDE}u + (thread / ${SIDE}u) * ${high}u;`,
    `let column = (tile % ${tileColumns}u) * ${width * SIDE}u + (thread % ${SIDE}u) * ${width}u;`,
    // There are no barriers: threads beyond the edge have nothing to do.
    `if (row >= ${rows}u || column >= ${columns}u) { return; }`,
    `let baseA = ${offset(p.batch, p.batch.a, "batch")};`,
    `let baseB = ${offset(p.batch, p.batch.b, "batch")};`,
    ...each.map((r) => `let row${r} = min(row + ${r}u, ${rows - 1}u);`),
    ...each.map((r) => `let a${r} = baseA + ${offset(p.rows, p.rows.a, `row${r}`)};`),
    ...eight
      .slice(0, width)
      .flatMap((c) => [
        `let column${c} = ${vectors ? `column + ${c}u` : `min(column + ${c}u, ${columns - 1}u)`};`,
        `let b${c} = baseB + ${offset(p.columns, p.columns.b, `column${c}`)};`,
      ]),
    ...each.flatMap((r) => parts.map((q) => `var sum${r}_${q} = ${vector}();`)),
  ];
  if (fours !== undefined) {
    // Steps of k at a time: as many as there are in a vector, or one that fills the registers.
    const steps = wide && fours.a === "free" && fours.b === "free" ? four.slice(0, 1) : four;
    // Vectors along k, one for each row (or column); or along the rows (or columns), for each step of k as many as they fill.
    const along = (name: string, buffer: 0 | 1, base: string, count: number, layout: Along, step: number): string[] =>
      layout === "contracted"
        ? Array.from(
            { length: count },
            (_, r) => `  let ${name}${r} = ${memory.load(buffer, `(${base}${r} + k) / 4u`)};`,
          )
        : steps.flatMap((s) =>
            Array.from({ length: count / 4 }, (_, part) => {
              const at = `(${base}${4 * part} + (k + ${s}u) * ${step}u) / 4u`;
              return `  let ${name}${s}${part === 0 ? "" : `_${part}`} = ${memory.load(buffer, at)};`;
            }),
          );
    // Element (r, s) of a and row s of b in the vectors as they were read.
    const a = (r: number, s: number): string =>
      fours.a === "contracted" ? `left${r}[${s}]` : `left${s}${r < 4 ? "" : "_1"}[${r % 4}]`;
    const b = (s: number, q: number): string =>
      fours.b === "free"
        ? `right${s}${q === 0 ? "" : "_1"}`
        : `${vector}(${four.map((c) => `right${4 * q + c}[${s}]`).join(", ")})`;

    lines.push(
      `for (var k = 0u; k < ${contracted}u; k += ${steps.length}u) {`,
      ...along("left", 0, "a", high, fours.a, p.contracted.a[0] ?? 0),
      ...along("right", 1, "b", width, fours.b, p.contracted.b[0] ?? 0),
      ...steps.flatMap((s) => parts.flatMap((q) => each.map((r) => `  sum${r}_${q} += ${a(r, s)} * ${b(s, q)};`))),
      "}",
    );
  } else {
    const b = (q: number): string[] => four.map((c) => memory.load(1, `b${4 * q + c} + atB`));
    lines.push(
      `for (var k = 0u; k < ${contracted}u; k++) {`,
      `  let atA = ${offset(p.contracted, p.contracted.a, "k")};`,
      `  let atB = ${offset(p.contracted, p.contracted.b, "k")};`,
      ...parts.map((q) => `  let right${q} = ${vector}(${b(q).join(", ")});`),
      ...each.flatMap((r) => [
        `  let left${r} = ${memory.load(0, `a${r} + atA`)};`,
        ...parts.map((q) => `  sum${r}_${q} += left${r} * right${q};`),
      ]),
      "}",
    );
  }
  const finish = finishOf(kernel, p, memory, vectors);
  const sums = each.flatMap((r) => parts.map((q) => ({ row: r, column: 4 * q, sum: `sum${r}_${q}` })));
  if (!wide) lines.push(...storesOf(finish, p, vectors, sums));
  // One after the other: what a store takes is compiled once.
  else
    lines.push(
      `var sums = array<${vector}, ${sums.length}>(${sums.map(({ sum }) => sum).join(", ")});`,
      `for (var i = 0u; i < ${sums.length}u; i++) {`,
      "  let sum = sums[i];",
      "  let row = row + i / 2u;",
      "  let column = column + i % 2u * 4u;",
      ...storesOf(finish, p, vectors, [{ row: 0, column: 0, sum: "sum" }]).map((line) => `  ${line}`),
      "}",
    );
  const code = [
    `// ${kernel.name} ${rows} x ${contracted} x ${columns}${wide ? ", eight by eight" : ""}`,
    memory.declarations(),
    ...finish.functions,
    mainFunction(SIDE * SIDE, lines, batches * tileRows * tileColumns),
  ].join("\n");
  return { code, groups: batches * tileRows * tileColumns };
}
