import { type Tensor, grad, jit, valueAndGrad } from "@cotangent/core";
import { type Cases, type Tools, often, once, read } from "./tools.js";

/** Small work, where the cost of a call shows: eager operations, tiny functions, a log density. */
export function calls(tools: Tools): Cases {
  const { S, array, data, labels } = tools;
  const cases: Cases = {};
  const triple = (seed: number): Tensor => array(data(seed, 3), [3]);
  const tiny = (x: Tensor, y: Tensor): Tensor => x.mul(y).tanh().add(x).sum();
  cases["small_add_eager"] = () => often((x, y) => x.add(y), [triple(30), triple(31)], 500, "eager");
  cases["small_jit"] = () => often(jit(tiny), [triple(30), triple(31)], 500, "jit");
  cases["small_jit_read"] = () => read(jit(tiny), [triple(30), triple(31)], 100);
  cases["small_grad_eager"] = () => often(grad(tiny), [triple(30), triple(31)], 50, "eager");

  const { n: N, d: D } = S.logreg;
  const logDensity = (beta: Tensor, x: Tensor, y: Tensor): Tensor => {
    const eta = x.matmul(beta);
    return y.mul(eta).sub(eta.neg().exp().log1p().add(eta)).sum().sub(beta.mul(beta).sum().mul(0.5));
  };
  for (const dtype of ["f32", "f64"] as const)
    cases[`logreg_${dtype}`] = () => {
      const own = (values: Float32Array, shape: readonly number[]): Tensor =>
        array(dtype === "f64" ? Float64Array.from(values) : values, shape, dtype);
      const args: [Tensor, Tensor, Tensor] = [own(data(42, D), [D]), own(data(40, N * D), [N, D]), own(labels(N), [N])];
      return once(jit(valueAndGrad(logDensity)), args, { dtype, mode: "jit" });
    };
  return cases;
}
