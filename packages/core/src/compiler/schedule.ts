import type { Atom, Equation, Graph, Literal, Variable } from "../graph/graph.js";
import type { Lowering } from "../graph/primitive.js";
import { constant } from "../kernel/expression.js";
import { type Kernel, store } from "../kernel/kernel.js";
import { fma } from "../kernel/multiplyAdd.js";
import { nest } from "../kernel/nest.js";
import type { BufferType, LoopArgument, Place, Procedure, Step } from "../kernel/procedure.js";
import { dtypes } from "../tensor/dtype.js";
import { type TensorType, sizeOf } from "../tensor/shape.js";
import { fuse } from "./fuse/fuse.js";
import { callsOf } from "./fuse/calls.js";
import { group } from "./fuse/group.js";
import { carriesInPlace, inPlaceBody, kernelSharesPlace, updatesLate } from "./memory/inPlace.js";
import { type Buffer, type Move, bytesOf, planMemory } from "./memory/plan.js";
import { type Loop, MOST_ROUNDS, loopKernel } from "./loops/loopKernel.js";
import { simplify } from "./simplify/simplify.js";
import { stages } from "./stages.js";
import type { Target } from "./target.js";

/** Where a value lies while its procedure is being built: a parameter, or a buffer that the memory plan will place. */
type Home =
  | { readonly kind: "parameter"; readonly index: number }
  | { readonly kind: "buffer"; readonly buffer: Buffer };

const isOne = (a: Place, b: Place): boolean =>
  a.byteOffset === b.byteOffset &&
  (a.kind === "parameter" ? b.kind === "parameter" && a.index === b.index : b.kind === "frame");

/** A step with its places still open. */
type OpenStep = (placeOf: (home: Home) => Place) => Step;

const bufferType = (t: TensorType): BufferType => ({ dtype: t.dtype, length: sizeOf(t.shape) });

/** What tests switch off, to compare with: `fuse` (each equation is a kernel of its own), `reuse` (each buffer has a place of its own, or shares it only with what is computed in place), `loops` (loops call their body; `fuse` unless given). */
export interface ScheduleOptions {
  readonly fuse?: boolean;
  readonly reuse?: boolean | "inPlace";
  readonly loops?: boolean;
  readonly target?: Target;
}

