/** One chapter of the tour: a computation on real data whose figure stands beside the baseline that it must beat. */
export interface Chapter {
  /** Its place in the story, from 1. */
  readonly number: number;
  readonly title: string;
  /** Whether it also runs on a GPU, which has no f64. */
  readonly gpu?: boolean;
  /** Computes the chapter. Throwing fails the chapter with the message as its cause; the others still run. */
  run(context: ChapterContext): Promise<ChapterResult>;
}

/** What the tour gives to a chapter. */
export interface ChapterContext {
  /** All randomness comes from it: the same seed gives the same result. */
  readonly seed: number;
  /**
   * Says how far the chapter is. Cheap: call it at every step.
   *
   * @param fraction done so far, 0 to 1
   * @param note what is being done, as "step 120, loss 0.31"
   */
  readonly progress: (fraction: number, note?: string) => void;
  /** Share of the work to do, by default 1, the whole; with less a chapter runs through, and its checks need not pass. */
  readonly effort?: number;
}

/** A number that the chapter reached, and what it is measured against. */
export interface Comparison {
  /** What is measured, as "held-out RMSE". */
  readonly what: string;
  readonly ours: number;
  readonly baseline: readonly Baseline[];
  /** Unit of all numbers here, as "g" or "%". */
  readonly unit?: string;
  readonly better: "lower" | "higher";
}

/** A method, or a published figure, that the chapter is compared with. */
export interface Baseline {
  readonly name: string;
  readonly value: number;
}

/** Something that must hold for the chapter to pass. */
export interface Check {
  /** What must hold, as "beats least squares". */
  readonly what: string;
  readonly passed: boolean;
  /** The numbers behind it, as "287.1 g < 301.5 g". */
  readonly detail: string;
}

/** A plot with its caption. */
export interface Figure {
  /** One sentence that says what there is to see. */
  readonly caption: string;
  /** An `<svg>` element without references to anything outside it, as the functions of plots.ts return. */
  readonly svg: string;
}

/** What a chapter found. It passes if it makes checks and all of them pass. */
export interface ChapterResult {
  /** The one comparison that the table shows. */
  readonly headline: Comparison;
  readonly more?: readonly Comparison[];
  readonly checks: readonly Check[];
  /** Two sentences that a newcomer understands. */
  readonly story: readonly [string, string];
  readonly figures: readonly Figure[];
  /** Further lines under the figures: settings, sources and licences of data, samples. */
  readonly notes?: readonly string[];
}
