/**
 * A target is a share of a peer's time in the same run (from the figures measured on the reference machine), a share of another of our
 * cases, or a figure. At most, unless `least`.
 */
export interface Target {
  /** Whose measurement this judges, where it is not the case of the same name. */
  readonly bench?: string;
  /** `peer` by the name of its column; its case `peerBench`, by default the one of the same name. */
  readonly peer?: string;
  readonly peerBench?: string;
  /** Another of our cases. */
  readonly against?: string;
  /** Ours at most this many times the peer's, or the other case's. */
  readonly ratio?: number;
  /** In `unit`, for cases that no peer has. */
  readonly limit?: number;
  /** More is better. */
  readonly least?: boolean;
  /** What counts: the median of repeated calls (the default), the first call, which compiles, what the case gave out, in `unit`, or dispatches a call. */
  readonly of?: "median" | "first" | "output" | "dispatches";
  /** Milliseconds unless said. */
  readonly unit?: string;
}

const jax = "jax-js wasm";
const tfjs = "tfjs wasm";
/** Of what a copy of 60 MB reaches in the same minute. */
const bandwidth: Target = { limit: 0.7, least: true, of: "output", unit: "of copy" };
const memory: Target = { of: "output", unit: "MB" };
/** The first call of another case. */
export const first = (bench: string, target: Target): Target => ({ bench, of: "first", ...target });

/** ../shared/targets.md, CPU; those of one case against another of ours but the unroll's are our own. */
export const targets: Readonly<Record<string, Target>> = {
  matmul_256: { peer: tfjs, ratio: 1 },
  matmul_512: { peer: tfjs, ratio: 1 },
  matmul_1024: { peer: tfjs, ratio: 1 },
  // As much work as matmul_512; twice the bytes a number in f64.
  matmul_wide: { against: "matmul_512", ratio: 1.25 },
  matmul_tall: { against: "matmul_512", ratio: 1.25 },
  matmul_512_f64: { against: "matmul_512", ratio: 2.2 },
  ew_jit: { peer: jax, ratio: 4 / 17 },
  softmax: { peer: tfjs, ratio: 2.7 / 1.3 },
  softmax_resident: { peer: tfjs, peerBench: "softmax", ratio: 1.8 / 1.3 },
  bandwidth_scale: bandwidth,
  bandwidth_add: bandwidth,
  bandwidth_sum: bandwidth,
  bandwidth_sum_rows: bandwidth,
  bandwidth_sum_columns: bandwidth,
  conv_fwd: { peer: tfjs, ratio: 12 / 13 },
  conv_fwdbwd: { peer: jax, ratio: 36 / 3471 },
  mlp_sgd: { peer: jax, ratio: 4 / 5 },
  mlp_adam: { peer: jax, ratio: 5 / 9.8 },
  mlp_adam_donated: { peer: jax, peerBench: "mlp_adam", ratio: 5 / 9.8 },
  lstm_sgd: { peer: jax, ratio: 10 / 63 },
  "lstm_sgd, first call": first("lstm_sgd", { limit: 100 }),
  "lstm_unrolled, first call": first("lstm_unrolled", { limit: 300 }),
  small_add_eager: { peer: tfjs, ratio: 0.003 / 0.006 },
  small_jit: { peer: jax, ratio: 0.003 / 0.01 },
  small_grad_eager: { peer: tfjs, ratio: 0.04 / 0.19 },
  logreg_f32: { peer: jax, ratio: 0.02 / 0.46 },
  logreg_f64: { peer: jax, ratio: 0.04 / 0.52 },
  maml: { peer: jax, ratio: 0.4 / 9.2 },
  "maml, first call": first("maml", { limit: 150 }),
  maml_25_tasks: { limit: 5 },
  l2l: { limit: 80 },
  unroll_400_sqrt: { against: "unroll_400_full", ratio: 1.5 },
  unroll_400_full_memory: memory,
  unroll_400_sqrt_memory: { ...memory, limit: 20 },
  unroll_10000: { limit: 5 },
  "unroll_10000, first call": first("unroll_10000", { limit: 500 }),
  // As fast to compile, up to the clock; the calls include a run each.
  "scan_1000, first call": first("scan_1000", { against: "scan_10", ratio: 1.5 }),
  loop_200_scan: { against: "loop_200_unrolled", ratio: 1.5 },
  "loop_200_scan, first call": first("loop_200_scan", { against: "loop_200_unrolled", ratio: 1 }),
  "loop_200_unrolled, first call": first("loop_200_unrolled", {}),
};
