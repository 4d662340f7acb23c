import { Tensor } from "./tensor.js";

/**
 * A tree is a tensor, or an array or plain object of trees; `undefined` and `null` are empty trees.
 * Object keys are visited in sorted order, so two trees with the same keys have the same structure.
 */
export type Structure =
  | { readonly kind: "leaf" }
  | { readonly kind: "empty" }
  | { readonly kind: "array"; readonly children: readonly Structure[] }
  | { readonly kind: "object"; readonly keys: readonly string[]; readonly children: readonly Structure[] };

export interface Flattened {
  readonly leaves: Tensor[];
  readonly structure: Structure;
}

const LEAF: Structure = { kind: "leaf" };
const EMPTY: Structure = { kind: "empty" };

/**
 * Leaves and structure of a tree. `leafOf` turns what is not a container into a leaf (default: only tensors are leaves).
 * Throws in the name of `operation`, naming the path, for anything else.
 */
export function flatten(
  tree: unknown,
  operation = "tree.flatten",
  leafOf: (value: unknown) => Tensor | undefined = () => undefined,
): Flattened {
  const leaves: Tensor[] = [];
  const ancestors: object[] = [];
  const keys: (string | number)[] = [];
  const path = (): string =>
    keys.map((key, i) => (typeof key === "number" ? `[${key}]` : i === 0 ? key : `.${key}`)).join("");
  const child = (node: unknown, key: string | number): Structure => {
    keys.push(key);
    const structure = visit(node);
    keys.pop();
    return structure;
  };
  const visit = (node: unknown): Structure => {
    if (node === undefined || node === null) return EMPTY;
    const leaf = node instanceof Tensor ? node : leafOf(node);
    if (leaf !== undefined) {
      leaves.push(leaf);
      return LEAF;
    }
    if (typeof node !== "object") throw new TypeError(notATensor(operation, path(), node));
    if (ancestors.includes(node))
      throw new TypeError(
        `${operation}: the tree contains itself at ${path() || "the root"}. A tree may not have cycles.`,
      );
    ancestors.push(node);
    let structure: Structure;
    if (Array.isArray(node)) structure = { kind: "array", children: node.map(child) };
    else {
      if (!isPlain(node)) throw new TypeError(notATensor(operation, path(), node));
      const names = Object.keys(node).sort();
      if (names.includes("__proto__"))
        throw new TypeError(`${operation}: the tree has a key "__proto__" at ${path() || "the root"}. Rename it.`);
      const record = node as Record<string, unknown>;
      // An absent key and an undefined one are the same tree.
      const present = names.filter((name) => record[name] !== undefined);
      structure = { kind: "object", keys: present, children: present.map((name) => child(record[name], name)) };
    }
    ancestors.pop();
    return structure;
  };
  return { structure: visit(tree), leaves };
}

function isPlain(node: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(node);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Appends the leaves of a tree that has the structure `expected`, as `flatten` would give them, and builds nothing else.
 *
 * @returns false for any other tree; what was appended by then is of no use.
 */
export function appendLeaves(
  leaves: Tensor[],
  expected: Structure,
  tree: unknown,
  leafOf: (value: unknown) => Tensor | undefined,
): boolean {
  if (expected.kind === "empty") return tree === undefined || tree === null;
  if (expected.kind === "leaf") {
    const leaf = tree instanceof Tensor ? tree : leafOf(tree);
    return leaf !== undefined && leaves.push(leaf) > 0;
  }
  if (typeof tree !== "object" || tree === null) return false;
  const { children } = expected;
  if (expected.kind === "array") {
    if (!Array.isArray(tree) || tree.length !== children.length) return false;
    for (let i = 0; i < children.length; i++) if (!appendLeaves(leaves, children[i], tree[i], leafOf)) return false;
    return true;
  }
  if (!isPlain(tree)) return false;
  const record = tree as Record<string, unknown>;
  let more = expected.keys.length;
  for (const key in record) if (record[key] !== undefined) more--;
  if (more !== 0) return false;
  for (let i = 0; i < children.length; i++)
    if (!appendLeaves(leaves, children[i], record[expected.keys[i]], leafOf)) return false;
  return true;
}

function notATensor(operation: string, path: string, got: unknown): string {
  const what =
    typeof got === "function"
      ? "a function"
      : typeof got === "object" && got !== null
        ? `an instance of ${got.constructor?.name ?? "an unknown class"}`
        : `${typeof got} ${String(got)}`;
  const hint =
    got instanceof Promise
      ? "Transforms take synchronous functions: await before you call them."
      : typeof got === "number"
        ? "Wrap it with tensor(...)."
        : operation.startsWith("jit(") && typeof got !== "object"
          ? "Name its position in staticArgnums, or close over it."
          : "A tree is a tensor, or an array or plain object of trees.";
  return `${operation}: ${path === "" ? "the value" : `leaf ${path}`} is ${what}, expected a Tensor. ${hint}`;
}

/** The tree with `structure` and `leaves` (of any kind). */
export function unflatten<T>(structure: Structure, leaves: readonly unknown[]): T {
  let next = 0;
  const build = (node: Structure): unknown => {
    if (node.kind === "leaf") return leaves[next++];
    if (node.kind === "empty") return undefined;
    if (node.kind === "array") return node.children.map(build);
    const out: Record<string, unknown> = {};
    node.keys.forEach((key, i) => {
      out[key] = build(node.children[i]);
    });
    return out;
  };
  return build(structure) as T;
}

/** Equal strings mean equal structures. */
export function structureKey(node: Structure): string {
  if (node.kind === "leaf") return "*";
  if (node.kind === "empty") return "-";
  if (node.kind === "array") return `[${node.children.map(structureKey).join()}]`;
  return `{${node.keys.map((key, i) => `${JSON.stringify(key)}:${structureKey(node.children[i])}`).join()}}`;
}

/** `layers[0].weight` for each leaf, in order. */
export function leafPaths(node: Structure, path = ""): string[] {
  if (node.kind === "leaf") return [path];
  if (node.kind === "empty") return [];
  if (node.kind === "array") return node.children.flatMap((child, i) => leafPaths(child, `${path}[${i}]`));
  return node.keys.flatMap((key, i) => leafPaths(node.children[i], path === "" ? key : `${path}.${key}`));
}

/** Flattens further trees against the structure of a first one; throws naming the first difference. */
export function flattenLike(operation: string, first: Structure, tree: unknown, which: string): Tensor[] {
  const { leaves, structure } = flatten(tree, operation);
  if (structureKey(structure) !== structureKey(first))
    throw new TypeError(
      `${operation}: ${which} has leaves {${leafPaths(structure).join(", ")}}, expected the structure of the first, {${leafPaths(first).join(", ")}}.`,
    );
  return leaves;
}
