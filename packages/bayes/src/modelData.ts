import { isTensor } from "@cotangent/core";

/** Data with its float tensors in f64. @throws RangeError naming the path of a NaN */
export function checkedData<D>(data: D): D {
  return visit(data, "data") as D;
}

function visit(node: unknown, path: string): unknown {
  if (isTensor(node)) {
    const bad = node.storage.findIndex((v) => Number.isNaN(v));
    if (bad >= 0)
      throw new RangeError(
        `model: ${path} is NaN at element ${bad} of [${node.shape.join(", ")}]. Leave missing values out, or model them.`,
      );
    return node.dtype === "f32" ? node.astype("f64") : node;
  }
  if (typeof node === "number" && Number.isNaN(node))
    throw new RangeError(`model: ${path} is NaN. Leave missing values out, or model them.`);
  if (Array.isArray(node)) return node.map((child, i) => visit(child, `${path}[${i}]`));
  if (typeof node === "object" && node !== null && [Object.prototype, null].includes(Object.getPrototypeOf(node)))
    return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, visit(child, `${path}.${key}`)]));
  return node;
}
