import { Tracer } from "../graph/tracer.js";
import { describe } from "../tensor/shape.js";
import { type Flattened, flatten, leafPaths, structureKey } from "../tensor/tree.js";

/**
 * A function that may be traced at most `max` times: the next trace is an error that names what differs from the last one. Wrap what you
 * hand to jit, and a silent recompilation in a training loop becomes loud (after Equinox's `assert_max_traces`).
 *
 * @example const step = jit(assertMaxTraces(update, 1))
 */
export function assertMaxTraces<A extends unknown[], B>(f: (...args: A) => B, max: number): (...args: A) => B {
  if (typeof f !== "function") throw new TypeError(`assertMaxTraces: got ${typeof f}, expected a function.`);
  if (!Number.isInteger(max) || max < 0)
    throw new RangeError(`assertMaxTraces: max is ${max}, expected a whole number of traces.`);
  const name = f.name || "anonymous";
  let traces = 0;
  let last: Flattened | undefined;
  const wrapped = (...args: A): B => {
    const now = flatten(args.map(treeOrNothing));
    if (now.leaves.some((x) => x instanceof Tracer)) {
      traces++;
      if (traces > max)
        throw new Error(
          `assertMaxTraces: ${name} is traced for the ${ordinal(traces)} time, at most ${max} allowed. ${difference(last, now)}`,
        );
      last = now;
    }
    return f(...args);
  };
  Object.defineProperty(wrapped, "name", { value: name });
  return wrapped;
}

/** Static arguments are no trees; they count as nothing here. */
function treeOrNothing(value: unknown): unknown {
  try {
    flatten(value);
    return value;
  } catch {
    return undefined;
  }
}

const ordinal = (n: number): string =>
  `${n}${n % 100 > 10 && n % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th")}`;

function difference(before: Flattened | undefined, now: Flattened): string {
  if (before === undefined) return "Nothing may trace it.";
  if (structureKey(before.structure) !== structureKey(now.structure)) return "Its arguments have another structure.";
  const paths = leafPaths(now.structure);
  const changed = now.leaves.findIndex((x, i) => describe(x) !== describe(before.leaves[i]));
  return changed < 0
    ? "Its arguments have the same types: a static argument changed, or a new function object was made for each call."
    : `Argument ${paths[changed]} was ${describe(before.leaves[changed])} and is ${describe(now.leaves[changed])}. Pad it, or pass it as a tensor of fixed shape.`;
}
