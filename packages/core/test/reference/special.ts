/* Slow, simple series for the special functions, good to about 1e-13 on the arguments that the table uses (|x| < 6). */

/** 2 / sqrt(pi) e^(-x^2) sum of 2^n x^(2n+1) / (1 3 5 ... (2n+1)), whose terms have one sign (Abramowitz and Stegun 7.1.6). */
export function erf(x: number): number {
  if (Math.abs(x) > 7) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; n < 200; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
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

/** P(a, x) = x^a e^-x / Gamma(a + 1) sum of x^n / ((a + 1) ... (a + n)), and its derivative in a term by term. */
export function incompleteGamma(of: string, a: number, x: number): number {
  let term = 1;
  let harmonic = 0;
  let sum = 1;
  let slope = 0;
  for (let n = 1; n < 300; n++) {
    term *= x / (a + n);
    harmonic += 1 / (a + n);
    sum += term;
    slope -= term * harmonic;
  }
  const front = Math.exp(a * Math.log(x) - x - lgamma(a + 1));
  const density = (front * a) / x;
  const shape = front * (sum * (Math.log(x) - digamma(a + 1)) + slope);
  const results: Record<string, number> = {
    lower: front * sum,
    upper: 1 - front * sum,
    density,
    shape,
    sample: -shape / density,
  };
  return results[of];
}

/** I_x(a, b) = x^a (1 - x)^b / (a B(a, b)) sum of (a + b) ... (a + b + n - 1) / ((a + 1) ... (a + n)) x^n (A&S 26.5.4), differentiated term by term. */
export function incompleteBeta(of: string, a: number, b: number, x: number): number {
  let [term, ta, tb] = [1, 0, 0];
  let [sum, sa, sb] = [1, 0, 0];
  for (let n = 1; n < 1000; n++) {
    term *= ((a + b + n - 1) / (a + n)) * x;
    ta += 1 / (a + b + n - 1) - 1 / (a + n);
    tb += 1 / (a + b + n - 1);
    sum += term;
    sa += term * ta;
    sb += term * tb;
  }
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - lgamma(a) - lgamma(b) + lgamma(a + b));
  const results: Record<string, number> = {
    value: (front / a) * sum,
    density: front / (x * (1 - x)),
    a: (front / a) * (sum * (Math.log(x) - digamma(a) - 1 / a + digamma(a + b)) + sa),
    b: (front / a) * (sum * (Math.log1p(-x) - digamma(b) + digamma(a + b)) + sb),
  };
  return results[of];
}
