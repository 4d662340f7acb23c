import { pairsInPlace } from "../../compiler/memory/inPlace.js";
import type { BufferType, Procedure } from "../../kernel/procedure.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import { type Contents, arrayOf } from "../../tensor/tensor.js";
import { counters } from "../counters.js";
import { interpretedProgram } from "../interpreter/interpretedProgram.js";
import type { CompiledProgram } from "../program.js";
import { programLayout } from "../programLayout.js";
import { emitProcedure } from "./emitProcedure.js";
import { ensureBytes, generation, initialPages, programMemory } from "./memory.js";
import { arenaStart } from "./memoryLayout.js";
import {
  type Resident,
  beginCall,
  minimalResidentBytes,
  newResident,
  release,
  residentAddress,
  takeOver,
} from "./residents.js";
import { threading } from "./threading.js";

let hostCalls = 0;
const isNested = (): boolean => hostCalls > 0;
function runNested(body: () => void): void {
  hostCalls++;
  try {
    body();
  } finally {
    hostCalls--;
  }
}

/** Views of the program's places in the arena. Valid for one generation of the memory. */
interface Views {
  readonly generation: number;
  readonly table: Uint32Array;
  readonly parameters: readonly Storage[];
}

/**
 * Compiles a procedure to one wasm module that runs in the shared memory. In the arena lie, from its start, the address
 * table, the parameters and the frame; programs overlay each other, since nothing there outlives a call.
 *
 * @param inputCount how many of the parameters are inputs; the rest are outputs.
 * @throws RangeError if the program needs more than 2 GiB.
 */
export function compileToWasm(procedure: Procedure, inputCount: number): CompiledProgram {
  const emitted = emitProcedure(procedure, initialPages);
  const layout = programLayout("compileToWasm", procedure, inputCount, emitted.tableBytes);
  const addresses = layout.parameters.map((offset) => arenaStart + offset);
  const frame = arenaStart + layout.frame;
  const { parameters } = procedure;
  const outputTypes = parameters.slice(inputCount);
  const module = new WebAssembly.Module(emitted.bytes);
  let instance: WebAssembly.Instance | undefined;
  let entry: ((frame: number, table: number) => void) | undefined;
  let views: Views | undefined;

  // Apart from its call, since V8 allocates the context of its closure at every entry.
  function makeViews(): Views {
    ensureBytes(arenaStart + layout.bytes + emitted.threadBytes, `program "${procedure.name}"`);
    const { buffer } = programMemory();
    return {
      generation: generation(),
      table: new Uint32Array(buffer, arenaStart, parameters.length),
      parameters: parameters.map(({ dtype, length }, k) => dtypes[dtype].view(buffer, addresses[k], length)),
    };
  }

  /** Collects the addresses of a host step; with the last of them, calls it on copies. */
  const collected: number[] = [];
  function host(step: number, address: number): void {
    const called = emitted.hostSteps[step];
    if (called.kind === "parallel") {
      if (collected.push(address) < called.division.own.length) return;
      threading()?.run(instance as WebAssembly.Instance, called, collected, arenaStart + layout.bytes);
      collected.length = 0;
      return;
    }
    const { types, call } = called;
    if (collected.push(address) < types.length) return;
    const { buffer } = programMemory();
    const storages = types.map(({ dtype, length }, k) => dtypes[dtype].view(buffer, collected[k], length).slice());
    collected.length = 0;
    runNested(() => call(storages));
  }

  function instantiate(): (frame: number, table: number) => void {
    instance = new WebAssembly.Instance(module, { env: { memory: programMemory(), host } });
    if (emitted.threadBytes > 0) threading()?.know(instance, module);
    // The assembler has exported it with this signature.
    return instance.exports["run"] as (frame: number, table: number) => void;
  }

  /**
   * @param changing the caller overwrites input k between calls, so it must not become resident.
   * @param homes where outputs go instead of the arena, by output; called when the inputs have their places.
   */
  function execute(
    inputs: readonly Contents[],
    changing?: readonly boolean[],
    homes?: () => readonly (Resident | undefined)[],
  ): Views {
    if (inputs.length !== inputCount)
      throw new Error(`program "${procedure.name}" takes ${inputCount} inputs and got ${inputs.length}.`);
    if (views?.generation !== generation()) views = makeViews();
    const now = views;
    beginCall();
    const { table } = now;
    for (let k = 0; k < inputCount; k++) {
      const contents = inputs[k];
      const place = now.parameters[k];
      const resident = changing?.[k] === true ? undefined : residentAddress(contents, parameters[k]);
      if (resident === undefined) {
        const storage = arrayOf(contents);
        if (storage.byteLength !== place.byteLength) wrongLength(procedure, k, storage);
        place.set(storage);
      }
      table[k] = resident ?? addresses[k];
    }
    const elsewhere = homes?.();
    for (let k = inputCount; k < addresses.length; k++) table[k] = elsewhere?.[k - inputCount]?.address ?? addresses[k];
    entry ??= instantiate();
    entry(frame, arenaStart);
    counters.wasmCalls++;
    return now;
  }

  /** Inside a host call the arena belongs to the program that made it: others run in a memory of their own. */
  let apart: CompiledProgram | undefined;
  const nested = (): CompiledProgram => (apart ??= interpretedProgram(procedure, inputCount));

  /** The last mask of donated inputs, and for each output that stays resident then the input that it comes after. */
  let mask: readonly boolean[] | undefined;
  let staying: readonly (Donor | undefined)[] = [];

  const allocate = ({ dtype, length }: BufferType): Storage => dtypes[dtype].allocate(length);

  return {
    procedure,
    inputCount,
    run(inputs) {
      if (isNested()) return nested().run(inputs);
      const now = execute(inputs);
      return outputTypes.map((_, k) => now.parameters[inputCount + k].slice());
    },
    runDonated(inputs, donated) {
      if (isNested()) return nested().run(inputs);
      if (mask !== donated) {
        mask = donated;
        staying = outputsLike(procedure, inputCount, donated);
      }
      // What is passed twice must not be overwritten.
      const distinct = new Set(inputs).size === inputs.length;
      let homes: readonly (Resident | undefined)[] = [];
      const now = execute(
        inputs,
        undefined,
        () =>
          (homes = staying.map(
            (from, k) =>
              from &&
              ((distinct && from.inPlace ? takeOver(inputs[from.input], outputTypes[k]) : undefined) ??
                newResident(outputTypes[k])),
          )),
      );
      inputs.forEach((contents, k) => donated[k] && release(contents));
      return homes.map((home, k) => home ?? now.parameters[inputCount + k].slice());
    },
    bind(captured = []) {
      const inputs = parameters.slice(0, inputCount).map((type, k) => captured[k] ?? allocate(type));
      const outputs = outputTypes.map(allocate);
      const changing = inputs.map((_, k) => captured[k] === undefined);
      return {
        inputs,
        outputs,
        run() {
          if (isNested()) {
            nested()
              .run(inputs)
              .forEach((storage, k) => outputs[k].set(storage));
            return;
          }
          const now = execute(inputs, changing);
          for (let k = 0; k < outputs.length; k++) outputs[k].set(now.parameters[inputCount + k]);
        },
      };
    },
  };
}

