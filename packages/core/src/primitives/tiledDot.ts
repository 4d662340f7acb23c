import {
  type Expression,
  add,
  binary,
  compare,
  constant,
  div,
  int,
  load,
  mul,
  read,
  sub,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store } from "../kernel/kernel.js";
import { addProduct } from "../kernel/multiplyAdd.js";
import { index } from "../kernel/nest.js";
import type { MatrixProduct } from "../kernel/product.js";
import type { DType } from "../tensor/dtype.js";
import type { TensorType } from "../tensor/shape.js";
import { sizeOf } from "../tensor/shape.js";

/**
 * A tile of accumulators: 4 rows of two vectors. With two vectors of b, a splat of a and a product they are 12 of V8's 15 registers;
 * from 10 accumulators on it spills, at half the speed (measured).
 */
const tileRows = 4;
const vectorOf = (dtype: DType): number => (dtype === "f64" ? 2 : 4);
/** A panel of b (32 bytes a step of k) and one of a (16) stay in the first-level cache. Part of what a product means: it fixes the bits. */
export const blockContracted = 256;
/** Rows of a that are packed at once: half a megabyte of f32. */
const blockRows = 512;

/** Whether a product of this size is computed in tiles. It decides the order of summation, so strides must not matter. */
export function isWorthTiling({ dtype, rows, columns, contracted }: MatrixProduct): boolean {
  const [r, c, k] = [rows, columns, contracted].map((l) => sizeOf(l.sizes));
  const vector = vectorOf(dtype);
  const large = r >= 2 && k >= 2 && r * c * k >= 1024;
  return large && (c >= vector || (c > 1 && r >= 16)) && (dtype === "f32" || dtype === "f64");
}

export interface Tiled {
  /** Runs once, before all products of a batch. */
  readonly before: readonly Statement[];
  readonly body: readonly Statement[];
  readonly scratch: readonly TensorType[];
}

/**
 * The product one register tile at a time. Buffers: 0 a, 1 b, 2 y, then the scratch: packed panels where reading in place would be slow.
 * Each element is summed in the order of k within blocks of 256, and over the blocks in order, whatever the tile: rounding errors grow
 * with 256 + k / 256, not with k.
 */