/** schedule : Graph -> Procedure. Parameters are the graph's inputs, then its outputs. */
export function schedule(graph: Graph, name = "main", options?: ScheduleOptions): Procedure {
  stages.begin?.("simplify");
  const simplified = updatesLate(simplify(graph));
  stages.begin?.("fuse");
  const fusion = fuse(simplified, options?.fuse);
  stages.begin?.("schedule");
  const { outputs } = simplified.graph;
  const steps: OpenStep[] = [];
  const buffers: Buffer[] = [];
  const moves: Move[] = [];
  const outputBuffers = graph.outputs.map((a, i): Buffer => ({
    bytes: bytesOf(bufferType(a)),
    first: Infinity,
    last: -1,
    parameter: graph.inputs.length + i,
  }));
  const homes = new Map<Variable, Home>();
  const inputCount = graph.inputs.length;
  graph.inputs.forEach((v, i) => homes.set(v, { kind: "parameter", index: i }));

  const outputHome = outputHomes(simplified.graph, simplified.lowering, inputCount);

  const bufferOf = (home: Home): Buffer | undefined =>
    home.kind === "buffer" ? home.buffer : outputBuffers[home.index - inputCount];

  /** A new buffer; its life is extended by `touch`. */
  const allocate = (bytes: number): Home => {
    const buffer: Buffer = { bytes, first: steps.length, last: steps.length };
    buffers.push(buffer);
    return { kind: "buffer", buffer };
  };
  const touch = (home: Home): Home => {
    const buffer = bufferOf(home);
    if (buffer !== undefined) {
      buffer.first = Math.min(buffer.first, steps.length);
      buffer.last = steps.length;
    }
    return home;
  };
  /** Where a step reads an atom; literals get a small kernel that writes them. */
  const source = (a: Atom): Home => {
    if (a.kind === "variable") return homes.get(a) as Home;
    const home = allocate(bytesOf(bufferType(a)));
    const kernel = literalKernel(a);
    emit([home], (at) => ({ kind: "kernel", kernel, buffers: [at(home)] }));
    return home;
  };
  const target = (v: Variable): Home => {
    const home = outputHome.get(v) ?? allocate(bytesOf(bufferType(v)));
    homes.set(v, home);
    return home;
  };
  const emit = (touched: readonly Home[], step: OpenStep): void => {
    touched.forEach(touch);
    steps.push(step);
  };

  const machine = options?.target;
  const items = group(simplified, fusion, options?.fuse, machine?.grouping);
  const calls = callsOf(items, simplified, fusion, machine?.wholeSums);
  for (const item of machine?.joined(calls, simplified) ?? calls) {
    if (item.kind === "call") {
      const from = item.inputs.map(source);
      emitKernel(item.kernel, from, item.outputs.map(target));
      continue;
    }
    const e = item.equation;
    const lowering = simplified.lowering.get(e) as Lowering;
    switch (lowering.kind) {
      case "alias": {
        e.outputs.forEach((v, i) => {
          const home = source(e.inputs[i]);
          const wanted = outputHome.get(v);
          if (wanted === undefined || wanted === home) homes.set(v, home);
          else {
            homes.set(v, wanted);
            emitCopy(home, wanted, v);
          }
        });
        break;
      }
      case "kernel": {
        const { kernel, updates } = lowering;
        const from = e.inputs.map(source);
        const to = e.outputs.map(target);
        if (updates !== undefined) emitCopy(from[updates], to[0], e.outputs[0]);
        emitKernel(
          machine?.instead(e) ?? kernel,
          from.filter((_, i) => i !== updates),
          to,
        );
        break;
      }
      case "scan":
        emitScan(e, lowering);
        break;
      case "while":
        emitWhile(e, lowering);
        break;
      case "switch":
        emitSwitch(e, lowering);
        break;
      case "host": {
        const from = e.inputs.map(source);
        emit(from, (at) => ({
          kind: "host",
          buffers: from.map(at),
          types: e.inputs.map(bufferType),
          call: lowering.call,
        }));
        break;
      }
      default:
        throw new Error(`${e.primitive.name}: ${lowering.kind} was left after fusion`);
    }
  }

  // Outputs that no step wrote in place: inputs passed through, literals, repeated results.
  outputs.forEach((a, i) => {
    const home: Home = { kind: "parameter", index: inputCount + i };
    const from = source(a);
    emitCopy(from, home, a);
  });

  const plan = planMemory(buffers, steps.length + 1, moves, options?.reuse, machine?.piece);
  const placeOf = (home: Home): Place => {
    const index = home.kind === "parameter" ? home.index : plan.parameters.get(home.buffer);
    if (index !== undefined) return { kind: "parameter", index, byteOffset: 0 };
    return {
      kind: "frame",
      byteOffset: plan.offsets.get((home as Extract<Home, { kind: "buffer" }>).buffer) as number,
    };
  };
  return {
    name,
    parameters: [...graph.inputs, ...graph.outputs].map(bufferType),
    steps: steps.map((open) => open(placeOf)).filter((s) => s.kind !== "copy" || !isOne(s.from, s.to)),
    frameBytes: plan.bytes,
  };

  function emitKernel(given: Kernel, from: readonly Home[], to: readonly Home[]): void {
    const kernel = machine?.prepare(given) ?? given;
    const scratch = kernel.buffers.slice(from.length + to.length).map((b) => allocate(bytesOf(b)));
    const all = [...from, ...to, ...scratch];
    to.forEach((b, j) => {
      if (b.kind === "parameter") return;
      from.forEach((a, i) =>
        move(a, b, () => from.indexOf(a) === from.lastIndexOf(a) && kernelSharesPlace(kernel, i, from.length + j)),
      );
    });
    emit(all, (at) => ({ kind: "kernel", kernel, buffers: all.map(at) }));
  }

  function emitCopy(from: Home, to: Home, t: TensorType): void {
    const bytes = sizeOf(t.shape) * (t.dtype === "f64" ? 8 : 4);
    if (bytes === 0) return;
    move(from, to, () => true);
    emit([from, to], (at) => ({ kind: "copy", from: at(from), to: at(to), bytes }));
  }
  /** The next step may find `to` where `from` is. */
  function move(from: Home, to: Home, allowed: () => boolean): void {
    const buffer = bufferOf(to);
    if (from.kind === "buffer" && from.buffer.bytes === buffer?.bytes)
      moves.push({ from: from.buffer, to: buffer, step: steps.length, allowed });
  }

  /** Whether the loop is small enough to be one kernel. */
  function emitLoopKernel(e: Equation, from: readonly Home[], body: Procedure, loop: Omit<Loop, "inputs">): boolean {
    const inputs = body.parameters.length - e.outputs.length;
    const small = (options?.loops ?? options?.fuse) === false ? undefined : loopKernel(body, { ...loop, inputs });
    if (small === undefined) return false;
    const kernel = machine?.prepare(small) ?? small;
    const all = [...from, ...e.outputs.map(target)];
    all.push(...kernel.buffers.slice(all.length).map((b) => allocate(bytesOf(b))));
    emit(all, (at) => ({ kind: "kernel", kernel, buffers: all.map(at) }));
    return true;
  }

  /** A carry is updated in place where the body allows it. Otherwise it alternates between two buffers: the body reads one and writes the other. */
  function emitScan(e: Equation, scan: Extract<Lowering, { kind: "scan" }>): void {
    const { constants, carry, length, reverse } = scan;
    const called = procedureOf(scan.body, `${name}.scan`, options);
    const from = e.inputs.map(source);
    if (emitLoopKernel(e, from, called, scan)) return;
    const places = [constants, scan.body.inputs.length] as const;
    const shared = options?.reuse === false ? [] : carriesInPlace(called, ...places, carry);
    const body = inPlaceBody(called, ...places, shared);
    const pairs = e.outputs.slice(0, carry).map((v, i): readonly [Home, Home] => {
      const bytes = bytesOf(bufferType(v));
      const first = shared[i] ? target(v) : allocate(bytes);
      emitCopy(from[constants + i], first, v);
      return [first, shared[i] ? first : allocate(bytes)];
    });
    const stackedOutputs = e.outputs.slice(carry).map(target);
    const frame = allocate(body.frameBytes);
    const stride = (home: Home, slice: BufferType): ((at: (h: Home) => Place) => LoopArgument) => {
      const bytes = slice.length * (slice.dtype === "f64" ? 8 : 4);
      return (at) => {
        const place = at(home);
        const start = reverse ? { ...place, byteOffset: place.byteOffset + Math.max(0, length - 1) * bytes } : place;
        return { kind: "stride", place: start, bytes: reverse ? -bytes : bytes };
      };
    };
    const slices = from.slice(constants + carry).map((h, i) => stride(h, body.parameters[constants + carry + i]));
    const firstOutput = places[1] + carry;
    const written = stackedOutputs.map((h, i) => stride(h, body.parameters[firstOutput + i]));
    emit([...from, ...pairs.flat(), ...stackedOutputs, frame], (at) => ({
      kind: "loop",
      count: length,
      body,
      arguments: [
        ...from.slice(0, constants).map((h): LoopArgument => ({ kind: "fixed", place: at(h) })),
        ...pairs.map(([a, b]) => alternate(at(a), at(b))),
        ...slices.map((s) => s(at)),
        ...pairs.map(([a, b]) => alternate(at(b), at(a))),
        ...written.map((s) => s(at)),
      ],
      frame: at(frame),
    }));
    e.outputs.slice(0, carry).forEach((v, i) => {
      if (shared[i]) return;
      const last = pairs[i][length % 2];
      const wanted = outputHome.get(v);
      homes.set(v, wanted ?? last);
      if (wanted !== undefined) emitCopy(last, wanted, v);
    });
  }

  /**
   * A carry that is not updated in place is written to a second buffer, which is copied back: how many rounds there are, and so which of
   * two would be the last, is not known.
   */
  function emitWhile(e: Equation, loop: Extract<Lowering, { kind: "while" }>): void {
    const { conditionConstants: nc, bodyConstants: nb } = loop;
    const condition = procedureOf(loop.condition, `${name}.condition`, options);
    const called = procedureOf(loop.body, `${name}.while`, options);
    const from = e.inputs.map(source);
    const whole = { constants: nb, carry: e.outputs.length, length: MOST_ROUNDS, reverse: false };
    // Another device could not be interrupted in a kernel that runs too long.
    if (
      options?.target === undefined &&
      emitLoopKernel(e, from, called, { ...whole, condition: { procedure: condition, constants: nc } })
    )
      return;
    const places = [nb, loop.body.inputs.length] as const;
    const shared = options?.reuse === false ? [] : carriesInPlace(called, ...places, e.outputs.length);
    const body = carriedBack(inPlaceBody(called, ...places, shared), nb, shared);
    const carry = e.outputs.map((v, i) => {
      const home = target(v);
      emitCopy(from[nc + nb + i], home, v);
      return home;
    });
    const next = e.outputs.map((v, i) => (shared[i] ? carry[i] : allocate(bytesOf(bufferType(v)))));
    const predicate = allocate(bytesOf({ dtype: "i32", length: 1 }));
    const frame = allocate(Math.max(condition.frameBytes, body.frameBytes));
    const constants = from.slice(0, nc + nb);
    emit([...constants, ...carry, ...next, predicate, frame], (at) => {
      const fixed = (h: Home): LoopArgument => ({ kind: "fixed", place: at(h) });
      return {
        kind: "while",
        condition,
        conditionArguments: [...constants.slice(0, nc), ...carry].map(fixed),
        predicate: at(predicate),
        body,
        bodyArguments: [...constants.slice(nc), ...carry, ...next].map(fixed),
        frame: at(frame),
        limit: MOST_ROUNDS,
      };
    });
  }

  function emitSwitch(e: Equation, { branches }: Extract<Lowering, { kind: "switch" }>): void {
    const procedures = branches.map((b) => procedureOf(b, `${name}.branch`, options));
    const [choice, ...from] = e.inputs.map(source);
    const to = e.outputs.map(target);
    const frame = allocate(Math.max(...procedures.map((p) => p.frameBytes)));
    const all = [...from, ...to];
    emit([choice, ...all, frame], (at) => ({
      kind: "switch",
      index: at(choice),
      branches: procedures,
      arguments: all.map(at),
      frame: at(frame),
    }));
  }
}

