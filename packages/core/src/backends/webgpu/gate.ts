import type { Address, Command } from "./commands.js";
import type { Dispatch, DispatchCommand } from "./plan.js";
import { groupsOf, mainFunction } from "./shader.js";

/*
 * Loops and choices that the GPU decides. A region, which is an outermost loop or choice with all that is in it, is encoded ahead. Its dispatches are indirect: their numbers of
 * workgroups lie in `slots`, and gates between them write these numbers there, as `open` has them, or zeros. So rounds of a loop are encoded without knowing how many there will be,
 * and all branches of a choice without knowing which is taken.
 *
 * Of a loop within a region some rounds are encoded in each pass over the region. If it is not done by then, it stalls: all else in the region is closed, until the next pass comes to
 * the loop, and the rounds there are enough. What was closed is then as it was, and the pass goes on from there. Stalled loops are nested in each other, so a copy of the slots for each
 * depth remembers what was open.
 */

/** What is encoded of a region. */
export type GatedStep =
  | { readonly kind: "dispatch"; readonly dispatch: Dispatch; readonly slot: number }
  | { readonly kind: "gate"; readonly predicate: number; readonly record: number }
  | { readonly kind: "rounds"; readonly count: number; readonly steps: readonly GatedStep[] };

export interface Region {
  readonly opening: GatedStep;
  readonly pass: readonly GatedStep[];
  /** The slot whose y and z are 0 once the region is done, if one pass need not be enough. */
  readonly state: number | undefined;
  /** Passes before the host looks for the first time, and at most. */
  readonly ahead: number;
  readonly limit: number;
}

const modes = { open: 0, close: 1, choose: 2, wait: 3, end: 4 } as const;

/** Encoded rounds of a loop in a region, at the first depth and further in. */
const ROUNDS = [8, 4];

/** What a program's gates need to know of it. */
export interface Gateable {
  readonly dispatchOf: (command: DispatchCommand) => Dispatch | undefined;
  readonly resolve: (address: Address) => Address;
  readonly recordAt: (words: readonly number[]) => number;
}

/** The slots of a program's regions. */
export class Gates {
  readonly regions: Map<Command, Region> = new Map<Command, Region>();
  /** Four words a slot. Of a dispatch: its workgroups. Of a loop, while it runs: whether a gate is open, whether there are more rounds, whether it stalls. Of a region's first, at last: where its slots end. */
  readonly open: number[] = [];
  /** How many loops can stall within each other. */
  depth = 0;
  readonly #of: Gateable;

  constructor(commands: readonly Command[], of: Gateable) {
    this.#of = of;
    this.#find(commands);
  }

  /** Regions hold nothing that the host must do; of what does, the parts may be some. */
  #find(commands: readonly Command[]): void {
    for (const c of commands) {
      if (!isInner(c)) continue;
      if (needsHost([c])) partsOf(c).forEach((part) => this.#find(part));
      else this.#region(c);
    }
  }

  #region(c: Inner): void {
    const before = this.depth;
    this.depth = 0;
    const root = this.#slot(1);
    const loops = c.kind === "while";
    const [opening, ...pass] = loops ? this.#while(c, root, root, 0) : this.#switch(c, root, root, 0);
    const repeats = loops || this.depth > 0;
    if (repeats && !loops) {
      // So that the passes that follow do nothing. Its own slot is none of those that it closes.
      pass.push(this.#gate(modes.end, c.index, this.#next, root, root, 0));
      this.#slot(1);
    }
    this.open[4 * root + 1] = this.#next;
    const [state, ahead, limit] = [repeats ? root : undefined, loops ? 8 : 1, loops ? c.limit : Infinity];
    this.regions.set(c, { opening, pass, state, ahead, limit });
    this.depth = Math.max(this.depth, before);
  }