export function tiledProduct(m: MatrixProduct, baseA: Expression, baseB: Expression, baseY: Expression): Tiled {
  const { dtype } = m;
  const [rows, columns, contracted] = [m.rows, m.columns, m.contracted].map((l) => sizeOf(l.sizes));
  const vector = vectorOf(dtype);
  const width = 2 * vector;
  const single = contracted <= blockContracted;
  const depth = Math.min(contracted, blockContracted);
  const scratch: TensorType[] = [];
  const allocate = (n: number, of: DType = dtype): number => scratch.push({ shape: [n], dtype: of }) + 2;

  // Positions along several axes come from a table that is made once.
  const before: Statement[] = [];
  const offsets = (sizes: readonly number[], strides: readonly number[]): ((i: Expression) => Expression) => {
    if (sizes.length < 2) return (i) => mul(i, int(strides.at(0) ?? 0));
    const table = allocate(sizeOf(sizes), "i32");
    const at = sizes.map((_, i) => index(`t${i}`));
    const dot = (s: readonly number[]) => at.reduce((sum, i, k) => add(sum, mul(read(i), int(s[k]))), int(0));
    const inner = sizes.map((_, i) => sizeOf(sizes.slice(i + 1)));
    before.push(
      ...sizes.reduceRight<Statement[]>(
        (body, n, i) => [forLoop(at[i], n, body)],
        [store(table, dot(inner), dot(strides))],
      ),
    );
    return (i) => load("i32", table, i);
  };
  const rowAt = offsets(m.rows.sizes, m.rows.a);
  const columnAt = offsets(m.columns.sizes, m.columns.b);
  const leftAt = offsets(m.contracted.sizes, m.contracted.a);
  const rightAt = offsets(m.contracted.sizes, m.contracted.b);
  const one = m.contracted.sizes.length < 2;
  const stepA = m.contracted.a.at(0) ?? 0;
  const stepB = m.contracted.b.at(0) ?? 0;
  // Columns that lie side by side within an axis of this length.
  const run = m.columns.b.at(-1) === 1 ? m.columns.sizes[m.columns.sizes.length - 1] : 0;

  // What is read few times, or fits the first-level cache, is read in place.
  const bytes = dtype === "f64" ? 8 : 4;
  const packA =
    !one || columns > 16 * width || (stepA !== 1 && columns > 4 * width && contracted * rows * bytes > 16384);
  const packB = !one || run !== columns || (rows > 4 * tileRows && contracted * columns * bytes > 32768);
  const packedA = packA ? allocate(Math.min(Math.ceil(rows / tileRows) * tileRows, blockRows) * depth) : 0;
  let packedB = packB ? allocate(width * depth) : 0;
  let spare = 0;

  const [i, j, block] = ["i", "j", "block"].map(index);
  const whole = rows - (rows % tileRows);
  const many = packA ? blockRows : whole;
  const start = mul(read(block), int(many));
  const body = [
    ...(single
      ? []
      : [
          forLoop(i, rows, [
            forLoop(
              j,
              columns,
              [store(2, add(baseY, add(mul(read(i), int(columns)), read(j))), constant(dtype, 0))],
              "lanes",
            ),
          ]),
        ]),
    ...(whole === 0
      ? []
      : whole <= many
        ? stripe(int(0), int(whole / tileRows), tileRows)
        : [
            forLoop(
              block,
              Math.ceil(whole / many),
              stripe(start, div(binary("min", int(many), sub(int(whole), start)), int(tileRows)), tileRows),
            ),
          ]),
    ...(whole < rows ? stripe(int(whole), int(1), rows - whole) : []),
  ];
  return { before, body, scratch };

  /** `panels` panels of `height` rows from row `first`. */
  function stripe(first: Expression, panels: Expression, height: number): Statement[] {
    const [kBlock, k0, blockDepth, panel, k] = ["kBlock", "k0", "depth", "panel", "k"].map(index);
    const from = single ? int(0) : read(k0);
    const deep = read(blockDepth);
    const panelStart = mul(read(panel), mul(deep, int(height)));
    const heights = Array.from({ length: height }, (_, r) => r);
    const row = (p: Expression, r: number): Expression => add(first, add(mul(p, int(height)), int(r)));
    const bases = heights.map((r) => index(`row${r}`));
    const setBases = (p: Expression): Statement[] => heights.map((r) => assign(bases[r], add(baseA, rowAt(row(p, r)))));
    const rest = columns % width;
    const panelColumns = index("columnPanel");
    const wide = Math.floor(columns / width);
    const column = mul(read(panelColumns), int(width));
    // The last columns: a narrower tile, which overlaps its neighbour, or (where what is there is added to) is partly thrown away.
    const narrow = Math.ceil(rest / vector) * vector;
    const at = index("at");
    const last =
      rest === 0
        ? []
        : single && columns >= narrow
          ? across(int(columns - narrow), narrow, narrow)
          : across(int(columns - rest), narrow, rest);
    const work = [
      ...(packA
        ? [
            forLoop(panel, panels, [
              ...setBases(read(panel)),
              forLoop(k, deep, [
                assign(at, leftAt(add(from, read(k)))),
                ...heights.map((r) =>
                  store(
                    packedA,
                    add(add(panelStart, mul(read(k), int(height))), int(r)),
                    load(dtype, 0, add(read(bases[r]), read(at))),
                  ),
                ),
              ]),
            ]),
          ]
        : []),
      ...(wide > 1
        ? [forLoop(panelColumns, wide, across(column, width, width))]
        : wide === 1
          ? across(int(0), width, width)
          : []),
      ...last,
    ];
    if (single) return [assign(blockDepth, int(contracted)), ...work];
    return [
      forLoop(kBlock, Math.ceil(contracted / blockContracted), [
        assign(k0, mul(read(kBlock), int(blockContracted))),
        assign(blockDepth, binary("min", int(blockContracted), sub(int(contracted), read(k0)))),
        ...work,
      ]),
    ];

    /** A tile of `count` columns from `column`, of which `real` are there. */
    function across(column: Expression, count: number, real: number): Statement[] {
      const [lane, l, p, ok] = ["lane", "l", "p", "ok"].map(index);
      const packs = packB || real < count;
      if (packs && packedB === 0) packedB = allocate(width * depth);
      const discards = real < count;
      if (discards && spare === 0) spare = allocate(tileRows * width);
      const slot = (c: Expression): Expression => add(mul(read(k), int(count)), c);
      const setStep = assign(ok, rightAt(add(from, read(k))));
      const lanes = Array.from({ length: count }, (_, c) => index(`column${c}`));
      /** Packs columns that lie side by side in runs of `length` at least, each with a base of its own. */
      const inRuns = (length: number): Statement[] => {
        const starts = Array.from({ length: count / length }, (_, c) => index(`c${c}`));
        return [
          ...starts.map((start, c) => assign(start, add(baseB, columnAt(add(column, int(c * length)))))),
          forLoop(k, deep, [
            setStep,
            ...starts.map((start, c) =>
              forLoop(
                lane,
                length,
                [
                  store(
                    packedB,
                    slot(add(int(c * length), read(lane))),
                    load(dtype, 1, add(add(read(start), read(ok)), read(lane))),
                  ),
                ],
                "lanes",
              ),
            ),
          ]),
        ];
      };
      const sideBySide = inRuns(count);
      const apart = [
        ...lanes.slice(0, real).map((local, c) => assign(local, add(baseB, columnAt(add(column, int(c)))))),
        forLoop(k, deep, [
          setStep,
          ...lanes.map((local, c) =>
            store(packedB, slot(int(c)), c < real ? load(dtype, 1, add(read(local), read(ok))) : constant(dtype, 0)),
          ),
        ]),
      ];
      const pack = !packs
        ? []
        : run < count || real < count
          ? apart
          : run === columns
            ? sideBySide
            : run % vector === 0
              ? inRuns(vector)
              : [ifElse(compare("le", binary("rem", column, int(run)), int(run - count)), sideBySide, apart)];

      const sums = heights.map((r) => ({ name: `sum${r}`, dtype }));
      const lefts = heights.map((r) => ({ name: `a${r}`, dtype }));
      const right = { name: "b", dtype };
      const out = (r: number): Expression => add(add(baseY, mul(row(read(p), r), int(columns))), column);
      const left = mul(read(p), mul(deep, int(height)));
      const a = (r: number): Expression =>
        packA
          ? load(dtype, packedA, add(add(left, int(r)), mul(read(l), int(height))))
          : load(dtype, 0, add(add(read(bases[r]), mul(from, int(stepA))), mul(read(l), int(stepA))));
      const b = packs
        ? load(dtype, packedB, add(read(lane), mul(read(l), int(count))))
        : load(
            dtype,
            1,
            add(add(add(baseB, mul(from, int(stepB))), add(column, read(lane))), mul(read(l), int(stepB))),
          );
      const tile = forLoop(
        lane,
        count,
        [
          ...sums.map((sum) => assign(sum, constant(dtype, 0))),
          forLoop(l, deep, [
            assign(right, b),
            ...heights.flatMap((r) => [
              assign(lefts[r], a(r)),
              assign(sums[r], addProduct(read(sums[r]), read(lefts[r]), read(right))),
            ]),
          ]),
          ...heights.map((r) => {
            if (discards) return store(spare, add(int(r * count), read(lane)), read(sums[r]));
            const to = add(out(r), read(lane));
            return store(2, to, single ? read(sums[r]) : add(load(dtype, 2, to), read(sums[r])));
          }),
        ],
        "lanes",
      );
      const keep = heights.map((r) => {
        const to = add(out(r), read(lane));
        const value = load(dtype, spare, add(int(r * count), read(lane)));
        return store(2, to, single ? value : add(load(dtype, 2, to), value));
      });
      return [
        ...pack,
        forLoop(p, panels, [
          ...(packA ? [] : setBases(read(p))),
          tile,
          ...(discards ? [forLoop(lane, real, keep)] : []),
        ]),
      ];
    }
  }
}
