import type { BinaryOp, CompareOp, Expression, Local, UnaryOp } from "../../kernel/expression.js";
import { operands } from "../../kernel/traverse.js";
import type { DType } from "../../tensor/dtype.js";
import { binaryOps, compareOps, constantOf, conversion, reinterpretation, unaryOps } from "../interpreter/scalar.js";
import { type ElementAccess, wgslType } from "./shader.js";

/*
 * Expressions of the kernel language as WGSL. Where WGSL leaves open what IEEE 754 and the kernel language fix (NaN in comparisons, minima and
 * conversions, division of integers by zero), a function of the prelude says it; docs/webgpu.md lists what cannot be said.
 */

/** Functions that a shader declares where its text calls them, in an order that lets each use those before it. */
const prelude: Readonly<Record<string, string>> = {
  // `x != x` is folded to false by some drivers, so NaN is known by its bits.
  isNan: "fn isNan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }",
  notEqual: "fn notEqual(a: f32, b: f32) -> bool { return a != b || isNan(a) || isNan(b); }",
  maximum: `fn maximum(a: f32, b: f32) -> f32 {
  let larger = select(select(b, a, a > b), bitcast<f32>(bitcast<u32>(a) & bitcast<u32>(b)), a == b);
  return select(select(larger, b, isNan(b)), a, isNan(a));
}`,
  minimum: `fn minimum(a: f32, b: f32) -> f32 {
  let smaller = select(select(b, a, a < b), bitcast<f32>(bitcast<u32>(a) | bitcast<u32>(b)), a == b);
  return select(select(smaller, b, isNan(b)), a, isNan(a));
}`,
  // The record of the call is unknown to compilers.
  opaque:
    "fn opaque(x: f32) -> f32 { return bitcast<f32>(bitcast<u32>(x) ^ bitcast<u32>(call.infinity) ^ 0x7f800000u); }",
  copySign:
    "fn copySign(x: f32, like: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffffu) | (bitcast<u32>(like) & 0x80000000u)); }",
  pow2: "fn pow2(k: f32) -> f32 { return bitcast<f32>(bitcast<u32>(k + 12583039.0) << 23u); }",
  exponent: "fn exponent(x: f32) -> f32 { return f32(i32((bitcast<u32>(x) >> 23u) & 0xffu) - 127); }",
  mantissa: "fn mantissa(x: f32) -> f32 { return bitcast<f32>((bitcast<u32>(x) & 0x7fffffu) | 0x3f800000u); }",
  quotientI32: "fn quotientI32(a: i32, b: i32) -> i32 { return select(a / select(b, 1, b == 0), 0, b == 0); }",
  quotientU32: "fn quotientU32(a: u32, b: u32) -> u32 { return select(a / select(b, 1u, b == 0u), 0u, b == 0u); }",
  remainderI32: "fn remainderI32(a: i32, b: i32) -> i32 { return select(a % select(b, 1, b == 0), a, b == 0); }",
  remainderU32: "fn remainderU32(a: u32, b: u32) -> u32 { return select(a % select(b, 1u, b == 0u), a, b == 0u); }",
  toI32: `fn toI32(x: f32) -> i32 {
  let inside = i32(clamp(x, -2147483648.0, 2147483520.0));
  return select(select(inside, 2147483647, x >= 2147483648.0), 0, isNan(x));
}`,
  toU32: `fn toU32(x: f32) -> u32 {
  let inside = u32(clamp(x, 0.0, 4294967040.0));
  return select(select(inside, 4294967295u, x >= 4294967296.0), 0u, isNan(x));
}`,
};
const needs: Readonly<Record<string, readonly string[]>> = {
  notEqual: ["isNan"],
  maximum: ["isNan"],
  minimum: ["isNan"],
  toI32: ["isNan"],
  toU32: ["isNan"],
};

const operators: Partial<Record<BinaryOp, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
};
const additive: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["add", "sub"]);
const multiplicative: ReadonlySet<BinaryOp> = new Set<BinaryOp>(["mul", "div"]);
const comparisons: Record<CompareOp, string> = { eq: "==", ne: "!=", lt: "<", le: "<=", gt: ">", ge: ">=" };
const functions: Partial<Record<UnaryOp, string>> = {
  abs: "abs",
  sqrt: "sqrt",
  floor: "floor",
  ceil: "ceil",
  trunc: "trunc",
  nearest: "round",
  pow2: "pow2",
  exponent: "exponent",
  mantissa: "mantissa",
};
const floatPair: Partial<Record<BinaryOp, string>> = { min: "minimum", max: "maximum", copysign: "copySign" };

