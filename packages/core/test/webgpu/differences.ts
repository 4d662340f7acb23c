/** Where functions of the GPU differ from those of the CPU by more than rounding. */
export interface Difference {
  readonly reason: string;
  /** Public names, or "any". */
  readonly functions: string;
  holds(point: { readonly x: readonly number[]; readonly cpu: number; readonly gpu: number }): boolean;
}

const isSubnormal = (x: number): boolean => x !== 0 && Math.abs(x) < 2 ** -126;

export const differences: readonly Difference[] = [
  {
    reason: "WGSL may take operands and results below 2^-126 as 0 (section 15.7.2 of the specification)",
    functions: "any",
    holds: ({ x, cpu }) => x.some(isSubnormal) || isSubnormal(cpu),
  },
  {
    reason: "what is computed on the way is below 2^-126, so 0",
    functions: "silu swish mish",
    holds: ({ cpu, gpu }) => gpu === 0 && Math.abs(cpu) < 2 ** -118,
  },
  {
    reason: "half the operand is below 2^-126, so 0",
    functions: "erf erfcinv",
    holds: ({ x: [x] }) => Math.abs(x) < 2 ** -125,
  },
  {
    reason: "the CPU computes it in f64 and rounds once; here f32 runs out of range or digits",
    functions: "betainc zeta",
    holds: ({ x: [a, b] }) => [a, b].some((x) => x >= 1e10 || x <= 1e-30),
  },
];
