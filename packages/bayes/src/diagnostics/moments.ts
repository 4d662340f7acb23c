/** Mean with a second pass that takes the rounding of the first out, as in R: the mean of equal numbers is that number. */
export function meanOf(x: Float64Array): number {
  let sum = 0;
  for (const value of x) sum += value;
  const mean = sum / x.length;
  if (!Number.isFinite(mean)) return mean;
  let rest = 0;
  for (const value of x) rest += value - mean;
  return mean + rest / x.length;
}

/** Sample variance (n - 1); NaN for a single number. */
export function varianceOf(x: Float64Array): number {
  const mean = meanOf(x);
  let sum = 0;
  for (const value of x) sum += (value - mean) ** 2;
  return sum / (x.length - 1);
}
