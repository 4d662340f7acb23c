/** What the sampler draws from. Its state is the caller's business: a counter-based generator, or a tape in a test. */
export interface RandomSource {
  /** Uniform in the open interval (0, 1). */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
}
