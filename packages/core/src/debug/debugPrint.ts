import { hostCall } from "../primitives/hostCall.js";
import { Tensor, isTensor } from "../tensor/tensor.js";

/**
 * Prints values while a program runs, also inside jit, scan and cond, in the order of the program. Under vmap it prints the
 * whole batch (axis 0) once; under grad the forward pass only, once.
 *
 * @param format text in which each `{}` is replaced by the next value; values without a place follow at the end.
 * @param values tensors (possibly traced), or anything else, which is printed as it is now.
 * @example debugPrint("loss {} at step {}", loss, i)
 */
export function debugPrint(format: string, ...values: readonly unknown[]): void {
  if (typeof format !== "string")
    throw new TypeError(
      `debugPrint: the format is ${typeof format}, expected a string, as in debugPrint("x = {}", x).`,
    );
  debugCallback(
    (...tensors) => {
      const known = [...tensors];
      const texts = values.map((v) => String(isTensor(v) ? known.shift() : v));
      const filled = format.replaceAll("{}", () => texts.shift() ?? "{}");
      // oxlint-disable-next-line no-console -- this is what it is for
      console.log([filled, ...texts].join(" "));
    },
    ...values.filter(isTensor),
  );
}

/**
 * Calls a function of the host with the values of tensors while a program runs: to log, to plot, to count. It returns nothing to the
 * program, is never dropped or reordered, and sees what `debugPrint` would print. A program that holds one cannot be serialised.
 *
 * @param callback gets concrete tensors. It may run other programs.
 */
export function debugCallback(callback: (...values: Tensor[]) => void, ...values: readonly Tensor[]): void {
  if (typeof callback !== "function")
    throw new TypeError(`debugCallback: got ${typeof callback}, expected a function of tensors.`);
  values.forEach((v, i) => {
    if (!(v instanceof Tensor)) throw new TypeError(`debugCallback: value ${i} is ${typeof v}, expected a Tensor.`);
  });
  hostCall(callback, values);
}
