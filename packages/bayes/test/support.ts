import type { FlatDensity } from "../src/sampler/density.js";
import type { RandomSource } from "../src/sampler/source.js";

/** A seeded stand-in for core's generator: mulberry32 and the polar method's simpler cousin, Box and Muller. */
export function seeded(seed: number): RandomSource {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return (((t ^ (t >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
  return { uniform, normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()) };
}

/** Remembers what it hands out, so that a second reader can be given the same. */
export function recording(source: RandomSource): { source: RandomSource; uniforms: number[]; normals: number[] } {
  const [uniforms, normals]: number[][] = [[], []];
  const keep = (tape: number[], value: number): number => {
    tape.push(value);
    return value;
  };
  return {
    uniforms,
    normals,
    source: { uniform: () => keep(uniforms, source.uniform()), normal: () => keep(normals, source.normal()) },
  };
}

/** Plays tapes back; running off their end is an error. */
export function tape(
  uniforms: readonly number[],
  normals: readonly number[],
): RandomSource & { readonly left: () => number } {
  let [u, n] = [0, 0];
  const next = (values: readonly number[], index: number): number => {
    if (index >= values.length) throw new Error("tape: at its end");
    return values[index];
  };
  return {
    uniform: () => next(uniforms, u++),
    normal: () => next(normals, n++),
    left: () => uniforms.length - u + normals.length - n,
  };
}

/** A density in terms of plain arrays. */
export const density = (
  dimension: number,
  logDensity: (q: Float64Array) => number,
  gradient: (q: Float64Array) => number[],
): FlatDensity => ({
  dimension,
  evaluate(position, out) {
    out.set(gradient(position));
    return logDensity(position);
  },
});

/** Independent normals with the given standard deviations. */
export const normals = (...sd: number[]): FlatDensity =>
  density(
    sd.length,
    (q) => -0.5 * sd.reduce((sum, s, i) => sum + (q[i] / s) ** 2, 0),
    (q) => sd.map((s, i) => -q[i] / s ** 2),
  );

/** Neal's funnel: y ~ N(0, 3), x_i ~ N(0, exp(y/2)). Its neck makes transitions diverge. */
export const funnel = (width: number): FlatDensity =>
  density(
    width + 1,
    (q) => {
      const r = q.slice(1).reduce((sum, x) => sum + x * x, 0);
      return -(q[0] ** 2) / 18 - (width * q[0]) / 2 - 0.5 * r * Math.exp(-q[0]);
    },
    (q) => {
      const e = Math.exp(-q[0]);
      const x = Array.from(q.slice(1));
      return [-q[0] / 9 - width / 2 + 0.5 * x.reduce((sum, v) => sum + v * v, 0) * e, ...x.map((v) => -v * e)];
    },
  );

/** Student t, 3 degrees of freedom. */
export const studentT: FlatDensity = density(
  2,
  (q) => -2 * (Math.log1p(q[0] ** 2 / 3) + Math.log1p(q[1] ** 2 / 3)),
  (q) => Array.from(q, (x) => (-4 * x) / (3 + x * x)),
);

/** Standard normal cut off at 1: -Infinity and a NaN gradient beyond. */
export const cut: FlatDensity = density(
  1,
  (q) => (q[0] > 1 ? Number.NEGATIVE_INFINITY : -0.5 * q[0] ** 2),
  (q) => [q[0] > 1 ? Number.NaN : -q[0]],
);

/** No curvature at all: trajectories never turn. */
export const flat: FlatDensity = density(
  2,
  () => 0,
  () => [0, 0],
);
