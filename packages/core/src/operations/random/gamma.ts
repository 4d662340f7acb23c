import { drawElements, logGammaSamplePrimitive } from "../../primitives/rejection.js";
import type { Shape } from "../../tensor/shape.js";
import { checkShape, describe } from "../../tensor/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { mul, sub } from "../arithmetic.js";
import { sigmoid, softmax } from "../activations.js";
import { exp } from "../elementary.js";
import { type TensorLike, checkTensor, toFloat } from "../promote.js";
import { broadcastTo } from "../shape.js";
import { type DrawOptions, parametersOf } from "./draw.js";
import { checkKey, pairs, split } from "./keys.js";

/*
 * Gamma draws and what is made of them. Each element is accepted or rejected under a key of its own, and the derivative
 * with respect to the shape parameter is the implicit one: dx/da = -(dF/da) / p (Figurnov, Mohamed and Mnih 2018).
 */

/** Log of a Gamma(a, 1) draw: finite also where the draw itself underflows (a below 1e-2). */
export function logGamma(key_: Tensor, a: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  return logGammaOf("logGamma", key_, a, shape, options);
}
function logGammaOf(name: string, key_: Tensor, a: TensorLike, shape: Shape | undefined, options: DrawOptions): Tensor {
  checkKey(name, key_);
  if (typeof a === "number" && !(a >= 0))
    throw new RangeError(`random.${name}: the shape parameter is ${a}, expected at least 0.`);
  const [concentration] = parametersOf(name, [a], shape, options.dtype);
  return drawElements(logGammaSamplePrimitive, [...pairs(key_, concentration.shape), concentration]);
}

/** Gamma with shape parameter a and scale 1 (mean a), differentiable in a. Divide by a rate, or multiply by a scale. */
export function gamma(key_: Tensor, a: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  return exp(logGammaOf("gamma", key_, a, shape, options));
}

/** Chi-square with `df` degrees of freedom: 2 Gamma(df / 2). */
export function chiSquare(key_: Tensor, df: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  return mul(exp(logGammaOf("chiSquare", key_, mul(toFloat("random.chiSquare", df), 0.5), shape, options)), 2);
}

/** Beta with mean a / (a + b), differentiable in both: a ratio of gammas, in logs. */
export function beta(key_: Tensor, a: TensorLike, b: TensorLike, shape?: Shape, options: DrawOptions = {}): Tensor {
  checkKey("beta", key_);
  const [p, q] = parametersOf("beta", [a, b], shape, options.dtype);
  const [first, second] = split(key_);
  return sigmoid(sub(logGammaOf("beta", first, p, undefined, {}), logGammaOf("beta", second, q, undefined, {})));
}

/**
 * Dirichlet: points of the simplex, differentiable in the concentrations.
 *
 * @param a concentrations, [..., n].
 * @param shape of the draws without the event axis; default the batch axes of a.
 * @returns [...shape, n], summing to 1 along the last axis.
 */
export function dirichlet(key_: Tensor, a: Tensor, shape?: Shape): Tensor {
  checkTensor("random.dirichlet", "a", a);
  if (a.ndim === 0) throw new RangeError(`random.dirichlet: a is ${describe(a)}, expected at least one axis.`);
  const event = a.shape[a.ndim - 1];
  if (shape !== undefined) checkShape("random.dirichlet", shape);
  const concentration = shape === undefined ? a : broadcastTo(a, [...shape, event]);
  return softmax(logGammaOf("dirichlet", key_, concentration, undefined, {}), -1);
}
