import type { Expression, Local } from "../../kernel/expression.js";
import type { DType } from "../../tensor/dtype.js";
import { type WasmFunction, localSet, newLocal, v128Const } from "./assembler.js";
import * as wasmType from "./wasmType.js";
import type { WasmType } from "./wasmType.js";
import { type Numbering, expressionKey } from "../../kernel/structuralKey.js";
import { type Effects, operands } from "../../kernel/traverse.js";

/** What all of one kernel's code shares. */
export interface Unit {
  readonly f: WasmFunction;
  readonly scalars: Map<Local, number>;
  /** v128 constants, each held in a local from the function's start: V8 would build it again at each use. */
  readonly constants: Map<string, number>;
  readonly numbering: Numbering;
  /** The parameter that is the address of the thread's own block, where a kernel has one. */
  readonly block: number | undefined;
}

/** A place where code is emitted: after which locals, inside which loop. */
export interface Scope {
  readonly unit: Unit;
  readonly code: number[];
  readonly loop: Loop | undefined;
  /** Whether the code here may be skipped in an iteration of `loop`. Then a load must not be hoisted: it may be out of range. */
  readonly conditional: boolean;
  /** Locals assigned so far in this and the enclosing blocks: what a loop body must not assign to be run in lanes. */
  readonly declared: Set<Local>;
}

/**
 * A loop under construction. Code that does not change in it goes to `preheader`, which is evaluated in the scope `outer`
 * (and so moves further out where it can). It runs only if the loop runs at least once.
 */
export interface Loop {
  readonly effects: Effects;
  readonly preheader: number[];
  readonly outer: Scope;
  readonly hoisted: Map<string, number>;
  readonly invariance: Map<Expression, Invariance>;
}

type Invariance = "varies" | "loads" | "pure";

export const scalarType: Readonly<Record<DType, WasmType>> = {
  f32: wasmType.f32,
  f64: wasmType.f64,
  i32: wasmType.i32,
  u32: wasmType.i32,
  bool: wasmType.i32,
};
/** log2 of an element's bytes. */
export const shiftOf = (dtype: DType): 2 | 3 => (dtype === "f64" ? 3 : 2);

export function scalarLocal(scope: Scope, local: Local): number {
  const { scalars, f } = scope.unit;
  let n = scalars.get(local);
  if (n === undefined) {
    n = newLocal(f, scalarType[local.dtype]);
    scalars.set(local, n);
  }
  return n;
}

export const temporary = (scope: Scope, type: WasmType): number => newLocal(scope.unit.f, type);

/** Opens a loop. Code of its body goes to scopes made by `bodyScope`; `closeLoop` puts everything in place. */
export function openLoop(scope: Scope, effects: Effects): Loop {
  const preheader: number[] = [];
  return {
    effects,
    preheader,
    // A loop may run zero times in an iteration of the one around it.
    outer: { ...scope, code: preheader, conditional: true },
    hoisted: new Map(),
    invariance: new Map(),
  };
}

export const bodyScope = (loop: Loop, conditional = false): Scope => ({
  unit: loop.outer.unit,
  code: [],
  loop,
  conditional,
  declared: new Set(loop.outer.declared),
});

/** The same place in the loop, but code that runs only sometimes. Shares the code array. */
export const conditionally = (scope: Scope): Scope => ({
  ...scope,
  conditional: true,
  declared: new Set(scope.declared),
});

export function appendCode(to: number[], from: readonly number[]): void {
  for (const byte of from) to.push(byte);
}

function invarianceIn(loop: Loop, e: Expression): Invariance {
  const known = loop.invariance.get(e);
  if (known !== undefined) return known;
  let result: Invariance = "pure";
  if (e.kind === "local") result = loop.effects.assigned.has(e.local) ? "varies" : "pure";
  else {
    if (e.kind === "load") result = loop.effects.stored.has(e.buffer) ? "varies" : "loads";
    for (const x of operands(e)) {
      const inner = invarianceIn(loop, x);
      if (inner === "varies") result = "varies";
      else if (inner === "loads" && result === "pure") result = "loads";
    }
  }
  loop.invariance.set(e, result);
  return result;
}

/** Whether `e` can be computed before the innermost loop instead of here. */
export function isHoistable(scope: Scope, e: Expression): boolean {
  if (scope.loop === undefined) return false;
  const invariance = invarianceIn(scope.loop, e);
  return invariance === "pure" || (invariance === "loads" && !scope.conditional);
}

/**
 * The wasm local that holds something computed once before the innermost loop.
 *
 * @param purpose distinguishes an expression's value, its splat and an address made of it.
 * @param compute leaves the value on the stack, emitting in the scope it is given.
 */
export function hoisted(
  scope: Scope,
  purpose: string,
  e: Expression,
  type: WasmType,
  compute: (outer: Scope) => void,
): number {
  const { loop } = scope;
  if (loop === undefined) throw new Error("hoisted: there is no loop here.");
  const key = `${purpose} ${expressionKey(scope.unit.numbering, e)}`;
  const known = loop.hoisted.get(key);
  if (known !== undefined) return known;
  // A load that is safe at this loop's start keeps its place there; only further out it depends on the trip count.
  compute(loop.outer);
  const local = temporary(scope, type);
  localSet(loop.preheader, local);
  loop.hoisted.set(key, local);
  return local;
}

const bytes = new DataView(new ArrayBuffer(16));
const byteArray = new Uint8Array(bytes.buffer);

/** The local that holds a vector constant, from the element type's view of `values` (repeated to fill 16 bytes). */
export function vectorConstant(unit: Unit, type: "f32" | "f64" | "i32", values: readonly number[]): number {
  for (let i = 0; i < (type === "f64" ? 2 : 4); i++) {
    const value = values[i % values.length];
    if (type === "f32") bytes.setFloat32(4 * i, value, true);
    else if (type === "f64") bytes.setFloat64(8 * i, value, true);
    else bytes.setInt32(4 * i, value | 0, true);
  }
  const key = byteArray.join();
  let local = unit.constants.get(key);
  if (local === undefined) {
    local = newLocal(unit.f, wasmType.v128);
    v128Const(unit.f.prologue, byteArray);
    localSet(unit.f.prologue, local);
    unit.constants.set(key, local);
  }
  return local;
}
