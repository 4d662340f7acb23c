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
  const visit = (node: unknown, path: string): Structure => {
    if (node === undefined || node === null) return EMPTY;
    const leaf = node instanceof Tensor ? node : leafOf(node);
    if (leaf !== undefined) {
      leaves.push(leaf);
      return LEAF;
    }
    if (typeof node !== "object") throw new TypeError(notATensor(operation, path, node));
    if (ancestors.includes(node))
      throw new TypeError(
        `${operation}: the tree contains itself at ${path || "the root"}. A tree may not have cycles.`,
      );
    ancestors.push(node);
    let structure: Structure;
    if (Array.isArray(node)) {
      structure = { kind: "array", children: node.map((child, i) => visit(child, `${path}[${i}]`)) };
    } else {
      const prototype: unknown = Object.getPrototypeOf(node);
      if (prototype !== Object.prototype && prototype !== null) throw new TypeError(notATensor(operation, path, node));
      const keys = Object.keys(node).sort();
      if (keys.includes("__proto__"))
        throw new TypeError(`${operation}: the tree has a key "__proto__" at ${path || "the root"}. Rename it.`);
      const record = node as Record<string, unknown>;
      // An absent key and an undefined one are the same tree.
      const present = keys.filter((key) => record[key] !== undefined);
      structure = {
        kind: "object",
        keys: present,
        children: present.map((key) => visit(record[key], path === "" ? key : `${path}.${key}`)),
      };
    }
    ancestors.pop();
    return structure;
  };
  return { structure: visit(tree, ""), leaves };
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
