import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Expression, load, read } from "../../src/kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop, store } from "../../src/kernel/kernel.js";
import * as math from "../../src/kernel/math/index.js";
import type { Block, MathFunction } from "../../src/kernel/math/index.js";
import { dtypes } from "../../src/tensor/dtype.js";
import { runBoth } from "../backends/bothBackends.js";
import { ulps } from "./ulps.js";

/*
 * Errors in ulps against mpmath (grids/generate.py), special values included, which must be exact. What is promised is 2 ulp for the elementary
 * functions and 1e-13 relative (450 ulp) for the special ones in f64; the bounds here are what a search over millions of random
 * arguments found (see the docstrings), rounded up.
 */
const bounds: Readonly<Record<string, { readonly f32: number; readonly f64: number }>> = {
  exp: { f32: 1, f64: 1 },
  expm1: { f32: 1.3, f64: 1.3 },
  log: { f32: 1, f64: 1 },
  log1p: { f32: 1.5, f64: 1.5 },
  pow: { f32: 1, f64: 1.1 },
  exp2: { f32: 1.2, f64: 1.2 },
  log2: { f32: 0.6, f64: 0.6 },
  log10: { f32: 0.6, f64: 0.6 },
  cbrt: { f32: 0.6, f64: 0.6 },
  hypot: { f32: 1.5, f64: 1.5 },
  asinh: { f32: 1.5, f64: 1.5 },
  acosh: { f32: 1.5, f64: 1.5 },
  atanh: { f32: 1.5, f64: 1.5 },
  sin: { f32: 1, f64: 1 },
  cos: { f32: 1, f64: 1 },
  tan: { f32: 1.5, f64: 1.5 },
  asin: { f32: 2, f64: 2 },
  acos: { f32: 1.5, f64: 1.5 },
  atan: { f32: 1.5, f64: 1.5 },
  atan2: { f32: 1.7, f64: 1.7 },
  sinh: { f32: 1.7, f64: 1.7 },
  cosh: { f32: 1.5, f64: 1.5 },
  tanh: { f32: 1.5, f64: 1.5 },
  sigmoid: { f32: 1.8, f64: 1.8 },
  softplus: { f32: 1.8, f64: 1.8 },
  erf: { f32: 1.5, f64: 1.5 },
  erfc: { f32: 5, f64: 8 },
  erfinv: { f32: 5, f64: 12 },
  // Including negative arguments, away from the zeros of the function there.
  lgamma: { f32: 30, f64: 100 },
  digamma: { f32: 60, f64: 450 },
  gamma: { f32: 10, f64: 10 },
  erfcx: { f32: 5, f64: 8 },
  ndtr: { f32: 5, f64: 8 },
  logNdtr: { f32: 5, f64: 5 },
  ndtri: { f32: 6, f64: 12 },
  i0e: { f32: 6, f64: 10 },
  i1e: { f32: 6, f64: 10 },
  log1pMinus: { f32: 8, f64: 8 },
};

type Cell = number | "Infinity" | "-Infinity" | "NaN";
type Grid = Readonly<Record<"f32" | "f64", readonly (readonly Cell[])[]>>;

const readGrid = (name: string): Grid =>
  JSON.parse(readFileSync(new URL(`grids/${name}.json`, import.meta.url), "utf8")) as Grid;

/** out[i] = f(in0[i], in1[i], ...) */
function kernelOf(f: MathFunction, dtype: "f32" | "f64", arity: number, length: number): Kernel {
  const index = { name: "i", dtype: "i32" } as const;
  const body: Statement[] = [];
  const block: Block = {
    let(value: Expression, name = "t"): Expression {
      const local = { name: `${name}${body.length}`, dtype: value.dtype };
      body.push(assign(local, value));
      return read(local);
    },
  };
  const inputs = Array.from({ length: arity }, (_, k) => k);
  const value = f(block, ...inputs.map((k) => load(dtype, k, read(index))));
  body.push(store(arity, read(index), value));
  return {
    name: "math",
    buffers: [
      ...inputs.map(() => ({ dtype, length, access: "in" as const })),
      { dtype, length, access: "out" as const },
    ],
    body: [forLoop(index, length, body, "lanes")],
  };
}

const mathFunctions: Readonly<Record<string, MathFunction>> = math;

describe.each(Object.keys(mathFunctions))("%s", (name) => {
  const grid = readGrid(name);
  test.each(["f32", "f64"] as const)("%s: within its bound, the same in wasm", (dtype) => {
    const rows = grid[dtype].map((row) => row.map(Number));
    const arity = rows[0].length - (dtype === "f64" ? 2 : 1);
    const inputs = Array.from({ length: arity }, (_, k) => {
      const values = dtypes[dtype].allocate(rows.length);
      rows.forEach((row, i) => (values[i] = row[k]));
      return values;
    });
    const [actual] = runBoth(kernelOf(mathFunctions[name], dtype, arity, rows.length), inputs);
    const misses = rows
      .map((row, i) => ({
        x: row.slice(0, arity),
        actual: actual[i],
        expected: row[arity],
        ulps: ulps(dtype, actual[i], row[arity], row[arity + 1] ?? 0),
      }))
      .filter((row) => !(row.ulps <= bounds[name][dtype]));
    expect(misses).toEqual([]);
  });
});

// Beyond 1e5 (f32) and 1.6e9 (f64) the reduction modulo pi/2 runs out of bits; what is left is promised to be harmless.
test.each(["f32", "f64"] as const)("%s: sin and cos of huge arguments stay within -1 ... 1", (dtype) => {
  const top = dtype === "f32" ? 127 : 1023;
  const x = dtypes[dtype].allocate(2 * top);
  for (let e = 0; e < top; e++) {
    x[2 * e] = 1.7 * 2 ** e;
    x[2 * e + 1] = -1.3 * 2 ** e;
  }
  for (const name of ["sin", "cos"]) {
    const [y] = runBoth(kernelOf(mathFunctions[name], dtype, 1, x.length), [x]);
    expect([...y].filter((v) => !(Math.abs(v) <= 1))).toEqual([]);
  }
});
