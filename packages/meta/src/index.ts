/** Differentiating through optimisation: MAML, Sinkhorn and permutation blocks. */
export {};
