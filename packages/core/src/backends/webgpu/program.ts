import { schedule } from "../../compiler/schedule.js";
import type { Graph } from "../../graph/graph.js";
import { effectsOf } from "../../kernel/traverse.js";
import type { Storage } from "../../tensor/dtype.js";
import { type TensorType, describe } from "../../tensor/shape.js";
import { type Contents, Tensor } from "../../tensor/tensor.js";
import { align16 } from "../programLayout.js";
import { Call } from "./call.js";
import { type Address, type Command, FRAME, commandsOf, visitDispatches } from "./commands.js";
import { type Gateable, Gates, gateShader, gateWritten } from "./gate.js";
import { GpuContents, bytesThere } from "./contents.js";
import { emitShader } from "./emitShader.js";
import {
  type Bindings,
  type Dispatch,
  type DispatchCommand,
  type DispatchPart,
  type ProgramPlan,
  RECORD,
} from "./plan.js";
import { execute } from "./execute.js";
import type { GpuMemory } from "./memory.js";
import type { Session } from "./session.js";
import { productShader } from "./productShader.js";
import { sharedProductShader } from "./sharedProductShader.js";
import { type Layout, callBytes, groupsOf } from "./shader.js";
import { rangesOf, secondsOf } from "./workload.js";
import { visitExpressions } from "./visit.js";

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
  #gates: ProgramPlan["gates"];
  readonly #plan: ProgramPlan;

  constructor(session: Session, graph: Graph, name: string) {
    this.#session = session;
    this.#graph = graph;
    this.name = name;
    const procedure = schedule(graph, name, { target: session.target });
    this.#commands = commandsOf(procedure, session.target);
    const types = [...graph.inputs, ...graph.outputs];
    const { piece } = session.target;
    let frameBytes = align16(procedure.frameBytes);
    const stage = (parameter: number): void => {
      if (this.#staged.has(parameter)) return;
      const bytes = align16(bytesThere(types[parameter]));
      if ((frameBytes % piece) + bytes > piece) frameBytes = Math.ceil(frameBytes / piece) * piece;
      this.#staged.set(parameter, frameBytes);
      frameBytes += bytes;
    };
    graph.inputs.forEach((t, p) => t.weak === true && t.shape.length === 0 && stage(p));
    visitDispatches(this.#commands, (d) => {
      for (;;) {
        const { memories } = this.#memoriesOf(d);
        if (memories.length <= session.gpu.bindings) break;
        // The smallest one costs least to copy.
        const direct = memories
          .filter((m) => m !== FRAME && m <= types.length)
          .sort((a, b) => bytesThere(types[a - 1]) - bytesThere(types[b - 1]));
        stage(direct[0] - 1);
      }
    });
    this.#frameBytes = frameBytes;

    const records: Uint32Array[] = [];
    const recordOf = new Map<string, number>();
    const bindingsOf = new Map<string, number>();
    let offset = 0;
    const recordAt = (words: readonly number[]): number => {
      const recordKey = words.join();
      let start = recordOf.get(recordKey);
      if (start === undefined) {
        const record = new Uint32Array((Math.ceil((4 * words.length) / RECORD) * RECORD) / 4);
        record.set(words);
        recordOf.set(recordKey, (start = offset));
        records.push(record);
        offset += record.byteLength;
      }
      return start;
    };
    visitDispatches(this.#commands, (d) => {
      const { memories, written, bindings } = this.#memoriesOf(d);
      const layout: Layout = { bindings, written };
      const { product } = d.phase;
      const aligned = d.at.every((a) => this.#resolve(a).byteOffset % 16 === 0);
      const { code, groups } =
        product === undefined
          ? emitShader(d.phased, d.phase, layout, session.gpu.subgroup)
          : (product.tiling === "shared" ? sharedProductShader : productShader)(
              d.phased.kernel,
              product,
              layout,
              aligned,
            );
      if (groups === 0) return;
      const bytes = Math.ceil(callBytes(d.at.length) / RECORD) * RECORD;
      const seconds = secondsOf(d.phased, d.phase).all;
      const parts = rangesOf(groups, seconds, session.gpu.longest).map(([first, count]): DispatchPart => {
        const offsets = d.at.map((at) => this.#resolve(at).byteOffset / 4);
        return { record: recordAt([first, groupsOf(count)[0], 0x7f800000, 0x7fc00000, ...offsets]), groups: count };
      });
      const key = `${memories.join()}|${written.join()}`;
      let set = bindingsOf.get(key);
      if (set === undefined) bindingsOf.set(key, (set = this.#bindings.push({ memories, written }) - 1));
      this.#dispatches.set(d, {
        pipeline: session.pipelines.pipeline(code, written),
        bindings: set,
        recordBytes: bytes,
        parts,
        seconds: seconds / parts.length,
      });
    });
    const { regions } = this.#makeGates({
      dispatchOf: (d) => this.#dispatches.get(d),
      resolve: (address) => this.#resolve(address),
      recordAt,
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
    if (this.#gates !== undefined) pipelines.add(this.#gates.pipeline);
    this.#ready = Promise.all([...pipelines].map((p) => p.ready));
    this.#plan = {
      commands: this.#commands,
      inputTypes: graph.inputs,
      outputTypes: graph.outputs,
      dispatches: this.#dispatches,
      bindings: this.#bindings,
      regions,
      gates: this.#gates,
      staged: this.#staged,
      resolve: (address) => this.#resolve(address),
      groupOf: (bindings, memories) => this.#groupOf(bindings, memories),
      recordGroup: (bytes) => this.#recordGroup(bytes),
    };
    this.#ready.then(
      () => (this.#ready = undefined),
      () => {},
    );
  }

  #makeGates(of: Gateable): Gates {
    const gates = new Gates(this.#commands, of);
    const { open } = gates;
    if (open.length > 0) {
      const { device } = this.#session.gpu;
      const buffer = (copies: number, usage: number): GPUBuffer => {
        const b = device.createBuffer({ size: open.length * 4 * copies, usage: usage | 0x80 | 0x08 }); // STORAGE, COPY_DST
        device.queue.writeBuffer(b, 0, Uint32Array.from(open));
        return b;
      };
      this.#gates = {
        pipeline: this.#session.pipelines.pipeline(gateShader, gateWritten),
        slots: buffer(1 + gates.depth, 0x100 | 0x04), // INDIRECT, COPY_SRC
        open: buffer(1, 0),
      };
    }
    return gates;
  }

  /** Where an address lies during a run. */
  #resolve({ memory, byteOffset }: Address): Address {
    const start = memory === FRAME ? 0 : this.#staged.get(memory - 1);
    if (start === undefined) return { memory, byteOffset };
    const { piece } = this.#session.target;
    const [at, { inputs, outputs }] = [start + byteOffset, this.#graph];
    const frame = Math.floor(at / piece);
    return { memory: frame === 0 ? FRAME : inputs.length + outputs.length + frame, byteOffset: at % piece };
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
      const { memory, byteOffset } = this.#resolve(address);
      const bytes = 4 * d.phased.kernel.buffers[k].length;
      if (byteOffset + bytes > this.#session.target.piece)
        throw new RangeError(
          `webgpu: ${this.name}: a temporary of ${d.phased.kernel.name} needs ${bytes} bytes in one buffer; this adapter allows ${this.#session.target.piece}. Use smaller tensors or batches, or init("cpu").`,
        );
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
    const holding = (memory: GpuMemory): GpuMemory => {
      held.push(memory);
      return memory;
    };
    const done = (): void => held.forEach((m) => m.release());
    const failed = (message: string): void => call.fail(session.outOfMemory(call, message));
    const valueOf = (x: Tensor, p: number): GpuMemory | Storage => {
      const contents: Contents = x.contents;
      if (!(contents instanceof GpuContents))
        return this.#staged.has(p) ? x.storage : holding(session.uploads.of(x.storage, failed));
      const { memory } = contents;
      if (contents.session !== session)
        throw new Error(
          `webgpu: this ${describe(x)} belongs to another device. Read it with await x.data() and make a new tensor.`,
        );
      call.dependOn(contents.call);
      return holding(memory.hold());
    };
    const allocate = (bytes: number, what: string): GpuMemory =>
      holding(session.pool.allocate(bytes, `${this.name}: ${what}`, failed));
    const { piece } = session.target;
    const pieces = Math.max(1, Math.ceil(this.#frameBytes / piece));
    let values, outputs: GpuMemory[], frame: GpuMemory, frames: GpuMemory[];
    try {
      values = inputs.map(valueOf);
      outputs = this.#graph.outputs.map((t) => allocate(bytesThere(t), `a result of ${describe(t)}`));
      [frame, ...frames] = Array.from({ length: pieces }, (_, k) =>
        allocate(Math.max(16, Math.min(piece, this.#frameBytes - k * piece)), "its temporaries"),
      );
    } catch (error) {
      done();
      throw error;
    }
    const tensors = this.#graph.outputs.map(
      (t, k) => new Tensor(t, new GpuContents(session, t, outputs[k].hold(), call)),
    );
    const plan = this.#plan;
    session.enqueue({
      call,
      ready: this.#ready,
      run: () => execute(session, plan, [frame, ...values, ...outputs, ...frames]),
      done,
    });
    // Before the next call asks for memory: what is given up may be what it gets.
    inputs.forEach((x, p) => donated?.[p] === true && (x.contents as Partial<GpuContents>).dispose?.());
    return tensors;
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
  const wide = outputs.find(isWide);
  if (wide !== undefined)
    throw new TypeError(
      `webgpu: ${name} gives ${describe(wide)}; GPUs have no f64. Cast its arguments with x.astype("f32"), or compute on the CPU: bring them there with await x.to("cpu"), and compile with jit(f, { device: "cpu" }).`,
    );
}
/** f64 of its own accord; weak numbers take the dtype of what they meet. */
export const isWide = (t: TensorType): boolean => t.dtype === "f64" && t.weak !== true;