  get #next(): number {
    return this.open.length / 4;
  }
  #slot(x: number, y = 0, z = 0): number {
    return this.open.push(x, y, z, 0) / 4 - 1;
  }

  #steps(commands: readonly Command[], root: number, depth: number): GatedStep[] {
    return commands.flatMap((c): GatedStep[] => {
      if (c.kind === "dispatch") {
        const dispatch = this.#of.dispatchOf(c);
        if (dispatch === undefined) return [];
        const slot = this.#next;
        for (const { groups } of dispatch.parts) this.#slot(...groupsOf(groups), 1);
        return [{ kind: "dispatch", dispatch, slot }];
      }
      if (c.kind === "switch") return this.#switch(c, this.#slot(1), root, depth);
      if (c.kind !== "while") return [];
      const entered = this.#slot(1);
      const head = this.#slot(1);
      const [opening, ...steps] = this.#while(c, head, root, depth + 1, entered);
      this.depth = Math.max(this.depth, depth + 1);
      const count = ROUNDS[Math.min(depth, ROUNDS.length - 1)];
      const wait = this.#gate(modes.wait, c.predicate, head, head, root, depth + 1);
      return [opening, { kind: "rounds", count, steps }, wait];
    });
  }

  /** Its opening and a round of it. */
  #while(c: Inner & { kind: "while" }, head: number, root: number, depth: number, entered = head): GatedStep[] {
    const closing = this.#slot(1);
    const condition = this.#steps(c.condition, root, depth);
    const body = this.#steps(c.body, root, depth);
    return [
      this.#gate(modes.open, c.predicate, entered, head, root, depth),
      ...condition,
      this.#gate(modes.close, c.predicate, closing, head, root, depth),
      ...body,
    ];
  }

  #switch(c: Inner & { kind: "switch" }, head: number, root: number, depth: number): GatedStep[] {
    const bounds = c.branches.map(() => this.#slot(0));
    const branches = c.branches.flatMap((branch, b) => {
      const first = this.#next;
      const steps = this.#steps(branch, root, depth);
      this.open.splice(4 * bounds[b], 2, first, this.#next);
      return steps;
    });
    return [this.#gate(modes.choose + 8 * bounds.length, c.index, head, head, root, depth), ...branches];
  }

  /** A gate over the slots from `head` to the next that is free, which acts where slot `self` is open. */
  #gate(mode: number, at: Address, self: number, head: number, root: number, depth: number): GatedStep {
    const { memory, byteOffset } = this.#of.resolve(at);
    const words = [0, 1, 0, 0, mode, byteOffset / 4, self, root, head, this.#next, depth, 0];
    return { kind: "gate", predicate: memory, record: this.#of.recordAt(words) };
  }
}

type Inner = Extract<Command, { kind: "while" | "switch" }>;
const isInner = (c: Command): c is Inner => c.kind === "while" || c.kind === "switch";
const partsOf = (c: Inner): readonly (readonly Command[])[] =>
  c.kind === "while" ? [c.condition, c.body] : c.branches;
const needsHost = (commands: readonly Command[]): boolean =>
  commands.some((c) => (isInner(c) ? partsOf(c).some(needsHost) : c.kind !== "dispatch"));

/** Bindings: the slots, as many copies of them as loops can stall within each other, the table of what is open, the memory of the predicate. */
export const gateShader: string = [
  "// gate",
  "@group(0) @binding(0) var<storage, read_write> slots: array<vec4<u32>>;",
  "@group(0) @binding(1) var<storage, read> open: array<vec4<u32>>;",
  "@group(0) @binding(2) var<storage, read> memory: array<i32>;",
  "struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 2> }",
  "@group(1) @binding(0) var<uniform> call: Call;",
  mainFunction(64, [
    "let mode = call.offset[0].x & 7u;",
    "let branches = call.offset[0].x >> 3u;",
    "let root = call.offset[0].w;",
    "let head = call.offset[1].x;",
    "let end = call.offset[1].y;",
    "let acts = slots[call.offset[0].z].x != 0u;",
    "let running = slots[head].y;",
    "let stalled = slots[head].z;",
    "let value = memory[call.offset[0].y];",
    // All have read before any writes.
    "storageBarrier();",
    "if (!acts) { return; }",
    `if (mode == ${modes.wait}u) {`,
    "  if (running == stalled) { return; }",
    "  let copy = call.offset[1].z * arrayLength(&open);",
    "  for (var k = root + 1u + group + thread; k < open[root].y; k += 64u) {",
    "    if (k >= head && k < end) { continue; }",
    "    if (stalled == 0u) { slots[copy + k].x = slots[k].x; slots[k].x = 0u; }",
    "    else { slots[k].x = slots[copy + k].x; }",
    "  }",
    "  if (thread == 0u) { slots[head].z = running; slots[root].z += running - stalled; }",
    "  return;",
    "}",
    `if (mode == ${modes.close}u && value != 0) { return; }`,
    "var first = head + 1u + branches;",
    "var low = first;",
    `var high = select(first, end, mode == ${modes.open}u);`,
    `if (mode == ${modes.choose}u) {`,
    "  let chosen = open[head + 1u + u32(clamp(value, 0, i32(branches) - 1))];",
    "  low = chosen.x;",
    "  high = chosen.y;",
    "}",
    "for (var k = first + thread; k < end; k += 64u) { slots[k].x = select(0u, open[k].x, k >= low && k < high); }",
    "if (thread == 0u) {",
    `  slots[head].y = select(0u, 1u, mode == ${modes.open}u);`,
    `  if (mode != ${modes.close}u) { slots[head].z = 0u; }`,
    "}",
  ]),
].join("\n");
export const gateWritten: readonly boolean[] = [true, false, false];
