import { type Elsewhere, filled } from "./tensor.js";
import { flatten } from "./tree.js";

let created: Set<unknown> | undefined;

/** Internal: contents in the memory of a GPU, as they are made. */
export function noteCreated(contents: Elsewhere): void {
  created?.add(contents);
}

/**
 * tidy : (() -> a) -> a. Calls `f`, and frees at once what that computed on the GPU and does not return. On the CPU it only calls `f`: there the
 * collector is enough.
 *
 * @throws TypeError if `f` returns something else than a tree of tensors and numbers; a promise among others: there, use `x.dispose()`.
 * @example const loss = tidy(() => model(params, x).sub(y).square().mean())
 */
export function tidy<T>(f: () => T): T {
  if (typeof f !== "function") throw new TypeError(`tidy: got ${typeof f}, expected a function.`);
  const outer = created;
  const mine = (created = new Set());
  try {
    const result = f();
    const { leaves } = flatten(result, "tidy: the result", (x) =>
      typeof x === "number" ? filled({ shape: [], dtype: "f64" }, x) : undefined,
    );
    for (const { contents } of leaves)
      // What is returned belongs to whoever asked.
      if (mine.delete(contents)) outer?.add(contents);
    return result;
  } finally {
    created = outer;
    for (const contents of mine) (contents as Elsewhere).dispose();
  }
}
