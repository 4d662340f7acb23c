import { type Expression, add, int, load, mul, read } from "../../kernel/expression.js";
import { type Kernel, type Statement, forLoop, store } from "../../kernel/kernel.js";
import { index } from "../../kernel/nest.js";
import type { BatchedProduct, Loops } from "../../kernel/product.js";
import { sizeOf } from "../../tensor/shape.js";

/** Rows and columns that a thread computes at least. */
export const TILE = 4;
/** Fewer elements than these leave most of a GPU idle: each is the sum of many threads then. */
const FEWEST = 2048;

/** The same of a workgroup that brings them into its memory, and steps of k that it brings at a time. */
export const SHARED_TILE = 64;
export const SHARED_DEPTH = 16;
/** Fewer tiles of that size leave processors idle that smaller ones keep busy. */
const FEWEST_SHARED = 64;
/** Elements that are some workgroups of 64 threads with 64 each, and multiplications whose time is worth that of compiling larger shaders. */
const FEWEST_WIDE = 2 ** 14;
const MOST_SMALL = 2 ** 22;

/** How many products there are, and the rows, columns and contracted elements of each. */
export const sizesOf = (p: BatchedProduct): [number, number, number, number] => [
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

/**
 * How the work of a product is cut: `registers`, 4 x 4 elements a thread (8 x 4 in large ones); `shared`, tiles that are large and many enough to be brought into workgroup memory; `wide`,
 * 8 x 8 a thread without it, where a CPU plays the GPU: it has few processors to keep busy, its loads cost as much as its arithmetic, and its barriers more.
 */
export type Tiling = "registers" | "shared" | "wide";
export type TiledProduct = BatchedProduct & { readonly tiling: Tiling };

export function tilingOf(p: BatchedProduct, barriers: boolean): Tiling {
  const [batch, rows, columns, contracted] = sizesOf(p);
  if (!barriers) {
    const elements = rows % 8 === 0 && columns % 8 === 0 ? batch * rows * columns : 0;
    return elements >= FEWEST_WIDE && elements * contracted >= MOST_SMALL ? "wide" : "registers";
  }
  const tiles = batch * Math.ceil(rows / SHARED_TILE) * Math.ceil(columns / SHARED_TILE);
  const filled = rows >= SHARED_TILE && columns >= SHARED_TILE && contracted >= SHARED_DEPTH;
  return filled && tiles >= FEWEST_SHARED ? "shared" : "registers";
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
    product: p,
    body: outer.reduceRight<Statement[]>((inside, { size, local }) => [forLoop(local, size, inside, "parallel")], body),
  };
}
