/**
 * Discrete Fourier transform in place, X_k = sum_n x_n exp(-2 pi i k n / N), radix 2 (Cooley and Tukey 1965).
 *
 * @param re real parts, [N] with N a power of two
 * @param im imaginary parts, [N]
 */
export function fft(re: Float64Array, im: Float64Array): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      [re[i], re[j]] = [re[j], re[i]];
      [im[i], im[j]] = [im[j], im[i]];
    }
  }
  // One table of roots, each from its own angle: a recurrence would lose digits over long chains.
  const cos = Float64Array.from({ length: n >> 1 }, (_, k) => Math.cos((2 * Math.PI * k) / n));
  const sin = Float64Array.from({ length: n >> 1 }, (_, k) => Math.sin((2 * Math.PI * k) / n));
  for (let half = 1; half < n; half *= 2) {
    const stride = n / (2 * half);
    for (let block = 0; block < n; block += 2 * half)
      for (let k = 0; k < half; k++) {
        const a = block + k;
        const b = a + half;
        const c = cos[k * stride];
        const s = -sin[k * stride];
        const tr = c * re[b] - s * im[b];
        const ti = c * im[b] + s * re[b];
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
  }
}
