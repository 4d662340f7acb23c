import { type Storage, dtypes } from "../../tensor/dtype.js";
import type { TensorType } from "../../tensor/shape.js";
import type { BufferType } from "../../kernel/procedure.js";
import { type Address, type Command, FRAME } from "./commands.js";
import { bytesThere, dtypeThere, storageThere } from "./contents.js";
import { hostKernel } from "./hostKernel.js";
import { type GatedStep, type Region, gateWritten } from "./gate.js";
import type { GpuMemory } from "./memory.js";
import type { Pipeline } from "./pipelines.js";
import type { ReadRequest, Session } from "./session.js";
import { groupsOf } from "./shader.js";

export type DispatchCommand = Extract<Command, { kind: "dispatch" }>;

/** A dispatch made ready: its shader, the memories it binds, and where the records of its calls lie. */
export interface Dispatch {
  readonly pipeline: Pipeline;
  /** Which of `bindings`. */
  readonly bindings: number;
  readonly recordBytes: number;
  /** Its workgroups, in as many parts as keep each short. */
  readonly parts: readonly DispatchPart[];
  /** Seconds that a part may take. */
  readonly seconds: number;
}
export interface DispatchPart {
  readonly record: number;
  readonly groups: number;
}
/** Memories of the program that are bound together, and which of them are written. */
export interface Bindings {
  readonly memories: readonly number[];
  readonly written: readonly boolean[];
}

/** What of a program is the same for each run. */
export interface ProgramPlan {
  readonly commands: readonly Command[];
  readonly inputTypes: readonly TensorType[];
  readonly outputTypes: readonly TensorType[];
  readonly dispatches: ReadonlyMap<DispatchCommand, Dispatch>;
  readonly bindings: readonly Bindings[];
  readonly regions: ReadonlyMap<Command, Region>;
  readonly gates: { readonly pipeline: Pipeline; readonly slots: GPUBuffer; readonly open: GPUBuffer } | undefined;
  /** Parameters that lie in the frame during a run, and where. */
  readonly staged: ReadonlyMap<number, number>;
  /** Where an address lies during a run. */
  readonly resolve: (address: Address) => Address;
  readonly groupOf: (bindings: Bindings, memories: readonly GpuMemory[]) => GPUBindGroup;
  readonly recordGroup: (bytes: number) => GPUBindGroup;
}

/** Dispatches of one submission at most, so that the GPU has something to do while more are encoded. */
const SUBMITTED = 4096;
export const RECORD = 256;

