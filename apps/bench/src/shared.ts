import type { Measurement } from "./report.js";

/** What the peers' common file `lib.mjs` gives to each peer: the data, the sizes, the operation counts. */
export interface Shared {
  readonly data: (seed: number, n: number, scale?: number) => Float32Array;
  readonly onehot: (n: number, classes: number) => Float32Array;
  readonly labels: (n: number) => Float32Array;
  readonly dense: (dims: readonly number[], seed: number) => readonly Weights[];
  readonly lstmParams: () => readonly Weights[];
  readonly permute: (data: Float32Array, shape: readonly number[], permutation: readonly number[]) => Float32Array;
  readonly S: {
    readonly matmul: readonly number[];
    readonly ew: number;
    readonly red: readonly [number, number];
    readonly conv: Readonly<Record<"n" | "h" | "w" | "ci" | "co" | "k", number>>;
    readonly mlp: { readonly dims: readonly number[]; readonly batch: number; readonly lr: number };
    readonly lstm: Readonly<Record<"in" | "hidden" | "T" | "batch" | "lr", number>>;
    readonly logreg: { readonly n: number; readonly d: number };
    readonly maml: {
      readonly dims: readonly number[];
      readonly points: number;
      readonly steps: number;
      readonly lr: number;
    };
  };
  readonly runPeer: (peer: Peer, options: RunOptions) => Promise<void>;
  readonly flops: { matmul(n: number): number; conv(): number; mlp(): number };
}
export interface Weights {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface RunOptions {
  readonly filter?: string;
  readonly budgetMs?: number;
  readonly env?: string;
  readonly emit: (measurement: Measurement) => void;
}

/** One benchmark, ready to run: `fn` does the work `inner` times and returns when it is done (what it returns, once, are the results), `check` gives the outputs. */
export interface Case {
  readonly fn: () => unknown;
  /** The results are used again: nobody may dispose of them. */
  readonly keeps?: boolean;
  readonly inner?: number;
  readonly flops?: number;
  readonly bytes?: number;
  readonly dtype?: string;
  readonly mode?: "eager" | "jit";
  readonly check?: () => readonly ArrayLike<number>[] | Promise<readonly ArrayLike<number>[]>;
  readonly dispose?: () => unknown;
}
export interface Peer {
  readonly peer: string;
  readonly version: string;
  readonly backend: string;
  readonly threads: number;
  readonly cases: Readonly<Record<string, () => Case | Promise<Case>>>;
}
