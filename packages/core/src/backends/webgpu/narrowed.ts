import { type Expression, type Local, binary, constant } from "../../kernel/expression.js";
import type { Accumulator, Kernel, Statement } from "../../kernel/kernel.js";
import { SPLITTER } from "../../kernel/math/errorFree.js";
import type { DType } from "../../tensor/dtype.js";

const LARGEST = 3.4028234663852886e38;
const SMALLEST = 2 ** -126;

/**
 * narrowed : Kernel -> Kernel. WGSL has no f64, in which some functions of f32 are computed: what they compute in between is f32 here, and
 * constants beyond its range are the last within. What cuts a number into halves cuts where those of f32 are.
 */
export function narrowed(kernel: Kernel): Kernel {
  const locals = new Map<Local, Local>();
  const dtype = (d: DType): DType => (d === "f64" ? "f32" : d);
  const local = (l: Local): Local => {
    if (l.dtype !== "f64") return l;
    let narrow = locals.get(l);
    if (narrow === undefined) locals.set(l, (narrow = { name: l.name, dtype: "f32" }));
    return narrow;
  };
  const expression = (e: Expression): Expression => {
    const to = dtype(e.dtype);
    switch (e.kind) {
      case "constant":
        return e.dtype === "f64" ? constant("f32", e.value === SPLITTER.f64 ? SPLITTER.f32 : inRange(e.value)) : e;
      case "local":
        return e.dtype === "f64" ? { ...e, dtype: to, local: local(e.local) } : e;
      case "load":
        return { ...e, dtype: to, index: expression(e.index) };
      case "unary": {
        const x = expression(e.x);
        // One step outside of the exponents of f32 is 0 or infinity.
        const within = e.op === "pow2" && e.dtype === "f64";
        return {
          ...e,
          dtype: to,
          x: within ? binary("min", binary("max", x, constant("f32", -127)), constant("f32", 128)) : x,
        } as Expression;
      }
      case "convert": {
        const x = expression(e.x);
        return x.dtype === to ? x : { ...e, dtype: to, x };
      }
      case "reinterpret":
        return { ...e, x: expression(e.x) };
      case "binary": {
        const [a, b] = [expression(e.a), expression(e.b)];
        // max(x, tiniest) guards divisions: it must not be taken as 0.
        const guard = to === "f32" && (e.op === "min" || e.op === "max");
        return { ...e, dtype: to, a: guard ? normal(a) : a, b: guard ? normal(b) : b };
      }
      case "compare":
        return { ...e, dtype: to, a: expression(e.a), b: expression(e.b) } as Expression;
      case "fma":
        return { ...e, dtype: to, a: expression(e.a), b: expression(e.b), c: expression(e.c) };
      case "select":
        return { ...e, dtype: to, condition: expression(e.condition), a: expression(e.a), b: expression(e.b) };
    }
  };
  const accumulator = (a: Accumulator): Accumulator => ({
    local: local(a.local),
    left: local(a.left),
    right: local(a.right),
    init: expression(a.init),
    step: expression(a.step),
    merge: expression(a.merge),
  });
  const statement = (s: Statement): Statement => {
    switch (s.kind) {
      case "assign":
        return { ...s, local: local(s.local), value: expression(s.value) };
      case "store":
        return { ...s, index: expression(s.index), value: expression(s.value) };
      case "for":
        return { ...s, extent: expression(s.extent), body: s.body.map(statement) };
      case "while":
        return { ...s, condition: expression(s.condition), body: s.body.map(statement) };
      case "if":
        return {
          ...s,
          condition: expression(s.condition),
          then: s.then.map(statement),
          otherwise: s.otherwise.map(statement),
        };
      case "reduce":
        return {
          ...s,
          extent: expression(s.extent),
          body: s.body.map(statement),
          accumulators: s.accumulators.map(accumulator),
        };
    }
  };
  return {
    ...kernel,
    buffers: kernel.buffers.map((b) => ({ ...b, dtype: dtype(b.dtype) })),
    body: kernel.body.map(statement),
  };
}

const normal = (e: Expression): Expression => (e.kind === "constant" ? { ...e, value: inRange(e.value) } : e);
function inRange(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  return Math.sign(value) * Math.max(SMALLEST, Math.min(LARGEST, Math.abs(value)));
}
