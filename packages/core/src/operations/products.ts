import { broadcast, reshape } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import { concat } from "../primitives/shape.js";
import { describe, normalizeAxis, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { mul } from "./arithmetic.js";
import { flip } from "./shape.js";
import { checkTensor, countable, promote } from "./promote.js";
import { full } from "./creation.js";

/**
 * The sum of products over axes of a and b: the last `axes` of a with the first of b (default 2; 0 is the outer product), or pairs
 * [axes of a, axes of b]. Then a's other axes, then b's.
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  axes: number | readonly [number | readonly number[], number | readonly number[]] = 2,
): Tensor {
  checkTensor("tensordot", "a", a);
  checkTensor("tensordot", "b", b);
  const [x, y] = promote("tensordot", [a, b]).map(countable);
  if (typeof axes === "number" && !(Number.isInteger(axes) && axes >= 0 && axes <= Math.min(x.ndim, y.ndim)))
    throw new RangeError(`tensordot: axes is ${axes} for ${describe(x)} and ${describe(y)}.`);
  if (typeof axes !== "number" && !(Array.isArray(axes) && axes.length === 2))
    throw new TypeError(`tensordot: axes are ${typeof axes}, expected a number or [axes of a, axes of b].`);
  const [p, q] = typeof axes === "number" ? [range(axes, x.ndim - axes), range(axes)] : axes;
  const contractA = [p].flat().map((i) => normalizeAxis("tensordot", i, x.ndim));
  const contractB = [q].flat().map((i) => normalizeAxis("tensordot", i, y.ndim));
  if (contractA.length !== contractB.length || contractA.some((i, k) => x.shape[i] !== y.shape[contractB[k]]))
    throw new RangeError(
      `tensordot: axes [${contractA.join(", ")}] of ${describe(x)} and [${contractB.join(", ")}] of ${describe(y)} differ in number or size.`,
    );
  return dot(x, y, { contractA, contractB, batchA: [], batchB: [] });
}

/** The Kronecker product: every entry of a times the whole of b. The lower rank is filled up with axes of size 1 in front. */
export function kron(a: Tensor, b: Tensor): Tensor {
  checkTensor("kron", "a", a);
  checkTensor("kron", "b", b);
  const rank = Math.max(a.ndim, b.ndim);
  const whole = (x: Tensor): number[] => [...range(rank - x.ndim).map(() => 1), ...x.shape];
  const [p, q] = [whole(a), whole(b)];
  const product = mul(
    reshape(
      a,
      p.flatMap((n) => [n, 1]),
    ),
    reshape(
      b,
      q.flatMap((n) => [1, n]),
    ),
  );
  return reshape(
    product,
    p.map((n, i) => n * q[i]),
  );
}

/** Powers of the last axis along a new one: x^(n-1) ... x^0, or the other way round with `increasing`. n is its size by default. */
export function vander(x: Tensor, n?: number, options: { readonly increasing?: boolean } = {}): Tensor {
  checkTensor("vander", "x", x);
  const count = n ?? x.shape[normalizeAxis("vander", -1, x.ndim)];
  if (!Number.isInteger(count) || count < 0)
    throw new RangeError(`vander: n is ${count}, expected a non-negative integer.`);
  const column = reshape(x, [...x.shape, 1]);
  if (count === 0) return full([...x.shape, 0], 0, x.dtype);
  const powers = [broadcast(full([], 1, x.dtype), column.shape, [])];
  while (powers.length < count) powers.push(mul(powers[powers.length - 1], column));
  const y = concat(powers, x.ndim);
  return options.increasing === true ? y : flip(y, -1);
}