const alternate = (place: Place, other: Place): LoopArgument =>
  isOne(place, other) ? { kind: "fixed", place } : { kind: "swap", place, other };

/** Calls `body` (constants, carry, next carry), then copies the next carry over the carry, unless they are one. */
function carriedBack(body: Procedure, constants: number, shared: readonly boolean[]): Procedure {
  const { parameters, frameBytes } = body;
  const carry = (parameters.length - constants) / 2;
  const parameter = (index: number): Place => ({ kind: "parameter", index, byteOffset: 0 });
  const call: Step = {
    kind: "loop",
    count: 1,
    body,
    arguments: parameters.map((_, i): LoopArgument => ({ kind: "fixed", place: parameter(i) })),
    frame: { kind: "frame", byteOffset: 0 },
  };
  const copies = parameters.slice(constants, constants + carry).flatMap((b, i): Step[] =>
    shared[i]
      ? []
      : [
          {
            kind: "copy",
            from: parameter(constants + carry + i),
            to: parameter(constants + i),
            bytes: b.length * dtypes[b.dtype].bytes,
          },
        ],
  );
  if (copies.length === 0) return body;
  return { name: `${body.name}.round`, parameters, steps: [call, ...copies], frameBytes };
}

/** Without fused multiply-adds, and with them. */
const procedures = [new WeakMap<Graph, Procedure>(), new WeakMap<Graph, Procedure>()] as const;
/** Carried graphs are scheduled once, however often they are called. */
export function procedureOf(graph: Graph, name: string, options?: ScheduleOptions): Procedure {
  if (options !== undefined) return schedule(graph, name, options);
  const known = procedures[fma.on ? 1 : 0];
  let procedure = known.get(graph);
  if (procedure === undefined) known.set(graph, (procedure = schedule(graph, name)));
  return procedure;
}

