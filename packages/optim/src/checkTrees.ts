import { type Tensor, tree } from "@cotangent/core";

/** Every leaf must be a float: integers cannot be moved by a fraction. */
export function checkFloats(operation: string, params: unknown): void {
  const entries = tree.entries(params);
  if (entries.length === 0)
    throw new TypeError(
      `${operation}: params has no leaves, expected at least one tensor. Pass the parameters of a model.`,
    );
  for (const [path, leaf] of entries)
    if (leaf.dtype !== "f32" && leaf.dtype !== "f64")
      throw new TypeError(
        `${operation}: ${at("params", path)} is ${describe(leaf)}, expected f32 or f64. Keep integers out of the parameters.`,
      );
}

/** `got` must have the structure, shapes and dtypes of the parameters. */
export function checkLike(operation: string, what: string, got: unknown, params: unknown): void {
  const expected = tree.entries(params);
  const found = new Map(tree.entries(got));
  for (const [path, leaf] of expected) {
    const other = found.get(path);
    if (other === undefined || describe(other) !== describe(leaf))
      throw new TypeError(
        `${operation}: ${at(what, path)} is ${other === undefined ? "missing" : describe(other)}, expected ${describe(leaf)} as ${at("params", path)}. ` +
          remedy(what),
      );
    found.delete(path);
  }
  for (const [path, leaf] of found)
    throw new TypeError(
      `${operation}: ${at(what, path)} is ${describe(leaf)}, but params has no such leaf. ${remedy(what)}`,
    );
}

const remedy = (what: string): string =>
  what === "grads"
    ? "Pass the gradient with respect to these parameters."
    : "Pass the state that init(params) or the last update returned for these parameters.";
const at = (what: string, path: string): string =>
  path === "" ? what : path.startsWith("[") ? `${what}${path}` : `${what}.${path}`;
const describe = (x: Tensor): string => `${x.dtype}[${x.shape.join(", ")}]`;