/** The donated input that an output comes after. `inPlace`: its elements may be overwritten while the program runs. */
interface Donor {
  readonly input: number;
  readonly inPlace: boolean;
}

/** To each output the first donated input of its type that no other has, unless it is too small to be worth a slot. */
function outputsLike(procedure: Procedure, inputCount: number, donated: readonly boolean[]): (Donor | undefined)[] {
  const { parameters } = procedure;
  const key = ({ dtype, length }: BufferType): string => `${dtype}${length}`;
  const free = new Map<string, number[]>();
  for (let k = inputCount - 1; k >= 0; k--) {
    const type = parameters[k];
    if (!donated[k] || dtypes[type.dtype].bytes * type.length < minimalResidentBytes) continue;
    const others = free.get(key(type));
    if (others === undefined) free.set(key(type), [k]);
    else others.push(k);
  }
  const pairs: [number, number][] = [];
  parameters.slice(inputCount).forEach((type, k) => {
    const input = free.get(key(type))?.pop();
    if (input !== undefined) pairs.push([input, inputCount + k]);
  });
  const donors = new Array<Donor | undefined>(parameters.length - inputCount).fill(undefined);
  pairsInPlace(procedure, pairs).forEach((inPlace, i) => {
    const [input, output] = pairs[i];
    donors[output - inputCount] = { input, inPlace };
  });
  return donors;
}

function wrongLength(procedure: Procedure, k: number, storage: Storage): never {
  const { dtype, length } = procedure.parameters[k];
  throw new Error(
    `program "${procedure.name}": input ${k} is ${storage.constructor.name} of ${storage.length}, expected ${dtype} of ${length}.`,
  );
}
