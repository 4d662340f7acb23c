import type { Storage } from "../../tensor/dtype.js";
import { type Address, FRAME } from "./commands.js";
import { bytesThere, storageThere } from "./contents.js";
import { type GatedStep, gateWritten } from "./gate.js";
import type { GpuMemory } from "./memory.js";
import { type Dispatch, type ProgramPlan, RECORD } from "./plan.js";
import type { ReadRequest, Session } from "./session.js";
import { groupsOf } from "./shader.js";

/** Dispatches of one submission at most, so that the GPU has something to do while more are encoded. */
const SUBMITTED = 4096;

/** One run of a program as it becomes submissions, over its memories: frame, inputs, outputs, more frames. */
export class Encoding {
  readonly #session: Session;
  readonly #plan: ProgramPlan;
  readonly #memories: readonly (GpuMemory | Storage)[];
  #encoder: GPUCommandEncoder | undefined;
  #pass: GPUComputePassEncoder | undefined;
  #pipeline: GPUComputePipeline | undefined;
  #group: GPUBindGroup | undefined;
  readonly #groups: GPUBindGroup[] = [];
  readonly #gateGroups: GPUBindGroup[] = [];
  /** Of what was not yet submitted. */
  #count = 0;
  #seconds = 0;

  constructor(session: Session, plan: ProgramPlan, memories: readonly (GpuMemory | Storage)[]) {
    this.#session = session;
    this.#plan = plan;
    this.#memories = memories;
  }

  submit(): void {
    this.#endPass();
    if (this.#encoder !== undefined) {
      this.#session.gpu.device.queue.submit([this.#encoder.finish()]);
      this.#session.counters.submits++;
    }
    this.#encoder = undefined;
    this.#count = 0;
    this.#seconds = 0;
  }
  #endPass(): void {
    this.#pass?.end();
    this.#pass = undefined;
  }

  /** Of what is asked for, where it lies. */
  requestFor(address: Address, bytes: number): ReadRequest {
    return { ...this.#at(address), bytes };
  }
  /** Writes elements that the host has, after all that was submitted. */
  write(address: Address, { buffer: bytes, byteOffset: from, byteLength }: Storage): void {
    const { memory, byteOffset } = this.#at(address);
    this.#session.gpu.device.queue.writeBuffer(memory.buffer, byteOffset, bytes as ArrayBuffer, from, byteLength);
  }
  #at(address: Address): { memory: GpuMemory; byteOffset: number } {
    const { memory, byteOffset } = this.#plan.resolve(address);
    return { memory: this.#memories[memory] as GpuMemory, byteOffset };
  }

  /** Copies the inputs that lie in the frame during a run there, or the outputs from there. */
  stage(side: "inputs" | "outputs"): void {
    this.#endPass();
    const { inputTypes, outputTypes, staged } = this.#plan;
    for (const [p, place] of staged) {
      if (p < inputTypes.length !== (side === "inputs")) continue;
      const address = { memory: FRAME, byteOffset: place };
      const memory = this.#memories[1 + p];
      if (!("hold" in memory)) {
        this.write(address, storageThere(memory));
        continue;
      }
      const bytes = bytesThere([...inputTypes, ...outputTypes][p]);
      if (bytes === 0) continue;
      this.#encoder ??= this.#session.gpu.device.createCommandEncoder();
      const { memory: frame, byteOffset } = this.#at(address);
      if (side === "inputs") this.#encoder.copyBufferToBuffer(memory.buffer, 0, frame.buffer, byteOffset, bytes);
      else this.#encoder.copyBufferToBuffer(frame.buffer, byteOffset, memory.buffer, 0, bytes);
    }
  }

  #begin(pipeline: GPUComputePipeline, group: GPUBindGroup, bytes: number, record: number): GPUComputePassEncoder {
    this.#encoder ??= this.#session.gpu.device.createCommandEncoder();
    if (this.#pass === undefined) {
      this.#pass = this.#encoder.beginComputePass();
      this.#pipeline = undefined;
      this.#group = undefined;
    }
    if (pipeline !== this.#pipeline) this.#pass.setPipeline((this.#pipeline = pipeline));
    if (group !== this.#group) this.#pass.setBindGroup(0, (this.#group = group));
    this.#pass.setBindGroup(1, this.#plan.recordGroup(bytes), [record]);
    this.#session.counters.dispatches++;
    this.#count++;
    return this.#pass;
  }

  /** @param slot where its numbers of workgroups lie, if gates switch it. */
  dispatch(d: Dispatch, slot?: number): void {
    const plan = this.#plan;
    const group = (this.#groups[d.bindings] ??= plan.groupOf(
      plan.bindings[d.bindings],
      this.#memories as readonly GpuMemory[],
    ));
    d.parts.forEach(({ record, groups }, k) => {
      // So that no submission takes long.
      const long = this.#seconds > 0 && this.#seconds + d.seconds > this.#session.gpu.longest;
      if (this.#count >= SUBMITTED || long) this.submit();
      const pass = this.#begin(d.pipeline.pipeline as GPUComputePipeline, group, d.recordBytes, record);
      if (slot === undefined) pass.dispatchWorkgroups(...groupsOf(groups));
      else pass.dispatchWorkgroupsIndirect(this.slots, 16 * (slot + k));
      this.#seconds += d.seconds;
    });
  }

  /** The buffer of the slots of gates. */
  get slots(): GPUBuffer {
    return (this.#plan.gates as NonNullable<ProgramPlan["gates"]>).slots;
  }
  #gate(predicate: number, record: number): void {
    const { pipeline, slots, open } = this.#plan.gates as NonNullable<ProgramPlan["gates"]>;
    const buffers = [slots, open, (this.#memories[predicate] as GpuMemory).buffer];
    const group = (this.#gateGroups[predicate] ??= this.#session.gpu.device.createBindGroup({
      layout: this.#session.pipelines.layout(gateWritten),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    }));
    this.#begin(pipeline.pipeline as GPUComputePipeline, group, RECORD, record).dispatchWorkgroups(1);
  }
  /** What is encoded of a region. */
  gated(step: GatedStep): void {
    if (step.kind === "dispatch") this.dispatch(step.dispatch, step.slot);
    else if (step.kind === "gate") this.#gate(step.predicate, step.record);
    else for (let i = 0; i < step.count; i++) step.steps.forEach((s) => this.gated(s));
  }
}
