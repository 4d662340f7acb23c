import { schedule } from "../../compiler/schedule.js";
import type { Graph } from "../../graph/graph.js";
import { effectsOf } from "../../kernel/traverse.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import { type TensorType, describe } from "../../tensor/shape.js";
import { type Contents, Tensor } from "../../tensor/tensor.js";
import { align16 } from "../programLayout.js";
import { Call } from "./call.js";
import { type Address, type Command, FRAME, commandsOf, visitDispatches } from "./commands.js";
import { GpuContents, bytesThere, dtypeThere, storageThere } from "./contents.js";
import { emitShader } from "./emitShader.js";
import type { GpuMemory } from "./memory.js";
import type { Pipeline } from "./pipelines.js";
import type { Session } from "./session.js";
import { productShader } from "./product.js";
import { type Layout, callBytes } from "./shader.js";
import { visitExpressions } from "./visit.js";

type DispatchCommand = Extract<Command, { kind: "dispatch" }>;

/** A dispatch made ready: its shader, the memories it binds, and where the record of its call lies. */
interface Dispatch {
  readonly pipeline: Pipeline;
  /** Which of `bindings`. */
  readonly bindings: number;
  readonly record: number;
  readonly recordBytes: number;
  readonly groups: number;
}
/** Memories of the program that are bound together, and which of them are written. */
interface Bindings {
  readonly memories: readonly number[];
  readonly written: readonly boolean[];
}

/** Commands of more dispatches than this go to the GPU in several submissions, so that no single one takes long. */
const SUBMITTED = 4096;
/** Workgroups along one axis at most; more are folded. */
const MOST_GROUPS = 65_535;
const RECORD = 256;

/** A graph compiled for one device: the list of its dispatches, which is the same for each run. */
export class GpuProgram {
  readonly name: string;
  readonly #session: Session;
  readonly #graph: Graph;
  readonly #commands: readonly Command[];
  readonly #dispatches = new Map<DispatchCommand, Dispatch>();
  readonly #bindings: Bindings[] = [];
  /** Parameters that lie in the frame during a run: too many for the bindings of a shader, or single numbers. */
  readonly #staged = new Map<number, number>();
  readonly #frameBytes: number;
  readonly #records: GPUBuffer | undefined;
  readonly #recordGroups = new Map<number, GPUBindGroup>();
  #ready: Promise<unknown> | undefined;
  /** Bind groups of the last runs: pooled buffers come back. */
  readonly #groups = new Map<string, GPUBindGroup>();

