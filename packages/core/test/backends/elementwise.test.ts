import { describe, expect, test } from "vitest";
import {
  type BinaryOp,
  type CompareOp,
  type Expression,
  type UnaryOp,
  binary,
  compare,
  constant,
  convert,
  int,
  load,
  read,
  reinterpret,
  select,
  unary,
} from "../../src/kernel/expression.js";
import { type Kernel, forLoop, store } from "../../src/kernel/kernel.js";
import { type DType, type Storage, dtypes } from "../../src/tensor/dtype.js";
import { runBoth } from "./bothBackends.js";

const i = { name: "i", dtype: "i32" } as const;

/** out[i] = value(a[i], b[i]) */
function elementwise(from: DType, to: DType, n: number, value: (a: Expression, b: Expression) => Expression): Kernel {
  return {
    name: "elementwise",
    buffers: [
      { dtype: from, length: n, access: "in" },
      { dtype: from, length: n, access: "in" },
      { dtype: to, length: n, access: "out" },
    ],
    body: [forLoop(i, n, [store(2, read(i), value(load(from, 0, read(i)), load(from, 1, read(i))))], "lanes")],
  };
}

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.49999999999999994,
  1e-310,
  -1e-310,
  5e-324,
  1.1754942e-38,
  1e-45,
  -1e-45,
  1e30,
  -1e30,
  1e300,
  Infinity,
  -Infinity,
  NaN,
  8388607.5,
  8388609,
  4503599627370495.5,
  2147483647,
  2147483648,
  -2147483648,
  -2147483649,
  4294967295,
  4294967296,
  3.7,
  -3.7,
  Math.PI,
];
const integers = [0, 1, -1, 2, -2, 3, 7, -7, 31, 32, 33, 100, 2147483647, -2147483648, 65536, -65537, 123456789];
const values: Record<DType, number[]> = { f32: floats, f64: floats, i32: integers, u32: integers, bool: [0, 1] };

/** All pairs of special values. */
function pairs(dtype: DType): [Storage, Storage] {
  const all = values[dtype].flatMap((x) => values[dtype].map((y) => [x, y]));
  const make = (k: number): Storage => {
    const storage = dtypes[dtype].allocate(all.length);
    all.forEach((pair, at) => (storage[at] = pair[k]));
    return storage;
  };
  return [make(0), make(1)];
}

const float: readonly DType[] = ["f32", "f64"];
const whole: readonly DType[] = ["i32", "u32"];
const unaryDomain: Record<UnaryOp, readonly DType[]> = {
  neg: [...float, ...whole],
  abs: [...float, ...whole],
  sqrt: float,
  floor: float,
  ceil: float,
  trunc: float,
  nearest: float,
  pow2: float,
  exponent: float,
  mantissa: float,
  not: [...whole, "bool"],
};
const binaryDomain: Record<BinaryOp, readonly DType[]> = {
  add: [...float, ...whole],
  sub: [...float, ...whole],
  mul: [...float, ...whole],
  div: [...float, ...whole],
  rem: whole,
  min: [...float, ...whole, "bool"],
  max: [...float, ...whole, "bool"],
  copysign: float,
  and: [...whole, "bool"],
  or: [...whole, "bool"],
  xor: [...whole, "bool"],
  shl: whole,
  shr: whole,
};
const compareOps: readonly CompareOp[] = ["eq", "ne", "lt", "le", "gt", "ge"];
const all: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];

/** The sign of a NaN is not defined, so it must not be copied. */
const notNaN = (x: Expression): Expression =>
  x.dtype === "f32" || x.dtype === "f64" ? select(compare("eq", x, x), x, constant(x.dtype, 1)) : x;

describe("every operation on special values: interpreter = SIMD = scalar wasm", () => {
  const cases: [string, DType, DType, (a: Expression, b: Expression) => Expression][] = [];
  for (const [op, domain] of Object.entries(unaryDomain) as [UnaryOp, readonly DType[]][])
    for (const dtype of domain) cases.push([`${op} ${dtype}`, dtype, dtype, (a) => unary(op, a)]);
  for (const [op, domain] of Object.entries(binaryDomain) as [BinaryOp, readonly DType[]][])
    for (const dtype of domain)
      cases.push([`${op} ${dtype}`, dtype, dtype, (a, b) => binary(op, a, op === "copysign" ? notNaN(b) : b)]);
  for (const op of compareOps) {
    for (const dtype of all) cases.push([`${op} ${dtype}`, dtype, "bool", (a, b) => compare(op, a, b)]);
    for (const dtype of all)
      cases.push([`select ${op} ${dtype}`, dtype, dtype, (a, b) => select(compare(op, a, b), a, b)]);
    for (const dtype of all)
      cases.push([`select not ${op} ${dtype}`, dtype, dtype, (a, b) => select(compare(op, a, b), b, a)]);
  }
  for (const from of all) for (const to of all) cases.push([`${from} to ${to}`, from, to, (a) => convert(to, a)]);
  for (const from of ["f32", "i32", "u32"] as const)
    for (const to of ["f32", "i32", "u32"] as const)
      cases.push([`${from} bits as ${to}`, from, to, (a) => reinterpret(to, notNaN(a))]);
  for (const dtype of [...float, ...whole])
    for (const op of ["min", "max"] as const)
      for (const c of [0, -0, 1, NaN, 1e-60])
        cases.push([`${op} ${dtype} with ${c}`, dtype, dtype, (a, b) => binary(op, b, constant(dtype, c))]);
  for (const dtype of whole)
    for (const op of ["div", "rem", "shl", "shr"] as const)
      for (const c of [0, 1, -1, 3, 8, 33, -2147483648])
        cases.push([`${op} ${dtype} by ${c}`, dtype, dtype, (a) => binary(op, a, constant(dtype, c))]);

  test.each(cases)("%s", (_, from, to, value) => {
    const [a, b] = pairs(from);
    runBoth(elementwise(from, to, a.length, value), [a, b]);
    // An outer serial loop and one iteration fewer than a vector: the scalar path.
    for (const n of [1, 3]) runBoth(elementwise(from, to, n, value), [a.slice(-n), b.slice(-n)]);
  });
});

