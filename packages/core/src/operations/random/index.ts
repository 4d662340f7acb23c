export { foldIn, key, split } from "./keys.js";
export { type UniformOptions, bernoulli, bits, randint, uniform } from "./uniform.js";
export {
  type NormalOptions,
  cauchy,
  exponential,
  gumbel,
  laplace,
  logistic,
  multivariateNormal,
  normal,
  studentT,
  truncatedNormal,
} from "./continuous.js";
export type { DrawOptions } from "./draw.js";
export { beta, chiSquare, dirichlet, gamma, logGamma } from "./gamma.js";
export { binomial, categorical, poisson } from "./discrete.js";
export { type ChoiceOptions, choice, permutation, shuffle } from "./order.js";
