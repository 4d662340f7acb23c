import type { Storage } from "./dtype.js";
import { type TensorType, describe, stridesOf } from "./shape.js";

const EDGE = 3;
const FULL_UP_TO = 1000;

/**
 * `f32[2, 3] [[1, 2, 3], [4, 5, 6]]`, in rows as NumPy prints them. Past 1,000 elements each long axis shows its
 * first and last three entries.
 */
export function formatTensor(type: TensorType, storage: Storage): string {
  const { shape, dtype } = type;
  const strides = stridesOf(shape);
  const brief = storage.length > FULL_UP_TO;
  const shown = (n: number): (number | null)[] => {
    if (!brief || n <= 2 * EDGE) return Array.from({ length: n }, (_, i) => i);
    return [0, 1, 2, null, n - 3, n - 2, n - 1];
  };
  const number = (x: number): string => {
    if (dtype === "bool") return x === 0 ? "false" : "true";
    if (dtype === "i32" || dtype === "u32" || !Number.isFinite(x)) return String(x);
    return String(Number(x.toPrecision(dtype === "f32" ? 6 : 8)));
  };
  const cells: string[] = [];
  const collect = (depth: number, offset: number): void => {
    if (depth === shape.length) cells.push(number(storage[offset]));
    else for (const i of shown(shape[depth])) if (i !== null) collect(depth + 1, offset + i * strides[depth]);
  };
  collect(0, 0);
  const width = shape.length > 1 ? Math.max(0, ...cells.map((c) => c.length)) : 0;
  let next = 0;
  const build = (depth: number): string => {
    if (depth === shape.length) return cells[next++].padStart(width);
    const parts = shown(shape[depth]).map((i) => (i === null ? "..." : build(depth + 1)));
    const separator =
      depth === shape.length - 1 ? ", " : `,${"\n".repeat(shape.length - 1 - depth)}${" ".repeat(depth + 1)}`;
    return `[${parts.join(separator)}]`;
  };
  const body = shape.includes(0) ? "[]" : build(0);
  return `${describe(type)}${body.includes("\n") ? "\n" : " "}${body}`;
}
