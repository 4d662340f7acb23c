import { tensor, type Tensor } from "../../src/index.js";
import { count } from "../reference/dense.js";
import type { Input } from "./table.js";

/** Park and Miller's generator: enough for test data. */
export function generator(seed: number): () => number {
  let state = (seed * 7919 + 12345) % 2147483647;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

export function makeInput(input: Input, random: () => number, float: "f32" | "f64" = "f64"): Tensor {
  const { shape, values } = input;
  const n = count(shape);
  const dtype = input.dtype ?? float;
  if (values === "positiveDefinite" || values === "symmetric") return matrices(shape, values, random, float);
  const list = "list" in values ? values.list : undefined;
  const data = Float64Array.from({ length: n }, (_, i) => {
    if (list !== undefined) return list[i % list.length];
    const [low, high] = values as readonly [number, number];
    return low + (high - low) * random();
  });
  return tensor(data, { shape, dtype: dtype === "f64" && float === "f32" ? "f32" : dtype });
}

function matrices(
  shape: readonly number[],
  kind: "positiveDefinite" | "symmetric",
  random: () => number,
  dtype: "f32" | "f64",
): Tensor {
  const n = shape[shape.length - 1];
  const out: number[] = [];
  for (let m = 0; m < count(shape) / (n * n); m++) {
    const a = Array.from({ length: n * n }, () => 2 * random() - 1);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let s = kind === "positiveDefinite" ? (i === j ? 1 : 0) : a[i * n + j] + a[j * n + i] + (i === j ? 2 * i : 0);
        if (kind === "positiveDefinite") for (let k = 0; k < n; k++) s += a[i * n + k] * a[j * n + k];
        out.push(s);
      }
  }
  return tensor(Float64Array.from(out), { shape, dtype });
}
