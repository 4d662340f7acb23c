import type { Kernel } from "../../kernel/kernel.js";
import type { BatchedProduct, Loops } from "../../kernel/product.js";
import { type Along, inFours, offset } from "./factors.js";
import { finishOf, storesOf } from "./finish.js";
import { SHARED_DEPTH, SHARED_TILE, sizesOf } from "./product.js";
import { type Layout, type Shader, ShaderMemory, mainFunction, wgslType } from "./shader.js";

/*
 * Large products of matrices, through workgroup memory. A workgroup of 8 x 8 threads computes 64 x 64 elements, each thread 8 x 8 of them in 16 vectors. For each
 * 16 steps of k the threads bring 64 x 16 elements of a and of b, 4 vectors each a thread, and then read them from workgroup memory: for each k four vectors for
 * 64 multiply-adds. From storage come 8 KiB for 131,072 operations, 16 a byte, twice as many as without (productShader.ts), whatever the caches do; and what has
 * to be gathered, as the windows of a convolution are, is gathered once for all 64 rows or columns that it meets. About 100 registers a thread and 8.5 KiB a workgroup
 * leave room for some eight workgroups on a processor.
 */
const SIDE = 8;
/** Vectors from one step of k to the next in workgroup memory: one more than there are, so that neighbours in k lie in different banks. */
const PITCH = SHARED_TILE / 4 + 1;
const four = [0, 1, 2, 3] as const;
const eight = [0, 1, 2, 3, 4, 5, 6, 7] as const;

/** @param aligned whether all buffers start at multiples of four elements. */
export function sharedProductShader(kernel: Kernel, p: BatchedProduct, layout: Layout, aligned: boolean): Shader {
  const [batches, rows, columns, contracted] = sizesOf(p);
  const fours = inFours(p, aligned);
  const memory = new ShaderMemory(kernel.buffers, layout, fours !== undefined);
  const vector = `vec4<${wgslType[p.dtype]}>`;
  const tileRows = Math.ceil(rows / SHARED_TILE);
  const tileColumns = Math.ceil(columns / SHARED_TILE);

  /** Brings the tile of a factor: `first` is its first row or column, `start` the first k. */
  const bring = (buffer: 0 | 1, free: Loops, size: number, first: string, along: Along | undefined): string[] => {
    const factor = (["a", "b"] as const)[buffer];
    const tile = `tile${buffer}`;
    const base = `base${buffer}`;
    const at = (i: string, k: string): string =>
      `${base} + ${offset(free, free[factor], i)} + ${offset(p.contracted, p.contracted[factor], k)}`;
    const inside = (i: string): string => `min(${i}, ${size - 1}u)`;
    // Four k of four rows each, turned round.
    if (along === "contracted")
      return [
        "let quad = thread / 4u;",
        "let step = thread % 4u * 4u;",
        "let k = start + step;",
        ...four.map((i) => `var line${i} = ${vector}();`),
        `if (k < ${contracted}u) {`,
        ...four.map((i) => `  let i${i} = ${inside(`${first} + quad * 4u + ${i}u`)};`),
        ...four.map((i) => `  line${i} = ${memory.load(buffer, `(${at(`i${i}`, "k")}) / 4u`)};`),
        "}",
        ...four.map(
          (s) =>
            `${tile}[(step + ${s}u) * ${PITCH}u + quad] = ${vector}(${four.map((i) => `line${i}[${s}]`).join(", ")});`,
        ),
      ];
    // Four neighbours at one k, four times.
    const neighbours =
      along === "free"
        ? [`  value = ${memory.load(buffer, `(${at("i", "k")}) / 4u`)};`]
        : four.flatMap((c) => [
            `  let i${c} = ${inside(`i + ${c}u`)};`,
            `  value[${c}] = ${memory.load(buffer, at(`i${c}`, "k"))};`,
          ]);
    return [
      "let quad = thread % 16u;",
      `let i = ${along === "free" ? inside(`${first} + quad * 4u`) : `${first} + quad * 4u`};`,
      `for (var step = thread / 16u; step < ${SHARED_DEPTH}u; step += 4u) {`,
      "  let k = start + step;",
      `  var value = ${vector}();`,
      `  if (k < ${contracted}u) {`,
      ...neighbours.map((line) => `  ${line}`),
      "  }",
      `  ${tile}[step * ${PITCH}u + quad] = value;`,
      "}",
    ];
  };
  const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
  const block = (lines: readonly string[]): string[] => ["{", ...indented(lines), "}"];
  const finish = finishOf(kernel, p, memory, fours !== undefined);
  const lines = [
    ...memory.offsets(),
    `let tile = group % ${tileRows * tileColumns}u;`,
    `let batch = group / ${tileRows * tileColumns}u;`,
    `let firstRow = tile / ${tileColumns}u * ${SHARED_TILE}u;`,
    `let firstColumn = tile % ${tileColumns}u * ${SHARED_TILE}u;`,
    `let base0 = ${offset(p.batch, p.batch.a, "batch")};`,
    `let base1 = ${offset(p.batch, p.batch.b, "batch")};`,
    ...eight.flatMap((r) => [`var left${r} = ${vector}();`, `var right${r} = ${vector}();`]),
    `let across = thread / ${SIDE}u;`,
    `let along = thread % ${SIDE}u;`,
    `for (var start = 0u; start < ${contracted}u; start += ${SHARED_DEPTH}u) {`,
    ...indented([
      ...block(bring(0, p.rows, rows, "firstRow", fours?.a)),
      ...block(bring(1, p.columns, columns, "firstColumn", fours?.b)),
      "workgroupBarrier();",
      `for (var k = 0u; k < ${SHARED_DEPTH * PITCH}u; k += ${PITCH}u) {`,
      "  let a0 = tile0[k + across * 2u];",
      "  let a1 = tile0[k + across * 2u + 1u];",
      // The columns of a thread are two fours far apart: its neighbours read the vectors beside.
      "  let b0 = tile1[k + along];",
      `  let b1 = tile1[k + along + ${SIDE}u];`,
      ...eight.flatMap((r) => {
        const a = `a${r >> 2}[${r & 3}]`;
        return [`  left${r} += ${a} * b0;`, `  right${r} += ${a} * b1;`];
      }),
      "}",
      "workgroupBarrier();",
    ]),
    "}",
    `let row = firstRow + across * ${SIDE}u;`,
    ...(["left", "right"] as const).flatMap((side, q) => [
      "{",
      `  let column = firstColumn + ${q * (SHARED_TILE / 2)}u + along * 4u;`,
      `  if (row < ${rows}u && column < ${columns}u) {`,
      ...storesOf(
        finish,
        p,
        fours !== undefined,
        eight.map((r) => ({ row: r, column: 0, sum: `${side}${r}` })),
      ).map((line) => `    ${line}`),
      "  }",
      "}",
    ]),
  ];
  const code = [
    `// ${kernel.name} ${rows} x ${contracted} x ${columns}, through workgroup memory`,
    memory.declarations(),
    `var<workgroup> tile0: array<${vector}, ${SHARED_DEPTH * PITCH}>;`,
    `var<workgroup> tile1: array<${vector}, ${SHARED_DEPTH * PITCH}>;`,
    ...finish.functions,
    mainFunction(SIDE * SIDE, lines, batches * tileRows * tileColumns),
  ].join("\n");
  return { code, groups: batches * tileRows * tileColumns };
}
