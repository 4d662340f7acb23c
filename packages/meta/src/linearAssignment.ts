import { Tensor } from "@cotangent/core";

export interface Assignment {
  /** columns[i] is the column given to row i: a permutation of 0 ... n - 1. */
  readonly columns: number[];
  /** Sum of cost[i][columns[i]]. */
  readonly cost: number;
}

/**
 * Gives each row of a square cost matrix a column of its own so that the total cost is least, in O(n^3): the Hungarian
 * method with shortest augmenting paths. Computes in f64; not differentiable (`sinkhorn` is).
 *
 * ```ts
 * linearAssignment([[4, 1, 3], [2, 0, 5], [3, 2, 2]]); // { columns: [1, 0, 2], cost: 5 }
 * ```
 *
 * @param cost [n, n], rows of numbers or a tensor; Infinity (-Infinity when maximizing) forbids a pair
 * @param options maximize: true to look for the largest total
 * @throws RangeError when the matrix is not square, holds NaN, or every assignment meets a forbidden pair
 * @see Kuhn (1955), Naval Research Logistics Quarterly 2; Jonker and Volgenant (1987), Computing 38
 */
export function linearAssignment(
  cost: Tensor | readonly ArrayLike<number>[],
  options: { readonly maximize?: boolean } = {},
): Assignment {
  const sign = options.maximize === true ? -1 : 1;
  const rows = cost instanceof Tensor ? tensorRows(cost) : cost;
  const n = checkSquare(rows, sign);
  // Rows and columns count from 1; column 0 is where each search starts. u_i + v_j <= c_ij, and equal on assigned pairs.
  const u = new Float64Array(n + 1);
  const v = new Float64Array(n + 1);
  const rowOf = new Int32Array(n + 1);
  const previous = new Int32Array(n + 1);
  for (let start = 1; start <= n; start++) {
    rowOf[0] = start;
    const slack = new Float64Array(n + 1).fill(Infinity);
    const visited = new Uint8Array(n + 1);
    let column = 0;
    // Dijkstra's search, with reduced costs as lengths, for the cheapest path of swaps that ends at a free column.
    while (rowOf[column] !== 0 || column === 0) {
      visited[column] = 1;
      const row = rowOf[column];
      let nearest = 0;
      let delta = Infinity;
      for (let j = 1; j <= n; j++) {
        if (visited[j] === 1) continue;
        const reduced = sign * rows[row - 1][j - 1] - u[row] - v[j];
        if (reduced < slack[j]) {
          slack[j] = reduced;
          previous[j] = column;
        }
        if (slack[j] < delta) {
          delta = slack[j];
          nearest = j;
        }
      }
      if (nearest === 0)
        throw new RangeError(
          `linearAssignment: rows 0 to ${start - 1} cannot all get a column without a forbidden (infinite) pair. Allow more pairs.`,
        );
      for (let j = 0; j <= n; j++)
        if (visited[j] === 1) {
          u[rowOf[j]] += delta;
          v[j] -= delta;
        } else slack[j] -= delta;
      column = nearest;
    }
    // Along the path each column takes the row of the column before it.
    while (column !== 0) {
      rowOf[column] = rowOf[previous[column]];
      column = previous[column];
    }
  }
  const columns = Array<number>(n);
  for (let j = 1; j <= n; j++) columns[rowOf[j] - 1] = j - 1;
  return { columns, cost: columns.reduce((total, j, i) => total + rows[i][j], 0) };
}

function tensorRows(cost: Tensor): number[][] {
  if (cost.ndim !== 2)
    throw new RangeError(
      `linearAssignment: the cost is a tensor of shape [${cost.shape.join(", ")}], expected [n, n]. Pass one matrix at a time.`,
    );
  return cost.toArray() as number[][];
}

function checkSquare(rows: readonly ArrayLike<number>[], sign: number): number {
  rows.forEach((row, i) => {
    if (row.length !== rows.length)
      throw new RangeError(
        `linearAssignment: row ${i} has ${row.length} costs, expected ${rows.length}, as many as there are rows. Pad with a constant.`,
      );
    for (let j = 0; j < row.length; j++)
      if (Number.isNaN(row[j]) || row[j] === -sign * Infinity)
        throw new RangeError(
          `linearAssignment: cost[${i}][${j}] is ${row[j]}, expected a number. Use ${sign * Infinity} to forbid a pair.`,
        );
  });
  return rows.length;
}
