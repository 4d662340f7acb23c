const formats = { f32: { bits: 24, emin: -126 }, f64: { bits: 53, emin: -1022 } } as const;

/**
 * |actual - (expected + rest/1000 ulp)| in ulps of the expected value, or of `scale` where that is larger. What is infinite, NaN or a zero
 * must be met exactly.
 */
export function ulps(dtype: "f32" | "f64", actual: number, expected: number, rest: number, scale = 0): number {
  const { bits, emin } = formats[dtype];
  const ulpOf = (y: number): number => {
    let e = Math.floor(Math.log2(y));
    if (2 ** e > y) e--;
    return 2 ** (Math.max(e, emin) - bits + 1);
  };
  const own = Math.abs(expected);
  const allowed = Number.isFinite(scale) ? Math.max(own, Math.abs(scale)) : own;
  if (Object.is(actual, expected)) return allowed > own ? 0 : Math.abs(rest) / 1000;
  if (!Number.isFinite(expected) || !Number.isFinite(actual) || allowed === 0) return Infinity;
  if (own === 0) return Math.abs(actual) / ulpOf(allowed);
  return Math.abs((actual - expected) / ulpOf(own) - rest / 1000) * (ulpOf(own) / ulpOf(allowed));
}