export class WgslExpressions {
  readonly #memory: ElementAccess;
  readonly #nameOf: (local: Local) => string;
  readonly #bufferIndex: (buffer: number, index: string) => string | undefined;
  readonly #called = new Set<string>();
  readonly #values = new Map<Local, Expression>();

  /** `element` gives the text of an element that is not in storage: scratch in workgroup or private memory. */
  constructor(
    memory: ElementAccess,
    nameOf: (local: Local) => string,
    element: (buffer: number, index: string) => string | undefined,
  ) {
    this.#memory = memory;
    this.#nameOf = nameOf;
    this.#bufferIndex = element;
  }

  /** The declarations of the functions that the text so far calls. */
  prelude(): string[] {
    return Object.keys(prelude)
      .filter((name) => this.#called.has(name))
      .map((name) => prelude[name]);
  }

  text(e: Expression): string {
    const folded = fold(e);
    switch (folded.kind) {
      case "constant":
        return literal(folded.dtype, folded.value);
      case "local":
        return this.#nameOf(folded.local);
      case "load": {
        const index = this.position(folded.index);
        return this.#bufferIndex(folded.buffer, index) ?? this.#memory.load(folded.buffer, index);
      }
      case "unary":
        return this.#unary(folded);
      case "binary":
        return this.#binary(folded);
      case "compare":
        return this.#compare(folded);
      case "select":
        return `select(${this.text(folded.b)}, ${this.text(folded.a)}, ${this.text(folded.condition)})`;
      case "convert":
        return this.#convert(folded.x, folded.dtype);
      case "fma":
        return `fma(${this.text(folded.a)}, ${this.text(folded.b)}, ${this.text(folded.c)})`;
      case "reinterpret":
        return `bitcast<${wgslType[folded.dtype]}>(${this.text(folded.x)})`;
    }
  }

  /** An index as u32. */
  position(e: Expression): string {
    const folded = fold(e);
    return folded.kind === "constant" ? `${folded.value}u` : `u32(${this.text(folded)})`;
  }

  #call(name: string, ...args: readonly string[]): string {
    for (const need of needs[name] ?? []) this.#called.add(need);
    if (name in prelude) this.#called.add(name);
    return `${name}(${args.join(", ")})`;
  }

