import { type Expression, type Local, add, constant, int, mul, read } from "../../kernel/expression.js";

/* Indices that are known while a procedure is unrolled, but for the lane. */

/** A byte offset in a region: `offset + step * lane`. As a key of maps it is one number. */
export interface Position {
  readonly offset: number;
  readonly step: number;
}
const SHIFT = 2 ** 31;
export const positionOf = (key: number): Position => ({ offset: key % SHIFT, step: Math.floor(key / SHIFT) });

export const keyOf = ({ offset, step }: Position): number | undefined =>
  offset >= 0 && step >= 0 && offset < SHIFT && step < 2 ** 20 ? step * SHIFT + offset : undefined;

/** An index that is known but for the lane. */
export const at = (lane: Local, { offset, step }: Position): Expression => add(mul(read(lane), int(step)), int(offset));

export function affine(e: Expression, lane: Local): Position | undefined {
  if (e.dtype !== "i32") return undefined;
  if (e.kind === "constant") return { offset: e.value, step: 0 };
  if (e.kind === "local") return e.local === lane ? { offset: 0, step: 1 } : undefined;
  if (e.kind !== "binary") return undefined;
  const { op } = e;
  if (op !== "add" && op !== "sub" && op !== "mul") return undefined;
  const a = affine(e.a, lane);
  const b = a && affine(e.b, lane);
  if (a === undefined || b === undefined) return undefined;
  if (op === "mul") {
    if (a.step !== 0 && b.step !== 0) return undefined;
    return { offset: Math.imul(a.offset, b.offset), step: Math.imul(a.step, b.offset) + Math.imul(b.step, a.offset) };
  }
  const sign = op === "add" ? 1 : -1;
  return { offset: (a.offset + sign * b.offset) | 0, step: (a.step + sign * b.step) | 0 };
}

/** An index as `at` writes it, so that it stays short. */
export function canonical(e: Expression, lane: Local): Expression {
  const where = affine(e, lane);
  return where === undefined ? e : at(lane, where);
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

/** Integers and booleans that are known. */
export function fold(e: Expression): Expression {
  if (e.kind === "select") return e.condition.kind !== "constant" ? e : e.condition.value !== 0 ? e.a : e.b;
  if (e.kind !== "binary" && e.kind !== "compare") return e;
  const { op, a, b } = e;
  if (a.kind !== "constant" || b.kind !== "constant" || (a.dtype !== "i32" && a.dtype !== "bool")) return e;
  if (e.kind === "compare") return constant("bool", Number(comparisons[op](a.value, b.value)));
  if (op === "min") return a.value < b.value ? a : b;
  if (op === "max") return a.value > b.value ? a : b;
  if (op === "and" && a.dtype === "bool") return a.value !== 0 ? b : a;
  return e;
}