  constructor(session: Session, graph: Graph, name: string) {
    this.#session = session;
    this.#graph = graph;
    this.name = name;
    const procedure = schedule(graph, name, { target: session.target });
    this.#commands = commandsOf(procedure, session.target);
    const types = [...graph.inputs, ...graph.outputs];
    let frameBytes = align16(procedure.frameBytes);
    const stage = (parameter: number): void => {
      if (this.#staged.has(parameter)) return;
      this.#staged.set(parameter, frameBytes);
      frameBytes += align16(bytesThere(types[parameter]));
    };
    graph.inputs.forEach((t, p) => t.weak === true && t.shape.length === 0 && stage(p));
    visitDispatches(this.#commands, (d) => {
      for (;;) {
        const { memories } = this.#memoriesOf(d);
        if (memories.length <= session.gpu.bindings) break;
        // The smallest one costs least to copy.
        const direct = memories
          .filter((m) => m !== FRAME)
          .sort((a, b) => bytesThere(types[a - 1]) - bytesThere(types[b - 1]));
        stage(direct[0] - 1);
      }
    });
    this.#frameBytes = frameBytes;

    const records: Uint32Array[] = [];
    const recordOf = new Map<string, number>();
    const bindingsOf = new Map<string, number>();
    let offset = 0;
    visitDispatches(this.#commands, (d) => {
      const { memories, written, bindings } = this.#memoriesOf(d);
      const layout: Layout = { bindings, written };
      const { product } = d.phase;
      const aligned = d.at.every((a) => this.#resolve(a).byteOffset % 16 === 0);
      const { code, groups } =
        product === undefined
          ? emitShader(d.phased, d.phase, layout)
          : productShader(d.phased.kernel, product, layout, aligned);
      if (groups === 0) return;
      const bytes = Math.ceil(callBytes(d.at.length) / RECORD) * RECORD;
      const record = new Uint32Array(bytes / 4);
      record[1] = Math.min(groups, MOST_GROUPS);
      record[2] = 0x7f800000;
      record[3] = 0x7fc00000;
      d.at.forEach((a, k) => (record[4 + k] = this.#resolve(a).byteOffset / 4));
      const recordKey = record.join();
      let start = recordOf.get(recordKey);
      if (start === undefined) {
        recordOf.set(recordKey, (start = offset));
        records.push(record);
        offset += bytes;
      }
      const key = `${memories.join()}|${written.join()}`;
      let set = bindingsOf.get(key);
      if (set === undefined) bindingsOf.set(key, (set = this.#bindings.push({ memories, written }) - 1));
      this.#dispatches.set(d, {
        pipeline: session.pipelines.pipeline(code, written),
        bindings: set,
        record: start,
        recordBytes: bytes,
        groups,
      });
    });
    if (offset > 0) {
      const { device } = session.gpu;
      this.#records = device.createBuffer({ size: offset, usage: 0x40 | 0x08 }); // UNIFORM, COPY_DST
      const all = new Uint32Array(offset / 4);
      let at = 0;
      for (const r of records) {
        all.set(r, at);
        at += r.length;
      }
      device.queue.writeBuffer(this.#records, 0, all);
    }
    const pipelines = new Set([...this.#dispatches.values()].map((d) => d.pipeline));
    this.#ready = Promise.all([...pipelines].map((p) => p.ready));
    this.#ready.then(
      () => (this.#ready = undefined),
      () => {},
    );
  }

  /** Where an address lies during a run. */
  #resolve({ memory, byteOffset }: Address): Address {
    const staged = memory === FRAME ? undefined : this.#staged.get(memory - 1);
    return staged === undefined ? { memory, byteOffset } : { memory: FRAME, byteOffset: staged + byteOffset };
  }

  /** The memories that a phase touches, each one binding. */
  #memoriesOf(d: DispatchCommand): { memories: number[]; written: boolean[]; bindings: number[] } {
    const stored = effectsOf(d.phase.body).stored;
    const touched = new Set(stored);
    visitExpressions(d.phase.body, (e) => {
      if (e.kind === "load") touched.add(e.buffer);
    });
    const memories: number[] = [];
    const written: boolean[] = [];
    const bindings = d.at.map((address, k) => {
      const own = d.phased.own.get(k);
      if (!touched.has(k) || (own !== undefined && own.place !== "storage" && stored.has(k))) return -1;
      const { memory } = this.#resolve(address);
      let binding = memories.indexOf(memory);
      if (binding < 0) binding = memories.push(memory) - 1;
      written[binding] = (written[binding] ?? false) || stored.has(k);
      return binding;
    });
    return { memories, written, bindings };
  }

  /** Enqueues one run. Its results are pending tensors. */
  run(inputs: readonly Tensor[], donated?: readonly boolean[]): Tensor[] {
    const session = this.#session;
    session.assertAlive(this.name);
    session.noteContents();
    const call = new Call(this.name);
    const held: GpuMemory[] = [];
    const values: (GpuMemory | Storage)[] = inputs.map((x, p) => {
      const contents: Contents = x.contents;
      if (contents instanceof GpuContents) {
        if (contents.session !== session) {
          contents.session.assertAlive(describe(x));
          throw new Error(
            `webgpu: this ${describe(x)} belongs to another device. Read it with await x.data() and make a new tensor.`,
          );
        }
        call.dependOn(contents.call);
        const memory = contents.memory.hold();
        held.push(memory);
        return memory;
      }
      if (this.#staged.has(p)) return x.storage;
      const memory = session.uploads.of(x.storage);
      held.push(memory);
      return memory;
    });
    const outputs = this.#graph.outputs.map((t) =>
      session.pool.allocate(bytesThere(t), `${this.name}: a result of ${describe(t)}`),
    );
    const frame = session.pool.allocate(Math.max(16, this.#frameBytes), `${this.name}: its temporaries`);
    held.push(frame, ...outputs.map((m) => m.hold()));
    const tensors = this.#graph.outputs.map((t, k) => new Tensor(t, new GpuContents(session, t, outputs[k], call)));
    session.enqueue({
      call,
      ready: this.#ready,
      run: () => this.#execute([frame, ...values, ...outputs]),
      done: () => held.forEach((m) => m.release()),
    });
    // Before the next call asks for memory: what is given up may be what it gets.
    inputs.forEach((x, p) => donated?.[p] === true && (x.contents as Partial<GpuContents>).dispose?.());
    return tensors;
  }

  *#execute(
    memories: readonly (GpuMemory | Storage)[],
  ): Generator<{ memory: GpuMemory; byteOffset: number; bytes: number }, void, ArrayBuffer> {
    const { gpu, counters } = this.#session;
    const { device } = gpu;
    const frame = memories[FRAME] as GpuMemory;
    const inputCount = this.#graph.inputs.length;
    let encoder: GPUCommandEncoder | undefined;
    let pass: GPUComputePassEncoder | undefined;
    let count = 0;
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
    };
    const copies = (from: number, to: number, forth: boolean): void => {
      for (const [p, offset] of this.#staged) {
        if (p < from || p >= to) continue;
        const memory = memories[1 + p];
        if ("buffer" in memory && "hold" in memory) {
          const bytes = bytesThere(forth ? this.#graph.inputs[p] : this.#graph.outputs[p - inputCount]);
          if (bytes === 0) continue;
          encoder ??= device.createCommandEncoder();
          if (forth) encoder.copyBufferToBuffer(memory.buffer, 0, frame.buffer, offset, bytes);
          else encoder.copyBufferToBuffer(frame.buffer, offset, memory.buffer, 0, bytes);
        } else {
          const there = storageThere(memory);
          device.queue.writeBuffer(
            frame.buffer,
            offset,
            there.buffer as ArrayBuffer,
            there.byteOffset,
            there.byteLength,
          );
        }
      }
    };
    let lastPipeline: GPUComputePipeline | undefined;
    let lastGroup: GPUBindGroup | undefined;
    const dispatch = (d: Dispatch): void => {
      encoder ??= device.createCommandEncoder();
      if (pass === undefined) {
        pass = encoder.beginComputePass();
        lastPipeline = undefined;
        lastGroup = undefined;
      }
      const pipeline = d.pipeline.pipeline as GPUComputePipeline;
      if (pipeline !== lastPipeline) pass.setPipeline((lastPipeline = pipeline));
      const group = (groups[d.bindings] ??= this.#groupOf(
        this.#bindings[d.bindings],
        memories as readonly GpuMemory[],
      ));
      if (group !== lastGroup) pass.setBindGroup(0, (lastGroup = group));
      pass.setBindGroup(1, this.#recordGroup(d.recordBytes), [d.record]);
      pass.dispatchWorkgroups(Math.min(d.groups, MOST_GROUPS), Math.ceil(d.groups / MOST_GROUPS));
      counters.dispatches++;
      if (++count >= SUBMITTED) submit();
    };
    const at = (address: Address, bytes: number): { memory: GpuMemory; byteOffset: number; bytes: number } => {
      const { memory, byteOffset } = this.#resolve(address);
      return { memory: memories[memory] as GpuMemory, byteOffset, bytes };
    };
    const ask = function* (
      address: Address,
      bytes: number,
    ): Generator<ReturnType<typeof at>, ArrayBuffer, ArrayBuffer> {
      submit();
      return yield at(address, bytes);
    };
    const dispatches = this.#dispatches;
    const all = function* (commands: readonly Command[]): Generator<ReturnType<typeof at>, void, ArrayBuffer> {
      for (const c of commands)
        switch (c.kind) {
          case "dispatch": {
            const d = dispatches.get(c);
            if (d !== undefined) dispatch(d);
            break;
          }
          case "while":
            for (let i = 0; i < c.limit; i++) {
              yield* all(c.condition);
              if (new Int32Array(yield* ask(c.predicate, 4))[0] === 0) break;
              yield* all(c.body);
            }
            break;
          case "switch": {
            const [chosen] = new Int32Array(yield* ask(c.index, 4));
            yield* all(c.branches[Math.max(0, Math.min(chosen, c.branches.length - 1))]);
            break;
          }
          case "host": {
            const storages: Storage[] = [];
            for (const [k, t] of c.step.types.entries()) {
              const dtype = dtypeThere(t.dtype);
              const bytes = dtypes[dtype].bytes * t.length;
              const buffer = bytes === 0 ? new ArrayBuffer(0) : yield* ask(c.at[k], bytes);
              const storage = dtypes[dtype].view(buffer, 0, t.length);
              storages.push(t.dtype === "f64" ? Float64Array.from(storage) : storage);
            }
            c.step.call(storages);
            break;
          }
        }
    };
    copies(0, inputCount, true);
    yield* all(this.#commands);
    pass?.end();
    pass = undefined;
    copies(inputCount, inputCount + this.#graph.outputs.length, false);
    submit();
  }

  #groupOf({ memories, written }: Bindings, all: readonly GpuMemory[]): GPUBindGroup {
    const key = `${written.join("")}|${memories.map((m) => all[m].id).join()}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      const entries = memories.map((m, binding) => ({ binding, resource: { buffer: all[m].buffer } }));
      group = this.#session.gpu.device.createBindGroup({ layout: this.#session.pipelines.layout(written), entries });
      if (this.#groups.size >= 256) this.#groups.clear();
      this.#groups.set(key, group);
    }
    return group;
  }

  #recordGroup(bytes: number): GPUBindGroup {
    let group = this.#recordGroups.get(bytes);
    if (group === undefined) {
      group = this.#session.gpu.device.createBindGroup({
        layout: this.#session.pipelines.records,
        entries: [{ binding: 0, resource: { buffer: this.#records as GPUBuffer, size: bytes } }],
      });
      this.#recordGroups.set(bytes, group);
    }
    return group;
  }
}

/** @throws TypeError for results that the GPU cannot hold. */
export function refuseF64(name: string, outputs: readonly TensorType[]): void {
  const wide = outputs.find((t) => t.dtype === "f64" && t.weak !== true);
  if (wide !== undefined)
    throw new TypeError(
      `webgpu: ${name} gives ${describe(wide)}; GPUs have no f64. Cast its arguments with x.astype("f32"), or use init("cpu") for double precision.`,
    );
}
