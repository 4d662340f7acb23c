import { type Target, first } from "../targets.js";

const jax = "jax-js webgpu";

/** ../shared/targets.md, WebGPU. */
export const targets: Readonly<Record<string, Target>> = {
  matmul_256: { peer: jax, ratio: 1 },
  matmul_512: { peer: jax, ratio: 1 },
  mlp_sgd: { peer: jax, ratio: 0.7 },
  "mlp_sgd, first call": first("mlp_sgd", { peer: jax, ratio: 0.7 }),
  "mlp_sgd, dispatches": { bench: "mlp_sgd", of: "dispatches", unit: "", peer: jax, ratio: 0.5 },
  softmax: { peer: jax, ratio: 1 },
  sum_axis1: { peer: jax, ratio: 1 },
  logreg_f32: { peer: jax, ratio: 0.5 },
  maml: { peer: jax, ratio: 0.5 },
};
