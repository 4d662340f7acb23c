import { type Tensor, arange, sub } from "@cotangent/core";

/*
 * How far a soft permutation is from an order that a matrix of pairwise costs asks for. C[i, j] = -C[j, i] is positive where
 * element i would rather come after element j; P[i, p] is the weight of element i at position p.
 */

/**
 * total(P) = sum_ij C[i,j] sum_p P[i,p] (sum_{q>p} P[j,q] - sum_{q<p} P[j,q]): least when pairs stand as C asks.
 *
 * @param costs C, [..., n, n], antisymmetric
 * @param permutation P, [..., n, n]
 * @returns [...]
 * @see Zhang, Hare, Prugel-Bennett (2019), Learning Representations of Sets through Optimized Permutations, 1812.03928, eq. 2
 */
export const permutationCost = (costs: Tensor, permutation: Tensor): Tensor =>
  costs.mul(permutation.matmul(mass(permutation).matrixTranspose())).sum([-2, -1]);

/**
 * Its gradient with respect to P, 2 C W with W[j,p] = sum_{q>p} P[j,q] - sum_{q<p} P[j,q]: both occurrences of P give the
 * same, because C is antisymmetric.
 *
 * @returns [..., n, n]
 */
export const permutationCostGradient = (costs: Tensor, permutation: Tensor): Tensor =>
  costs.matmul(mass(permutation)).mul(2);

/** W = P K with K[q, p] = sign(q - p): the weight after each position less the weight before it. */
function mass(permutation: Tensor): Tensor {
  const position = arange(permutation.shape[permutation.ndim - 1]);
  const order = sub(position.reshape([-1, 1]), position).sign();
  return permutation.matmul(order.astype(permutation.dtype));
}
