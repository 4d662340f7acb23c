import { type Tensor, concat, eye, ones, solvePositive } from "@cotangent/core";

/**
 * The minimiser of |y - X w|^2 + lambda |w|^2 in closed form, (X^T X + lambda I)^-1 X^T y.
 *
 * @param x [n, d] f64
 * @param y [n] f64
 * @returns [d]
 */
export function leastSquares(x: Tensor, y: Tensor, lambda = 0): Tensor {
  const d = x.shape[1];
  const normal = x.T.matmul(x).add(eye(d, d, "f64").mul(lambda));
  return solvePositive(normal, x.T.matmul(y).reshape([d, 1])).reshape([d]);
}

/** x with a column of ones in front, for the intercept. */
export const withIntercept = (x: Tensor): Tensor => concat([ones([x.shape[0], 1], x.dtype), x], 1);

/** Root mean squared error. */
export const rmse = (prediction: Tensor, y: Tensor): number => prediction.sub(y).square().mean().sqrt().item();