  #unary({ op, x, dtype }: Extract<Expression, { kind: "unary" }>): string {
    const text = this.text(x);
    if (op === "neg") return dtype === "u32" ? `(0u - ${text})` : `(-${text})`;
    if (op === "not") return dtype === "bool" ? `(!${text})` : `(~${text})`;
    if (op === "abs" && dtype === "u32") return text;
    const name = functions[op];
    if (name === undefined) throw new Error(`WGSL: no ${op} of ${dtype}.`);
    return this.#call(name, text);
  }

  /** A number that compilers cannot know. */
  opaque(text: string): string {
    return this.#call("opaque", text);
  }

  /** Tells what a local stands for, until it is assigned again. */
  define(local: Local, value: Expression): void {
    this.#values.set(local, value);
  }

  #value(e: Expression): Expression {
    const value = e.kind === "local" ? this.#values.get(e.local) : undefined;
    return value === undefined ? e : this.#value(value);
  }

  /**
   * An operand, so that no compiler puts it together with the other. Drivers may, and do: (1 + x) - 1 becomes x, (a - b) + b becomes a, 0 * x
   * and x - x become 0; error terms are made of just those.
   */
  #operand(op: BinaryOp, a: Expression, b: Expression): string {
    const [p, q] = [this.#value(a), this.#value(b)];
    const text = this.text(a);
    if (p.kind === "constant") return p.value === 0 ? this.#call("opaque", text) : text;
    if ((op === "sub" || op === "div") && (p === q || sameLocal(p, q))) return this.#call("opaque", text);
    const family = op === "add" || op === "sub" ? additive : multiplicative;
    if (p.kind !== "binary" || !family.has(p.op)) return text;
    const parts = [this.#value(p.a), this.#value(p.b)];
    const meets = parts.some((x) => x === q || (x.kind === "constant" && q.kind === "constant") || sameLocal(x, q));
    return meets ? this.#call("opaque", text) : text;
  }

  #binary({ op, a, b, dtype }: Extract<Expression, { kind: "binary" }>): string {
    if (dtype === "f32" && (additive.has(op) || multiplicative.has(op)))
      return `(${this.#operand(op, a, b)} ${operators[op]} ${this.#operand(op, b, a)})`;
    const [x, y] = [this.text(a), this.text(b)];
    if (dtype === "bool")
      return op === "xor" ? `(${x} != ${y})` : `(${x} ${op === "and" || op === "min" ? "&" : "|"} ${y})`;
    if (dtype === "f32" && op in floatPair) return this.#call(floatPair[op] as string, x, y);
    if (op === "min" || op === "max") return this.#call(op, x, y);
    if (op === "shl" || op === "shr") {
      const constant = fold(b);
      const distance = constant.kind === "constant" ? `${constant.value & 31}u` : `(u32(${y}) & 31u)`;
      return `(${x} ${operators[op]} ${distance})`;
    }
    if ((op === "div" || op === "rem") && dtype !== "f32") {
      const divisor = fold(b);
      if (divisor.kind !== "constant" || divisor.value <= 0)
        return this.#call(`${op === "div" ? "quotient" : "remainder"}${dtype === "i32" ? "I32" : "U32"}`, x, y);
    }
    return `(${x} ${operators[op]} ${y})`;
  }

  #compare({ op, a, b }: Extract<Expression, { kind: "compare" }>): string {
    const [x, y] = [this.text(a), this.text(b)];
    if (a.dtype === "f32" && op === "ne")
      return a === b || x === y ? this.#call("isNan", x) : this.#call("notEqual", x, y);
    if (a.dtype === "bool" && op !== "eq" && op !== "ne") return `(u32(${x}) ${comparisons[op]} u32(${y}))`;
    return `(${x} ${comparisons[op]} ${y})`;
  }

  #convert(x: Expression, to: DType): string {
    const text = this.text(x);
    if (to === "bool")
      return x.dtype === "f32" ? this.#call("notEqual", text, "0.0") : `(${text} != ${literal(x.dtype, 0)})`;
    if (x.dtype === "f32" && to === "i32") return this.#call("toI32", text);
    if (x.dtype === "f32" && to === "u32") return this.#call("toU32", text);
    return `${wgslType[to]}(${text})`;
  }
}

/** What WGSL would compute while it reads a shader, and refuse where it overflows, is computed here. */
export function fold(e: Expression): Expression {
  if (e.kind === "constant" || e.kind === "local" || e.kind === "load") return e;
  const values: number[] = [];
  for (const x of operands(e)) {
    const folded = fold(x);
    if (folded.kind !== "constant") return e;
    values.push(constantOf(folded.dtype, folded.value));
  }
  const value = evaluate(e, values);
  return value === undefined ? e : { kind: "constant", dtype: e.dtype, value };
}

function evaluate(e: Expression, [x, y, z]: readonly number[]): number | undefined {
  switch (e.kind) {
    case "unary":
      return unaryOps[e.dtype][e.op]?.(x);
    case "binary":
      return binaryOps[e.dtype][e.op]?.(x, y);
    case "compare":
      return compareOps[e.op](x, y);
    case "select":
      return x !== 0 ? y : z;
    case "convert":
      return conversion(e.x.dtype, e.dtype)(x);
    case "reinterpret":
      return reinterpretation(e.x.dtype, e.dtype)(x);
    default:
      return undefined;
  }
}

/** A constant. Those that WGSL has no literal for come with the call. */
export function literal(dtype: DType, value: number): string {
  const v = constantOf(dtype, value);
  switch (dtype) {
    case "bool":
      return v !== 0 ? "true" : "false";
    case "u32":
      return `${v}u`;
    case "i32":
      return v === -(2 ** 31) ? "i32(-2147483648)" : v < 0 ? `(${v}i)` : `${v}i`;
    default: {
      if (Number.isNaN(v)) return "call.nan";
      if (!Number.isFinite(v)) return v > 0 ? "call.infinity" : "(-call.infinity)";
      const text = Object.is(v, -0) ? "-0" : `${v}`;
      const float = /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
      return v < 0 || Object.is(v, -0) ? `(${float})` : float;
    }
  }
}

const sameLocal = (x: Expression, y: Expression): boolean =>
  x.kind === "local" && y.kind === "local" && x.local === y.local;