describe("against what the comments of expression.ts promise", () => {
  const one = (dtype: DType, value: (a: Expression) => Expression, to: DType, x: number): number => {
    const storage = dtypes[dtype].allocate(5);
    storage.fill(x);
    const [out] = runBoth(elementwise(dtype, to, 5, value), [storage, storage]);
    expect(new Set(out).size).toBe(1);
    return out[0];
  };
  test.each([
    ["x / 0 = 0", "i32", (a: Expression) => binary("div", a, int(0)), 7, 0],
    ["INT_MIN / -1 = INT_MIN", "i32", (a: Expression) => binary("div", a, int(-1)), -2147483648, -2147483648],
    ["x rem 0 = x", "i32", (a: Expression) => binary("rem", a, int(0)), -7, -7],
    ["sign of the dividend", "i32", (a: Expression) => binary("rem", a, int(3)), -7, -1],
    ["INT_MIN rem -1 = 0", "i32", (a: Expression) => binary("rem", a, int(-1)), -2147483648, 0],
    ["shift modulo 32", "i32", (a: Expression) => binary("shl", a, int(33)), 3, 6],
    ["shr arithmetic", "i32", (a: Expression) => binary("shr", a, int(1)), -5, -3],
    ["shr logical", "u32", (a: Expression) => binary("shr", a, constant("u32", 1)), 4294967295, 2147483647],
    ["pow2", "f32", (a: Expression) => unary("pow2", a), -126, 2 ** -126],
    ["pow2", "f64", (a: Expression) => unary("pow2", a), 1023, 2 ** 1023],
    ["exponent", "f32", (a: Expression) => unary("exponent", a), 10, 3],
    ["exponent", "f64", (a: Expression) => unary("exponent", a), 0.3, -2],
    ["mantissa", "f64", (a: Expression) => unary("mantissa", a), 12, 1.5],
    ["nearest, half to even", "f64", (a: Expression) => unary("nearest", a), 2.5, 2],
    ["max(-0, 0) = 0", "f32", (a: Expression) => binary("max", a, constant("f32", 0)), -0, 0],
    ["min(0, -0) = -0", "f32", (a: Expression) => binary("min", a, constant("f32", -0)), 0, -0],
    ["max propagates NaN", "f64", (a: Expression) => binary("max", constant("f64", 1), a), NaN, NaN],
  ] as const)("%s (%s)", (_, dtype, value, x, expected) => {
    expect(one(dtype, value, dtype, x)).toBe(expected);
  });
  test.each([
    [NaN, "i32", 0],
    [1e20, "i32", 2147483647],
    [-1e20, "i32", -2147483648],
    [-3.9, "i32", -3],
    [-1, "u32", 0],
    [1e20, "u32", 4294967295],
    [NaN, "bool", 1],
    [-0, "bool", 0],
  ] as const)("convert %d to %s", (x, to, expected) => {
    for (const from of ["f32", "f64"] as const) expect(one(from, (a) => convert(to, a), to, x)).toBe(expected);
  });
});

test.each(all)("tails of all lengths, %s", (dtype) => {
  for (let n = 0; n <= 70; n++) {
    const [a, b] = pairs(dtype).map((s) => {
      const storage = dtypes[dtype].allocate(n);
      for (let k = 0; k < n; k++) storage[k] = s[k % s.length];
      return storage;
    });
    const value = (x: Expression, y: Expression): Expression =>
      dtype === "bool" ? binary("xor", x, y) : binary("add", x, y);
    const known = elementwise(dtype, dtype, n, value);
    runBoth(known, [a, b]);
    // The same with an extent that is only known at run time.
    const dynamic: Kernel = {
      name: "dynamic",
      buffers: [...known.buffers, { dtype: "i32", length: 1, access: "in" }],
      body: known.body.map((s) => (s.kind === "for" ? { ...s, extent: load("i32", 3, int(0)) } : s)),
    };
    runBoth(dynamic, [a, b, Int32Array.of(n)]);
  }
});
