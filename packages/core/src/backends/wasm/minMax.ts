import type { Expression } from "../../kernel/expression.js";
import { constantOf } from "../interpreter/scalar.js";
import { localGet, simdOp } from "./assembler.js";
import * as simd from "./simdOpcodes.js";
import { type Unit, vectorConstant } from "./scope.js";

/**
 * f32x4.min and max cost about seven x86 instructions, for NaN and the signs of zero; pmin and pmax cost one:
 * pmin(a, b) is b < a ? b : a, pmax(a, b) is a < b ? b : a. Where they give the same bits they are used:
 *
 * - `max(x, c)`, c a constant and not NaN: pmax(x, c) keeps a NaN x, and the sign of zero can differ only for c = 0.
 *   x = -0, c = +0 should give +0: adding +0 does that and changes nothing else.
 * - `min` likewise, with the signs exchanged.
 * - `select(b < a, b, a)` and `select(a < b, b, a)` and their mirror images, which are pmin and pmax by definition.
 *
 * @returns false if the expression has none of these forms; then nothing was emitted.
 */
export function emitWithoutSpecialValues(
  code: number[],
  unit: Unit,
  e: Expression,
  vector: (x: Expression) => void,
): boolean {
  if (e.dtype !== "f32" && e.dtype !== "f64") return false;
  const pmin = e.dtype === "f64" ? simd.f64x2Pmin : simd.f32x4Pmin;
  const pmax = e.dtype === "f64" ? simd.f64x2Pmax : simd.f32x4Pmax;

  if (e.kind === "binary" && (e.op === "min" || e.op === "max")) {
    const [x, bound] = e.b.kind === "constant" ? [e.a, e.b] : e.a.kind === "constant" ? [e.b, e.a] : [];
    if (x === undefined || bound?.kind !== "constant") return false;
    const limit = constantOf(e.dtype, bound.value);
    if (Number.isNaN(limit)) return false;
    // min(x, -0) would need a -0 made of +0, and nobody writes it.
    if (e.op === "min" && Object.is(limit, -0)) return false;
    vector(x);
    vector(bound);
    simdOp(code, e.op === "min" ? pmin : pmax);
    if (e.op === "max" && Object.is(limit, 0)) {
      localGet(code, vectorConstant(unit, e.dtype, [0]));
      simdOp(code, e.dtype === "f64" ? simd.f64x2Add : simd.f32x4Add);
    }
    return true;
  }

  if (e.kind === "select" && e.condition.kind === "compare") {
    const { op, a, b } = e.condition;
    if (op !== "lt" && op !== "gt") return false;
    const [small, large] = op === "lt" ? [a, b] : [b, a];
    // The condition is small < large; the arm taken then is e.a.
    if (same(e.a, small) && same(e.b, large)) {
      vector(large);
      vector(small);
      simdOp(code, pmin);
      return true;
    }
    if (same(e.a, large) && same(e.b, small)) {
      vector(small);
      vector(large);
      simdOp(code, pmax);
      return true;
    }
  }
  return false;
}

const same = (x: Expression, y: Expression): boolean =>
  x === y ||
  (x.kind === "local" && y.kind === "local" && x.local === y.local) ||
  (x.kind === "constant" && y.kind === "constant" && x.dtype === y.dtype && Object.is(x.value, y.value));
