/** Stan's three phases of warm-up, in iterations counted from 0. */
export interface WarmupSchedule {
  readonly iterations: number;
  /** The metric learns from iterations in [slowStart, slowEnd); step size only outside. */
  readonly slowStart: number;
  readonly slowEnd: number;
  /** Iterations after which the metric is set, the estimator cleared and the step size searched anew; increasing. */
  readonly windowEnds: readonly number[];
}

/** Lengths in iterations. */
export interface WarmupBuffers {
  /** Step size only, while the chain finds the typical set. */
  readonly init: number;
  /** First window of the metric. */
  readonly window: number;
  /** Step size only, for the final metric; may be 0. */
  readonly term: number;
}

const stanBuffers: WarmupBuffers = { init: 75, window: 25, term: 50 };

/**
 * Windows of doubling length: 1000 iterations close windows after iterations 99, 149, 249, 449 and 949.
 *
 * Below 150 iterations the phases take 15 %, 75 % and 10 % with a single window. Stan never updates the metric there
 * because the window counter stays unset (stan-dev/stan issue 3380); this schedule does what was meant. Below 20
 * iterations only the step size adapts.
 *
 * @param iterations number of warm-up iterations, at least 0
 * @throws RangeError for lengths that are not whole numbers, for negative ones, and for an empty first window
 * @see Stan reference manual, "Automatic parameter tuning"; Stan's windowed_adaptation.hpp
 */
export function warmupSchedule(iterations: number, buffers: WarmupBuffers = stanBuffers): WarmupSchedule {
  requireLength("iterations", iterations, 0);
  requireLength("buffers.init", buffers.init, 0);
  requireLength("buffers.window", buffers.window, 1);
  requireLength("buffers.term", buffers.term, 0);
  if (iterations < 20) return { iterations, slowStart: iterations, slowEnd: iterations, windowEnds: [] };
  const short = buffers.init + buffers.window + buffers.term > iterations;
  const slowStart = short ? Math.floor(0.15 * iterations) : buffers.init;
  const slowEnd = iterations - (short ? Math.floor(0.1 * iterations) : buffers.term);
  const window = short ? slowEnd - slowStart : buffers.window;
  return { iterations, slowStart, slowEnd, windowEnds: windowEnds(slowStart, slowEnd, window) };
}

/** Doubling windows that fill [start, end): one whose successor would not fit is stretched to the end. */
function windowEnds(start: number, end: number, first: number): number[] {
  const ends: number[] = [];
  let size = first;
  let last = start + size - 1;
  while (last < end - 1) {
    ends.push(last);
    size *= 2;
    last += size;
    if (last + 2 * size >= end) last = end - 1;
  }
  ends.push(end - 1);
  return ends;
}

function requireLength(name: string, length: number, least: number): void {
  if (!Number.isSafeInteger(length) || length < least)
    throw new RangeError(
      `warmupSchedule: argument ${name} is ${length}, expected a whole number of iterations, ${least} or more. ` +
        "Stan's own lengths are the default: leave the argument out.",
    );
}
