import { type Tensor, jit } from "@cotangent/core";
import { type Cases, type Tools, often, once, sizeOf } from "./tools.js";

/** Matrix products: square ones as the peers have them, and the shapes that blocks of squares do not fit. */
export function products(tools: Tools): Cases {
  const { S, array, data, flops, random } = tools;
  const cases: Cases = {};
  for (const n of S.matmul)
    cases[`matmul_${n}`] = () =>
      once((a: Tensor, b: Tensor) => a.matmul(b), [array(data(1, n * n), [n, n]), array(data(2, n * n), [n, n])], {
        flops: flops.matmul(n),
      });

  const work = (a: readonly number[], b: readonly number[]): number => 2 * sizeOf(a) * b[b.length - 1];
  const pair = (a: readonly number[], b: readonly number[]): [Tensor, Tensor] => [random(1, a), random(2, b)];
  const product = (a: Tensor, b: Tensor): Tensor => a.matmul(b);
  const shapes: Readonly<Record<string, readonly [number[], number[]]>> = {
    matmul_wide: [
      [128, 512],
      [512, 2048],
    ],
    matmul_tall: [
      [2048, 512],
      [512, 128],
    ],
    matvec_2048: [
      [2048, 2048],
      [2048, 1],
    ],
    matmul_batched_tiny: [
      [1000, 8, 8],
      [1000, 8, 8],
    ],
  };
  for (const [name, [a, b]] of Object.entries(shapes))
    cases[name] = () => once(jit(product), pair(a, b), { flops: work(a, b), mode: "jit" });
  cases["matmul_40_40_10"] = () => {
    const args = pair([40, 40], [40, 10]);
    return { ...often(jit(product), args, 200, "jit"), flops: 200 * work([40, 40], [40, 10]) };
  };
  cases["matmul_512_f64"] = () =>
    once(
      product,
      [1, 2].map((seed) => array(Float64Array.from(data(seed, 512 * 512)), [512, 512], "f64")) as [Tensor, Tensor],
      {
        dtype: "f64",
        flops: flops.matmul(512),
      },
    );
  return cases;
}
