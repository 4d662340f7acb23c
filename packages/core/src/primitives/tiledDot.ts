import {
  type Expression,
  add,
  compare,
  constant,
  div,
  int,
  load,
  mul,
  read,
  select,
  sub,
} from "../kernel/expression.js";
import { type Statement, assign, forLoop, store } from "../kernel/kernel.js";
import { index } from "../kernel/nest.js";
import type { DType } from "../tensor/dtype.js";

/** y[i, j] = sum over k of a[i, k] b[k, j], y row-major; operands with any strides. */
export interface MatrixProduct {
  readonly dtype: DType;
  readonly rows: number;
  readonly columns: number;
  readonly contracted: number;
  /** Strides of a along i and k, of b along k and j. */
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/** Tile of accumulators: 8 vectors. With a row of b, a splat of a and a product they are 12 of V8's 15 registers; from 10 on it spills, at half the speed (measured). */
const tileRows = 4;
const tileColumns = (dtype: DType): number => (dtype === "f64" ? 4 : 8);
/** A panel of b (32 bytes a step of k) and one of a (16) stay in the first-level cache. Part of what a product means: it fixes the bits. */
const blockContracted = 256;
/** Rows of a that are packed at once: half a megabyte of f32. */
const blockRows = 512;

/** Below this packing costs more than it saves. */
export const isWorthTiling = ({ dtype, rows, columns, contracted }: MatrixProduct): boolean =>
  rows >= 2 * tileRows && columns >= tileColumns(dtype) && contracted >= 8 && rows * columns * contracted >= 32768;

/** Elements of the two scratch buffers: packed panels of a, and one of b. */
export function packedSizes({ dtype, rows, contracted }: MatrixProduct): [number, number] {
  const depth = Math.min(contracted, blockContracted);
  return [Math.min(rows, blockRows) * depth, tileColumns(dtype) * depth];
}

const least = (x: Expression, y: Expression): Expression => select(compare("lt", x, y), x, y);

/**
 * The product from packed panels, one register tile at a time. Buffers: 0 a, 1 b, 2 y, 3 and 4 the scratch.
 * Each element is summed in the order of k within blocks of 256, and over the blocks in order, whatever the tile: rounding errors grow
 * with 256 + k / 256, not with k.
 */
export function tiledProduct(m: MatrixProduct, baseA: Expression, baseB: Expression, baseY: Expression): Statement[] {
  const { dtype, rows, columns, contracted } = m;
  const width = tileColumns(dtype);
  const j = index("j");
  const i = index("i");
  const whole = rows - (rows % tileRows);
  const block = index("block");
  const start = mul(read(block), int(blockRows));
  return [
    forLoop(i, rows, [
      forLoop(
        j,
        columns,
        [store(2, add(baseY, add(mul(read(i), int(columns)), read(j))), constant(dtype, 0))],
        "lanes",
      ),
    ]),
    forLoop(block, Math.ceil(whole / blockRows), [
      ...stripe(start, div(least(int(blockRows), sub(int(whole), start)), int(tileRows)), tileRows),
    ]),
    ...(whole < rows ? stripe(int(whole), int(1), rows - whole) : []),
  ];

  /** `panels` panels of `height` rows from row `first`. */
  function stripe(first: Expression, panels: Expression, height: number): Statement[] {
    const [kBlock, k0, depth, panel] = ["kBlock", "k0", "depth", "panel"].map(index);
    const [r, k] = [index("r"), index("k")];
    const at = (k: Expression): Expression => mul(add(read(k0), k), int(m.a[1]));
    const panelStart = mul(read(panel), mul(read(depth), int(height)));
    const packA = forLoop(panel, panels, [
      forLoop(r, height, [
        forLoop(k, read(depth), [
          store(
            3,
            add(add(panelStart, read(r)), mul(read(k), int(height))),
            load(
              dtype,
              0,
              add(add(baseA, mul(add(first, add(mul(read(panel), int(height)), read(r))), int(m.a[0]))), at(read(k))),
            ),
          ),
        ]),
      ]),
    ]);
    const columnPanel = index("columnPanel");
    const rest = columns % width;
    return [
      forLoop(kBlock, Math.ceil(contracted / blockContracted), [
        assign(k0, mul(read(kBlock), int(blockContracted))),
        assign(depth, least(int(blockContracted), sub(int(contracted), read(k0)))),
        packA,
        forLoop(columnPanel, Math.floor(columns / width), across(mul(read(columnPanel), int(width)), width)),
        ...(rest > 0 ? across(int(columns - rest), rest) : []),
      ]),
    ];

    /** The columns from `column`, as many as a tile is wide. */
    function across(column: Expression, count: number): Statement[] {
      const lane = index("lane");
      const [k, l, p] = [index("k"), index("l"), index("p")];
      const packB = forLoop(k, read(depth), [
        forLoop(
          lane,
          count,
          [
            store(
              4,
              add(mul(read(k), int(count)), read(lane)),
              load(
                dtype,
                1,
                add(
                  add(baseB, mul(add(read(k0), read(k)), int(m.b[0]))),
                  add(mul(column, int(m.b[1])), mul(read(lane), int(m.b[1]))),
                ),
              ),
            ),
          ],
          "lanes",
        ),
      ]);
      const heights = Array.from({ length: height }, (_, r) => r);
      const sums = heights.map((r) => ({ name: `sum${r}`, dtype }));
      const lefts = heights.map((r) => ({ name: `a${r}`, dtype }));
      const right = { name: "b", dtype };
      const out = (r: number): Expression =>
        add(add(baseY, mul(add(first, add(mul(read(p), int(height)), int(r))), int(columns))), add(column, read(lane)));
      const left = mul(read(p), mul(read(depth), int(height)));
      const tile = forLoop(
        lane,
        count,
        [
          ...heights.map((r) => assign(sums[r], constant(dtype, 0))),
          forLoop(l, read(depth), [
            assign(right, load(dtype, 4, add(read(lane), mul(read(l), int(count))))),
            ...heights.flatMap((r) => [
              assign(lefts[r], load(dtype, 3, add(add(left, int(r)), mul(read(l), int(height))))),
              assign(sums[r], add(read(sums[r]), mul(read(lefts[r]), read(right)))),
            ]),
          ]),
          ...heights.map((r) => store(2, out(r), add(load(dtype, 2, out(r)), read(sums[r])))),
        ],
        "lanes",
      );
      return [packB, forLoop(p, panels, [tile])];
    }
  }
}
