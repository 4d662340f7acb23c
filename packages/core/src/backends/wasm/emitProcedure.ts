import type { Kernel } from "../../kernel/kernel.js";
import type { HostStep, LoopArgument, Place, Procedure, Step } from "../../kernel/procedure.js";
import {
  type WasmFunction,
  assemble,
  call,
  emptyBlock,
  i32Const,
  indexed,
  localGet,
  localSet,
  localTee,
  memarg,
  miscOp,
  newLocal,
  unsignedLeb,
  wasmFunction,
} from "./assembler.js";
import * as wasmType from "./wasmType.js";
import { emitKernel, maximalParameters } from "./emitKernel.js";
import { maximalPages } from "./memoryLayout.js";
import * as misc from "./miscOpcodes.js";
import * as op from "./opcodes.js";
import { type ParallelStep, threading } from "./threading.js";
import { kernelKey } from "../../kernel/structuralKey.js";

/** A module that runs one procedure: its export `run(frame, table)` takes the address of the frame and of the parameters' address table. */
export interface ProcedureModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The address table: one word a parameter, then room for the tables of procedures too wide for wasm parameters. */
  readonly tableBytes: number;
  /** Calls of the host, by number: the module imports `host(number, address)` and calls it once for each buffer. */
  readonly hostSteps: readonly (HostStep | ParallelStep)[];
  /** What all threads together need of their own. */
  readonly threadBytes: number;
}

/** A procedure's function. Its first parameter is the frame; the addresses follow, or come from a table at `table`. */
interface Emitted {
  readonly number: number;
  readonly table: number | undefined;
}

interface Module {
  readonly functions: WasmFunction[];
  readonly kernels: Map<string, number>;
  readonly procedures: Map<Procedure, Emitted>;
  readonly hostSteps: (HostStep | ParallelStep)[];
  readonly exports: Record<string, number>;
  tableBytes: number;
}

/** The imported function has number 0; the module's own come after it. */
const hostFunction = 0;
const add = (module: Module, f: WasmFunction): number => module.functions.push(f);

const tableGlobal = 0;

/** Kernels become functions (equal ones one function), procedures functions that hold only calls. */
export function emitProcedure(procedure: Procedure, memoryPages: number): ProcedureModule {
  const module: Module = {
    functions: [],
    kernels: new Map(),
    procedures: new Map(),
    hostSteps: [],
    exports: {},
    tableBytes: 0,
  };
  const threads = threading();
  const main = emitFunction(module, procedure, true);
  const run = wasmFunction("run", [wasmType.i32, wasmType.i32]);
  localGet(run.code, 1);
  indexed(run.code, op.globalSet, tableGlobal);
  localGet(run.code, 0);
  call(run.code, main.number);
  const entry = add(module, run);
  const bytes = assemble({
    memoryPages,
    maximalPages: threads && maximalPages,
    imports: { host: [wasmType.i32, wasmType.i32] },
    functions: module.functions,
    globals: 1,
    exports: { ...module.exports, run: entry },
  });
  const { tableBytes, hostSteps } = module;
  return { bytes, tableBytes, hostSteps, threadBytes: threads?.bytesFor(hostSteps) ?? 0 };
}

// A kernel object is compiled into many modules when it is part of many programs. Equal kernels of one module are emitted once.
const keys = new WeakMap<Kernel, string>();
const emittedKernels = new WeakMap<Kernel, WasmFunction>();

function kernelFunction(module: Module, kernel: Kernel): number {
  let key = keys.get(kernel);
  if (key === undefined) keys.set(kernel, (key = kernelKey(kernel)));
  let number = module.kernels.get(key);
  if (number === undefined) {
    let f = emittedKernels.get(kernel);
    if (f === undefined) emittedKernels.set(kernel, (f = emitKernel(kernel)));
    number = add(module, f);
    module.kernels.set(key, number);
  }
  return number;
}

interface Context {
  readonly module: Module;
  readonly f: WasmFunction;
  readonly table: number | undefined;
}

function emitFunction(module: Module, procedure: Procedure, useTable: boolean): Emitted {
  const known = module.procedures.get(procedure);
  if (known !== undefined) return known;
  const count = procedure.parameters.length;
  const wide = useTable || count > maximalParameters;
  const table = wide ? module.tableBytes : undefined;
  if (wide) module.tableBytes += 4 * count;
  const f = wasmFunction(
    procedure.name,
    Array.from({ length: wide ? 1 : 1 + count }, () => wasmType.i32),
  );
  const context: Context = { module, f, table };
  for (const step of procedure.steps) emitStep(context, step);
  const emitted: Emitted = { number: add(module, f), table };
  module.procedures.set(procedure, emitted);
  return emitted;
}

function pushPlace({ f, table }: Context, place: Place): void {
  if (place.kind === "frame") localGet(f.code, 0);
  else if (table === undefined) localGet(f.code, 1 + place.index);
  else {
    indexed(f.code, op.globalGet, tableGlobal);
    f.code.push(op.i32Load);
    memarg(f.code, 2, table + 4 * place.index);
  }
  if (place.byteOffset === 0) return;
  i32Const(f.code, place.byteOffset);
  f.code.push(op.i32Add);
}

/** The address of an argument in iteration `i` (a wasm local). */
function pushArgument(context: Context, argument: LoopArgument, i: number): void {
  const { code } = context.f;
  pushPlace(context, argument.place);
  if (argument.kind === "stride") {
    localGet(code, i);
    i32Const(code, argument.bytes);
    code.push(op.i32Mul, op.i32Add);
  } else if (argument.kind === "swap") {
    pushPlace(context, argument.other);
    localGet(code, i);
    i32Const(code, 1);
    code.push(op.i32And, op.i32Eqz, op.select);
  }
}

