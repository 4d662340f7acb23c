/** Microseconds a value and gradient, from ../shared/targets.md, Sampling. */
export interface Goal {
  /** Ours at most. */
  readonly target: number;
  /** A leapfrog step of rstan 2.21.7, g++ -O2, on the reference machine. */
  readonly stan: number;
}

export const goals: Readonly<Record<string, Goal>> = {
  eight_schools_noncentered: { target: 1, stan: 2.9 },
  kidscore_momiq: { target: 2.5, stan: 21 },
  wells_dist: { target: 50, stan: 205 },
  radon_hierarchical_intercept_noncentered: { target: 12, stan: 134 },
  garch11: { target: 7, stan: 29 },
  arK: { target: 3, stan: 33 },
  gp_regr: { target: 5, stan: 16 },
  hmm_example: { target: 18, stan: 55 },
  low_dim_gauss_mix: { target: 35, stan: 233 },
  diamonds: { target: 50, stan: 57 },
};
