import * as op from "./opcodes.js";
import * as simd from "./simdOpcodes.js";
import * as wasmType from "./wasmType.js";
import type { WasmType } from "./wasmType.js";

/** A function under construction. Locals are numbered parameters first. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: readonly WasmType[];
  readonly locals: WasmType[];
  /** Runs before `code`: constants that a loop far below wants in a local. */
  readonly prologue: number[];
  readonly code: number[];
}

export const wasmFunction = (name: string, parameters: readonly WasmType[]): WasmFunction => ({
  name,
  parameters,
  locals: [],
  prologue: [],
  code: [],
});

/** Declares a local of the function; returns its number. */
export function newLocal(f: WasmFunction, type: WasmType): number {
  f.locals.push(type);
  return f.parameters.length + f.locals.length - 1;
}

export function unsignedLeb(code: number[], value: number): void {
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    code.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
}

export function signedLeb(code: number[], value: bigint): void {
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const done = (rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0);
    code.push(done ? low : low | 0x80);
    if (done) return;
  }
}

export function i32Const(code: number[], value: number): void {
  code.push(op.i32Const);
  // One byte for the common small ones, without a BigInt.
  if (value >= -64 && value < 64) code.push(value & 0x7f);
  else signedLeb(code, BigInt(value | 0));
}
export function i64Const(code: number[], value: bigint): void {
  code.push(op.i64Const);
  signedLeb(code, BigInt.asIntN(64, value));
}

const scratch = new DataView(new ArrayBuffer(16));
const scratchBytes = new Uint8Array(scratch.buffer);

export function f32Const(code: number[], value: number): void {
  scratch.setFloat32(0, value, true);
  code.push(op.f32Const, ...scratchBytes.subarray(0, 4));
}
export function f64Const(code: number[], value: number): void {
  scratch.setFloat64(0, value, true);
  code.push(op.f64Const, ...scratchBytes.subarray(0, 8));
}
/** `v128.const` from 16 bytes. */
export function v128Const(code: number[], bytes: ArrayLike<number>): void {
  simdOp(code, simd.v128Const);
  for (let i = 0; i < 16; i++) code.push(bytes[i]);
}

export const localGet = (code: number[], local: number): void => indexed(code, op.localGet, local);
export const localSet = (code: number[], local: number): void => indexed(code, op.localSet, local);
export const localTee = (code: number[], local: number): void => indexed(code, op.localTee, local);
export const call = (code: number[], target: number): void => indexed(code, op.call, target);

export function indexed(code: number[], opcode: number, index: number): void {
  code.push(opcode);
  unsignedLeb(code, index);
}
export function simdOp(code: number[], opcode: number): void {
  code.push(0xfd);
  unsignedLeb(code, opcode);
}
export function miscOp(code: number[], opcode: number): void {
  code.push(0xfc);
  unsignedLeb(code, opcode);
}
/** The immediates of a memory access: `align` is the logarithm of the promised alignment. */
export function memarg(code: number[], align: number, offset: number): void {
  unsignedLeb(code, align);
  unsignedLeb(code, offset);
}

/** A block without parameters and results. */
export const emptyBlock = 0x40;

export interface WasmModule {
  /** Imported as `env.memory`. */
  readonly memoryPages: number;
  /** Given for a shared memory. */
  readonly maximalPages?: number | undefined;
  /** Parameters of functions imported as `env.<name>`; they are numbered first. */
  readonly imports?: Readonly<Record<string, readonly WasmType[]>>;
  readonly functions: readonly WasmFunction[];
  /** Mutable i32 globals, all starting at 0. */
  readonly globals: number;
  /** Export name -> function number. */
  readonly exports: Readonly<Record<string, number>>;
}

/** The bytes of a module, with a name section so that profilers show what runs. */
export function assemble(module: WasmModule): Uint8Array<ArrayBuffer> {
  const out: number[][] = [[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]];
  const section = (id: number, content: number[]): void => {
    const header = [id];
    unsignedLeb(header, content.length);
    out.push(header, content);
  };

  // Function types by signature; all functions return nothing.
  const types = new Map<string, number>();
  const typeBytes: number[][] = [];
  const typeOf = (parameters: readonly WasmType[]): number => {
    const key = parameters.join();
    const known = types.get(key);
    if (known !== undefined) return known;
    types.set(key, typeBytes.length);
    const bytes = [0x60];
    unsignedLeb(bytes, parameters.length);
    bytes.push(...parameters, 0x00);
    typeBytes.push(bytes);
    return typeBytes.length - 1;
  };
  const functionTypes = module.functions.map((f) => {
    const bytes: number[] = [];
    unsignedLeb(bytes, typeOf(f.parameters));
    return bytes;
  });

  const imported = Object.entries(module.imports ?? {});
  const functionImports = imported.map(([name, parameters]) => {
    const bytes = [...text("env"), ...text(name), 0x00];
    unsignedLeb(bytes, typeOf(parameters));
    return bytes;
  });

  section(1, vector(typeBytes));
  const { maximalPages } = module;
  const memoryImport = [...text("env"), ...text("memory"), 0x02, maximalPages === undefined ? 0x00 : 0x03];
  unsignedLeb(memoryImport, module.memoryPages);
  if (maximalPages !== undefined) unsignedLeb(memoryImport, maximalPages);
  section(2, vector([memoryImport, ...functionImports]));
  section(3, vector(functionTypes));
  if (module.globals > 0)
    section(6, vector(Array.from({ length: module.globals }, () => [wasmType.i32, 0x01, op.i32Const, 0x00, op.end])));
  section(
    7,
    vector(
      Object.entries(module.exports).map(([name, index]) => {
        const bytes = [...text(name), 0x00];
        unsignedLeb(bytes, index);
        return bytes;
      }),
    ),
  );
  section(10, vector(module.functions.map(functionBytes)));
  section(0, nameSection(module.functions, imported.length));

  const bytes = new Uint8Array(out.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of out) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Concatenation without spreading: a driver function may have millions of bytes, more than a call takes arguments. */
function append(to: number[], from: readonly number[]): void {
  for (const byte of from) to.push(byte);
}

function vector(items: readonly (readonly number[])[]): number[] {
  const bytes: number[] = [];
  unsignedLeb(bytes, items.length);
  for (const item of items) append(bytes, item);
  return bytes;
}

function text(value: string): number[] {
  const bytes: number[] = [];
  const encoded = new TextEncoder().encode(value);
  unsignedLeb(bytes, encoded.length);
  bytes.push(...encoded);
  return bytes;
}

function functionBytes(f: WasmFunction): number[] {
  const runs: [WasmType, number][] = [];
  for (const type of f.locals) {
    const last = runs.at(-1);
    if (last?.[0] === type) last[1]++;
    else runs.push([type, 1]);
  }
  const body: number[] = [];
  unsignedLeb(body, runs.length);
  for (const [type, count] of runs) {
    unsignedLeb(body, count);
    body.push(type);
  }
  append(body, f.prologue);
  append(body, f.code);
  body.push(op.end);
  const bytes: number[] = [];
  unsignedLeb(bytes, body.length);
  append(bytes, body);
  return bytes;
}

function nameSection(functions: readonly WasmFunction[], first: number): number[] {
  const names = vector(
    functions.map((f, i) => {
      const bytes: number[] = [];
      unsignedLeb(bytes, first + i);
      append(bytes, text(f.name.slice(0, 100)));
      return bytes;
    }),
  );
  const bytes = [...text("name"), 0x01];
  unsignedLeb(bytes, names.length);
  append(bytes, names);
  return bytes;
}
