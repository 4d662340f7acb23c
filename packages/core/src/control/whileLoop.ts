import { scalar, traceGraph } from "../graph/record.js";
import { bind } from "../graph/trace.js";
import { choose } from "../primitives/comparison.js";
import { convert } from "../primitives/conversion.js";
import { describe } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { flatten, unflatten } from "../tensor/tree.js";
import { checkCarry, settledCarry } from "./carry.js";
import { whilePrimitive } from "./while.js";

/**
 * whileLoop : (c -> bool, c -> c, c) -> c. Runs the body while the condition holds, under every transform but reverse mode.
 *
 * Condition and body are traced once and compiled. Mapped over a batch, the loop runs while any element is live, and elements
 * that are done keep their value.
 *
 * @param condition from the carry to a scalar, bool or integer.
 * @param body from the carry to the next one, of the same structure, shapes and dtypes.
 * @param init the first carry, a tree.
 * @returns the last carry.
 * @throws TypeError when the carry changes (naming the leaf) or the condition is no scalar; Error under reverse mode: use scan,
 *   or foriLoop with bounds that are JS numbers.
 * @example whileLoop((x: Tensor) => x.less(100), (x) => x.mul(2), tensor(3))   // 192
 */
export function whileLoop<C>(condition: (carry: C) => Tensor, body: (carry: C) => C, init: C): C {
  if (typeof condition !== "function" || typeof body !== "function")
    throw new TypeError(
      `whileLoop: the condition is ${typeof condition} and the body ${typeof body}, expected two functions.`,
    );
  const { leaves, structure } = flatten(init, "whileLoop: the carry");
  const carry = settledCarry(leaves);
  const asked = traceGraph("whileLoop (condition)", carry, (...inputs) => {
    const out: unknown = condition(unflatten<C>(structure, inputs));
    if (!(out instanceof Tensor) || out.ndim !== 0)
      throw new TypeError(
        `whileLoop: the condition returned ${out instanceof Tensor ? describe(out) : typeof out}, expected a scalar tensor. Combine elements with all() or any().`,
      );
    return [isTrue(out)];
  });
  const step = traceGraph(`whileLoop(${body.name || "body"})`, carry, (...inputs) => {
    const next = flatten(body(unflatten<C>(structure, inputs)), "whileLoop: the next carry");
    return checkCarry("whileLoop", structure, carry, next);
  });
  const results = bind(whilePrimitive, [...asked.captures, ...step.captures, ...carry], {
    condition: asked.graph,
    body: step.graph,
    conditionConstants: asked.captures.length,
    bodyConstants: step.captures.length,
  });
  return unflatten<C>(structure, results);
}

/** A predicate as i32 0 or 1. */
export const isTrue = (x: Tensor): Tensor =>
  convert(x.dtype === "bool" ? x : choose("ne", x, convert(scalar(0, "f32"), x.dtype)), "i32");
