import type { Expression, Local } from "../../kernel/expression.js";
import type { Accumulator, Statement } from "../../kernel/kernel.js";
import { operands } from "../../kernel/traverse.js";
import { localGet, localSet, localTee, simdOp } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import * as simd from "./simdOpcodes.js";
import { type Scope, temporary, vectorConstant } from "./scope.js";

/*
 * The largest (or smallest) value in long reductions. f32x4.max is eight x86 instructions, for NaN and the signs of zero; pmax is one.
 * So rounds of whole vectors take pmax(m, x) = m < x ? x : m, which drops a NaN x and the sign of a zero x, and keep apart what was dropped:
 * whether there was a NaN, and whether there was a sign bit clear (max) or set (min). That is put right once, after the rounds.
 */
type Reduce = Extract<Statement, { kind: "reduce" }>;

export interface Extremum {
  readonly op: "min" | "max";
  readonly dtype: "f32" | "f64";
  /** What is folded into the accumulator. */
  readonly value: Expression;
  /** The element last seen, the mask of NaNs, and the AND (max) or OR (min) of all bits, of which the sign counts. */
  readonly last: number;
  readonly nan: number;
  readonly signs: number;
}

const isLocal = (e: Expression, local: Local): boolean => e.kind === "local" && e.local === local;
const reads = (e: Expression, local: Local): boolean => isLocal(e, local) || operands(e).some((x) => reads(x, local));

/** Before it is put right, an accumulator may be read by its own step and merge alone: `accumulator <- max(accumulator, value)`, `max(left, right)`. */
function isPrivate(s: Reduce, a: Accumulator): boolean {
  const others = [
    ...s.body.flatMap((b) => (b.kind === "assign" ? [b.value] : [])),
    ...s.accumulators.flatMap((x) => (x === a ? [] : [x.step, x.merge])),
  ];
  return !others.some((e) => [a.local, a.left, a.right].some((local) => reads(e, local)));
}

/** Opens the bookkeeping for an accumulator of `s` that steps and merges by max or min; `vectors` are its vectors. */
export function openExtremum(
  scope: Scope,
  s: Reduce,
  a: Accumulator,
  vectors: readonly number[],
): Extremum | undefined {
  const { step, merge } = a;
  const { dtype } = a.local;
  if (dtype !== "f32" && dtype !== "f64") return undefined;
  if (step.kind !== "binary" || (step.op !== "min" && step.op !== "max")) return undefined;
  if (!isLocal(step.a, a.local) || reads(step.b, a.local)) return undefined;
  if (merge.kind !== "binary" || merge.op !== step.op) return undefined;
  if (!isLocal(merge.a, a.left) || !isLocal(merge.b, a.right) || !isPrivate(s, a)) return undefined;
  const [last, nan, signs] = [0, 1, 2].map(() => temporary(scope, wasmType.v128));
  const { code } = scope;
  localGet(code, vectorConstant(scope.unit, "i32", [0]));
  localSet(code, nan);
  vectors.forEach((v, k) => {
    localGet(code, v);
    if (k > 0) simdOp(code, step.op === "max" ? simd.v128And : simd.v128Or);
  });
  localSet(code, signs);
  return { op: step.op, dtype, value: step.b, last, nan, signs };
}

/** Leaves the new accumulator on the stack. */
export function emitExtremumStep(code: number[], x: Extremum, accumulator: number, value: () => void): void {
  const f64 = x.dtype === "f64";
  localGet(code, accumulator);
  value();
  localTee(code, x.last);
  if (x.op === "max") simdOp(code, f64 ? simd.f64x2Pmax : simd.f32x4Pmax);
  else simdOp(code, f64 ? simd.f64x2Pmin : simd.f32x4Pmin);
  localGet(code, x.nan);
  localGet(code, x.last);
  localGet(code, x.last);
  simdOp(code, f64 ? simd.f64x2Ne : simd.f32x4Ne);
  simdOp(code, simd.v128Or);
  localSet(code, x.nan);
  localGet(code, x.signs);
  localGet(code, x.last);
  simdOp(code, x.op === "max" ? simd.v128And : simd.v128Or);
  localSet(code, x.signs);
}

/**
 * Puts the vectors right. A zero gets the sign seen in its lane of any of them: where that was seen in another one, that one holds
 * the same zero or beats both, and so the merged result is right. A NaN is put into all: the bits of a mask are one.
 */
export function closeExtremum(scope: Scope, x: Extremum, vectors: readonly number[]): void {
  const { code, unit } = scope;
  const f64 = x.dtype === "f64";
  for (const v of vectors) {
    localGet(code, x.signs);
    localGet(code, vectorConstant(unit, x.dtype, [-0]));
    simdOp(code, simd.v128And);
    localGet(code, v);
    localGet(code, v);
    localGet(code, vectorConstant(unit, x.dtype, [0]));
    simdOp(code, f64 ? simd.f64x2Eq : simd.f32x4Eq);
    simdOp(code, simd.v128Bitselect);
    localGet(code, x.nan);
    simdOp(code, simd.v128Or);
    localSet(code, v);
  }
}
