/** A target is a share of a peer's time in the same run (from the figures measured on the reference machine), or of another of our cases. */
export interface Target {
  /** `peer` by the name of its column. */
  readonly peer?: string;
  /** Ours at most this many times the peer's. */
  readonly ratio?: number;
  /** Milliseconds, for cases that no peer has. */
  readonly milliseconds?: number;
  /** Which of our times counts; the median of repeated calls unless it is the first call. */
  readonly of?: "first";
}

const jax = "jax-js wasm";
const tfjs = "tfjs wasm";

/** ../shared/targets.md, CPU. */
export const targets: Readonly<Record<string, Target>> = {
  matmul_256: { peer: tfjs, ratio: 1 },
  matmul_512: { peer: tfjs, ratio: 1 },
  matmul_1024: { peer: tfjs, ratio: 1 },
  ew_jit: { peer: jax, ratio: 4 / 17 },
  softmax: { peer: tfjs, ratio: 2.7 / 1.3 },
  conv_fwd: { peer: tfjs, ratio: 12 / 13 },
  conv_fwdbwd: { peer: jax, ratio: 36 / 3471 },
  mlp_sgd: { peer: jax, ratio: 4 / 5 },
  mlp_adam: { peer: jax, ratio: 5 / 9.8 },
  lstm_sgd: { peer: jax, ratio: 10 / 63 },
  small_add_eager: { peer: tfjs, ratio: 0.003 / 0.006 },
  small_jit: { peer: jax, ratio: 0.003 / 0.01 },
  small_grad_eager: { peer: tfjs, ratio: 0.04 / 0.19 },
  logreg_f32: { peer: jax, ratio: 0.02 / 0.46 },
  logreg_f64: { peer: jax, ratio: 0.04 / 0.52 },
  maml: { peer: jax, ratio: 0.4 / 9.2 },
  maml_25_tasks: { milliseconds: 5 },
  unroll_10000: { milliseconds: 500, of: "first" },
};