/** Calls a procedure; each of `pushes` leaves one address on the stack. */
function emitCall(context: Context, procedure: Procedure, frame: Place, pushes: readonly (() => void)[]): void {
  if (pushes.length !== procedure.parameters.length)
    throw new Error(
      `procedure "${procedure.name}" takes ${procedure.parameters.length} parameters and is called with ${pushes.length}.`,
    );
  const { code } = context.f;
  const callee = emitFunction(context.module, procedure, false);
  if (callee.table === undefined) {
    pushPlace(context, frame);
    for (const push of pushes) push();
  } else {
    pushes.forEach((push, k) => {
      indexed(code, op.globalGet, tableGlobal);
      push();
      code.push(op.i32Store);
      memarg(code, 2, (callee.table as number) + 4 * k);
    });
    pushPlace(context, frame);
  }
  call(code, callee.number);
}

function emitStep(context: Context, step: Step): void {
  const { code } = context.f;
  switch (step.kind) {
    case "kernel":
      if (step.buffers.length !== step.kernel.buffers.length)
        throw new Error(
          `kernel "${step.kernel.name}" has ${step.kernel.buffers.length} buffers and is called with ${step.buffers.length}.`,
        );
      if (emitParallel(context, step)) return;
      for (const place of step.buffers) pushPlace(context, place);
      return call(code, kernelFunction(context.module, step.kernel));
    case "copy":
      pushPlace(context, step.to);
      pushPlace(context, step.from);
      i32Const(code, step.bytes);
      miscOp(code, misc.memoryCopy);
      code.push(0x00, 0x00);
      return;
    case "loop":
      return emitRounds(context, step.count, (i) =>
        emitCall(context, step.body, step.frame, argumentPushes(context, step.arguments, i)),
      );
    case "while":
      return emitRounds(context, step.limit, (i) => {
        const condition = argumentPushes(context, step.conditionArguments, i);
        emitCall(context, step.condition, step.frame, [...condition, () => pushPlace(context, step.predicate)]);
        pushPlace(context, step.predicate);
        code.push(op.i32Load);
        memarg(code, 2, 0);
        code.push(op.i32Eqz);
        indexed(code, op.brIf, 1);
        emitCall(context, step.body, step.frame, argumentPushes(context, step.bodyArguments, i));
      });
    case "switch":
      return emitSwitch(context, step);
    case "host":
      return emitHost(context, step, step.buffers);
  }
}

/** Calls the host with one address after the other. */
function emitHost(context: Context, step: HostStep | ParallelStep, buffers: readonly Place[]): void {
  const { code } = context.f;
  const number = context.module.hostSteps.push(step) - 1;
  const pushAddress = (push: () => void): void => {
    i32Const(code, number);
    push();
    call(code, hostFunction);
  };
  for (const place of buffers) pushAddress(() => pushPlace(context, place));
  if (buffers.length === 0) pushAddress(() => i32Const(code, 0));
}

/** Leaves a kernel that is worth it to the threads. */
function emitParallel(context: Context, { kernel, buffers }: Extract<Step, { kind: "kernel" }>): boolean {
  const division = threading()?.divide(kernel);
  if (division === undefined) return false;
  const number = kernelFunction(context.module, division.kernel);
  context.module.exports[`k${number}`] = number;
  emitHost(context, { kind: "parallel", division, number }, buffers);
  return true;
}

const argumentPushes = (context: Context, args: readonly LoopArgument[], i: number): (() => void)[] =>
  args.map((argument) => () => pushArgument(context, argument, i));

/** for (i = 0; i < rounds; i++) body(i), inside a block, so that label 1 of the body leaves the loop. */
function emitRounds(context: Context, rounds: number, body: (i: number) => void): void {
  const count = Math.min(rounds, 2 ** 31 - 1);
  if (count <= 0) return;
  const { f } = context;
  const { code } = f;
  const i = newLocal(f, wasmType.i32);
  i32Const(code, 0);
  localSet(code, i);
  code.push(op.block, emptyBlock, op.loop, emptyBlock);
  body(i);
  localGet(code, i);
  i32Const(code, 1);
  code.push(op.i32Add);
  localTee(code, i);
  i32Const(code, count);
  code.push(op.i32LtS);
  indexed(code, op.brIf, 0);
  code.push(op.end, op.end);
}

function emitSwitch(context: Context, step: Extract<Step, { kind: "switch" }>): void {
  const { f } = context;
  const { code } = f;
  const last = step.branches.length - 1;
  if (last < 0) throw new Error("switch: there are no branches.");
  const index = newLocal(f, wasmType.i32);
  code.push(op.block, emptyBlock);
  for (let k = 0; k <= last; k++) code.push(op.block, emptyBlock);
  pushPlace(context, step.index);
  code.push(op.i32Load);
  memarg(code, 2, 0);
  localTee(code, index);
  i32Const(code, 0);
  localGet(code, index);
  i32Const(code, 0);
  code.push(op.i32GtS, op.select, op.brTable);
  unsignedLeb(code, last); // the last label is also the default, for all indices above
  for (let k = 0; k <= last; k++) unsignedLeb(code, k);
  step.branches.forEach((branch, k) => {
    code.push(op.end);
    emitCall(
      context,
      branch,
      step.frame,
      step.arguments.map((place) => () => pushPlace(context, place)),
    );
    indexed(code, op.br, last - k);
  });
  code.push(op.end);
}