/** The values that can be computed straight into an output parameter: the first output that returns each one. */
function outputHomes(graph: Graph, lowering: ReadonlyMap<Equation, Lowering>, inputCount: number): Map<Variable, Home> {
  const inputs = new Set<Atom>(graph.inputs);
  const out = new Map<Variable, Home>();
  graph.outputs.forEach((a, i) => {
    if (a.kind === "variable" && !inputs.has(a) && !out.has(a))
      out.set(a, { kind: "parameter", index: inputCount + i });
  });
  const readers = new Map<Atom, number>();
  for (const e of graph.equations) for (const a of e.inputs) readers.set(a, (readers.get(a) ?? 0) + 1);
  const compute = (from: Atom, v: Variable): void => {
    const home = out.get(v);
    if (home !== undefined && from.kind === "variable" && !inputs.has(from) && !out.has(from)) out.set(from, home);
  };
  // A returned alias of a value that is not itself returned: the value is computed in its place. So is one that only the update reads whose result is returned.
  for (let i = graph.equations.length - 1; i >= 0; i--) {
    const e = graph.equations[i];
    const l = lowering.get(e);
    if (l?.kind === "alias") e.outputs.forEach((v, k) => compute(e.inputs[k], v));
    else if (l?.kind === "kernel" && l.updates !== undefined && readers.get(e.inputs[l.updates]) === 1)
      compute(e.inputs[l.updates], e.outputs[0]);
  }
  return out;
}

function literalKernel(a: Literal): Kernel {
  const body = nest([sizeOf(a.shape)], (at) => [store(0, at, constant(a.dtype, a.value))]);
  return { name: "literal", buffers: [{ dtype: a.dtype, length: sizeOf(a.shape), access: "out" }], body };
}
