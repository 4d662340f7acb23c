import { add, int, load, read } from "../../../kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop } from "../../../kernel/kernel.js";
import { index } from "../../../kernel/nest.js";
import { dtypes } from "../../../tensor/dtype.js";
import { align16 } from "../../programLayout.js";
import { kernelWork } from "../../work.js";
import { maximalParameters } from "../emitKernel.js";
import { pageBytes } from "../memoryLayout.js";
import type { Division } from "../threading.js";

/** Statements below which waking the others costs more than they save. */
const LEAST_WORK = 200_000;
/** A thread's own area at most: larger scratch is better shared by running on one thread. */
const MOST_OWN_BYTES = 8 * 2 ** 20;

const known = new WeakMap<Kernel, Division | null>();

/**
 * The kernel with its outermost loop over a range that the thread's block gives, if that loop's iterations are independent and there is
 * enough to do. Any division gives the same bits: lanes and single iterations do, and reductions lie within an iteration.
 */
export function divide(kernel: Kernel): Division | undefined {
  let division = known.get(kernel);
  if (division === undefined) known.set(kernel, (division = divided(kernel) ?? null));
  return division ?? undefined;
}

function divided(kernel: Kernel): Division | undefined {
  if (kernelWork(kernel) < LEAST_WORK) return undefined;
  const { name, buffers, body } = kernel;
  // What is set in front of the loop is set by each thread.
  const bases = body.slice(0, -1);
  const loop = body[body.length - 1] as Statement | undefined;
  if (bases.some((s) => s.kind !== "assign")) return undefined;
  if (loop?.kind !== "for" || loop.mode === "serial" || loop.extent.kind !== "constant") return undefined;
  const extent = loop.extent.value;
  if (extent < 2 || buffers.length >= maximalParameters) return undefined;
  // The block comes first: its two words, and partial results of reductions.
  let bytes = pageBytes;
  const own = buffers.map(({ access, dtype, length }) => {
    if (access !== "scratch") return -1;
    const offset = bytes;
    bytes += align16(dtypes[dtype].bytes * length);
    return offset;
  });
  if (bytes > MOST_OWN_BYTES) return undefined;
  const block = buffers.length;
  const [first, count, step] = ["first", "count", "step"].map(index);
  return {
    kernel: {
      name,
      buffers: [...buffers, { dtype: "i32", length: 2, access: "in" }],
      block,
      body: [
        ...bases,
        assign(first, load("i32", block, int(0))),
        assign(count, load("i32", block, int(1))),
        forLoop(step, read(count), [assign(loop.index, add(read(first), read(step))), ...loop.body], loop.mode),
      ],
    },
    extent,
    own,
    bytes,
  };
}
