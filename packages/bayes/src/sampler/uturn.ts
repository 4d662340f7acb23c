/** One end of a piece of trajectory. */
export interface TreeEnd {
  /** p, [dimension] */
  readonly momentum: Float64Array;
  /** p_sharp = M^-1 p, [dimension] */
  readonly velocity: Float64Array;
}

export const treeEnd = (dimension: number): TreeEnd => ({
  momentum: new Float64Array(dimension),
  velocity: new Float64Array(dimension),
});

/** start . (a + b) > 0 and end . (a + b) > 0: both ends still move along the summed momenta. Strict, as in Stan. */
function persists(start: Float64Array, end: Float64Array, a: Float64Array, b: Float64Array): boolean {
  let atStart = 0;
  let atEnd = 0;
  for (let i = 0; i < start.length; i++) {
    const sum = a[i] + b[i];
    atStart += start[i] * sum;
    atEnd += end[i] * sum;
  }
  return atStart > 0 && atEnd > 0;
}

/**
 * Whether a trajectory goes on after two pieces, `left` before `right` in time, have met: the U-turn test over the whole,
 * over the left piece with the first momentum of the right one, and over the right piece with the last momentum of the
 * left one. The last two catch a turn that falls between the pieces, where the first alone would run on to twice the
 * length (Stan's base_nuts.hpp since 2.21).
 *
 * @param leftSum momenta of the left piece, summed over its points, [dimension]; likewise `rightSum`
 */
export const joinPersists = (
  outerLeft: TreeEnd,
  innerLeft: TreeEnd,
  innerRight: TreeEnd,
  outerRight: TreeEnd,
  leftSum: Float64Array,
  rightSum: Float64Array,
): boolean =>
  persists(outerLeft.velocity, outerRight.velocity, leftSum, rightSum) &&
  persists(outerLeft.velocity, innerRight.velocity, leftSum, innerRight.momentum) &&
  persists(innerLeft.velocity, outerRight.velocity, rightSum, innerLeft.momentum);