/** Encodes and submits one run of a program over its memories: frame, inputs, outputs, more frames. What the host must know in between is asked for by yielding. */
export function* execute(
  session: Session,
  plan: ProgramPlan,
  memories: readonly (GpuMemory | Storage)[],
): Generator<ReadRequest, void, ArrayBuffer> {
  const { gpu, counters } = session;
  const { gates, inputTypes, outputTypes } = plan;
  const { device } = gpu;
  const inputCount = inputTypes.length;
  let encoder: GPUCommandEncoder | undefined;
  let pass: GPUComputePassEncoder | undefined;
  let count = 0;
  let seconds = 0;
  const groups: GPUBindGroup[] = [];
  const submit = (): void => {
    pass?.end();
    pass = undefined;
    if (encoder !== undefined) {
      device.queue.submit([encoder.finish()]);
      counters.submits++;
    }
    encoder = undefined;
    count = 0;
    seconds = 0;
  };
  const copies = (from: number, to: number, forth: boolean): void => {
    for (const [p, place] of plan.staged) {
      if (p < from || p >= to) continue;
      const { memory: frame, byteOffset: offset } = plan.resolve({ memory: FRAME, byteOffset: place });
      const { buffer } = memories[frame] as GpuMemory;
      const memory = memories[1 + p];
      if ("buffer" in memory && "hold" in memory) {
        const bytes = bytesThere(forth ? inputTypes[p] : outputTypes[p - inputCount]);
        if (bytes === 0) continue;
        encoder ??= device.createCommandEncoder();
        if (forth) encoder.copyBufferToBuffer(memory.buffer, 0, buffer, offset, bytes);
        else encoder.copyBufferToBuffer(buffer, offset, memory.buffer, 0, bytes);
      } else {
        const there = storageThere(memory);
        device.queue.writeBuffer(buffer, offset, there.buffer as ArrayBuffer, there.byteOffset, there.byteLength);
      }
    }
  };
  let lastPipeline: GPUComputePipeline | undefined;
  let lastGroup: GPUBindGroup | undefined;
  const begin = (): GPUComputePassEncoder => {
    encoder ??= device.createCommandEncoder();
    if (pass === undefined) {
      pass = encoder.beginComputePass();
      lastPipeline = undefined;
      lastGroup = undefined;
    }
    return pass;
  };
  const gateGroups: GPUBindGroup[] = [];
  const gate = (predicate: number, record: number): void => {
    const pass = begin();
    const { pipeline, slots, open } = gates as NonNullable<typeof gates>;
    const group = (gateGroups[predicate] ??= device.createBindGroup({
      layout: session.pipelines.layout(gateWritten),
      entries: [slots, open, (memories[predicate] as GpuMemory).buffer].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    }));
    pass.setPipeline((lastPipeline = pipeline.pipeline as GPUComputePipeline));
    pass.setBindGroup(0, (lastGroup = group));
    pass.setBindGroup(1, plan.recordGroup(RECORD), [record]);
    pass.dispatchWorkgroups(1);
    counters.dispatches++;
    count++;
  };
  const dispatch = (d: Dispatch, slot?: number): void => {
    for (let k = 0; k < d.parts.length; k++) {
      const { record, groups: workgroups } = d.parts[k];
      // So that no submission takes long.
      if (count >= SUBMITTED || (seconds > 0 && seconds + d.seconds > gpu.longest)) submit();
      const pass = begin();
      const pipeline = d.pipeline.pipeline as GPUComputePipeline;
      if (pipeline !== lastPipeline) pass.setPipeline((lastPipeline = pipeline));
      const group = (groups[d.bindings] ??= plan.groupOf(plan.bindings[d.bindings], memories as readonly GpuMemory[]));
      if (group !== lastGroup) pass.setBindGroup(0, (lastGroup = group));
      pass.setBindGroup(1, plan.recordGroup(d.recordBytes), [record]);
      if (slot === undefined) pass.dispatchWorkgroups(...groupsOf(workgroups));
      else pass.dispatchWorkgroupsIndirect((gates as NonNullable<typeof gates>).slots, 16 * (slot + k));
      counters.dispatches++;
      count++;
      seconds += d.seconds;
    }
  };
  const ask = function* (
    memory: ReadRequest["memory"],
    byteOffset: number,
    bytes: number,
  ): Generator<ReadRequest, ArrayBuffer, ArrayBuffer> {
    submit();
    return yield { memory, byteOffset, bytes };
  };
  const askFor = (address: Address, bytes: number): ReturnType<typeof ask> => {
    const { memory, byteOffset } = plan.resolve(address);
    return ask(memories[memory] as GpuMemory, byteOffset, bytes);
  };
  const values = function* (
    types: readonly BufferType[],
    at: readonly Address[],
  ): Generator<ReadRequest, Storage[], ArrayBuffer> {
    const storages: Storage[] = [];
    for (const [k, t] of types.entries()) {
      const { bytes, view } = dtypes[dtypeThere(t.dtype)];
      const buffer = t.length === 0 ? new ArrayBuffer(0) : yield* askFor(at[k], bytes * t.length);
      storages.push(view(buffer, 0, t.length));
    }
    return storages;
  };
  const encode = (s: GatedStep): void => {
    if (s.kind === "dispatch") dispatch(s.dispatch, s.slot);
    else if (s.kind === "gate") gate(s.predicate, s.record);
    else for (let i = 0; i < s.count; i++) s.steps.forEach(encode);
  };
  /** Passes ahead of the answer, whether it is done; more of them, the longer it goes on. */
  const through = function* ({
    opening,
    pass,
    state,
    ahead,
    limit,
  }: Region): Generator<ReadRequest, void, ArrayBuffer> {
    encode(opening);
    for (let done = 0; done < limit; done += ahead, ahead = Math.min(2 * ahead, 256)) {
      for (let i = done; i < Math.min(limit, done + ahead); i++) pass.forEach(encode);
      if (state === undefined) return;
      const [, running, stalled] = new Uint32Array(
        yield* ask({ buffer: (gates as NonNullable<typeof gates>).slots }, 16 * state, 16),
      );
      if ((running | stalled) === 0) return;
    }
  };
  const all = function* (commands: readonly Command[]): Generator<ReadRequest, void, ArrayBuffer> {
    for (const c of commands) {
      const region = plan.regions.get(c);
      if (region !== undefined) yield* through(region);
      else
        switch (c.kind) {
          case "dispatch": {
            const d = plan.dispatches.get(c);
            if (d !== undefined) dispatch(d);
            break;
          }
          case "while":
            for (let i = 0; i < c.limit; i++) {
              yield* all(c.condition);
              if (new Int32Array(yield* askFor(c.predicate, 4))[0] === 0) break;
              yield* all(c.body);
            }
            break;
          case "switch": {
            const [chosen] = new Int32Array(yield* askFor(c.index, 4));
            yield* all(c.branches[Math.max(0, Math.min(chosen, c.branches.length - 1))]);
            break;
          }
          case "host":
            c.step.call(
              (yield* values(c.step.types, c.at)).map((s, k) =>
                c.step.types[k].dtype === "f64" ? Float64Array.from(s) : s,
              ),
            );
            break;
          case "cpu": {
            const { taken, given, program } = hostKernel(c.kernel);
            const inputs = yield* values(
              taken.map((k) => c.kernel.buffers[k]),
              taken.map((k) => c.at[k]),
            );
            program.run(inputs).forEach((y, k) => {
              const { memory, byteOffset } = plan.resolve(c.at[given[k]]);
              const { buffer } = memories[memory] as GpuMemory;
              device.queue.writeBuffer(buffer, byteOffset, y.buffer as ArrayBuffer, y.byteOffset, y.byteLength);
            });
            break;
          }
        }
    }
  };
  copies(0, inputCount, true);
  yield* all(plan.commands);
  pass?.end();
  pass = undefined;
  copies(inputCount, inputCount + outputTypes.length, false);
  submit();
}
