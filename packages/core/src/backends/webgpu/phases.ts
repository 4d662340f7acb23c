import { type Expression, type Local, add, binary, int, load, mul, read, sub } from "../../kernel/expression.js";
import {
  type Accumulator,
  type Kernel,
  type KernelBuffer,
  type Statement,
  assign,
  store,
} from "../../kernel/kernel.js";
import { kernelSharesPlace } from "../../compiler/memory/inPlace.js";
import { mostRounds } from "../../kernel/mostRounds.js";
import { index } from "../../kernel/nest.js";
import { effectsOf, operands } from "../../kernel/traverse.js";
import { slope } from "./linearForm.js";
import { narrowed } from "./narrowed.js";
import { type TiledProduct, isTiledProduct, tilingOf } from "./product.js";
import { mapOperands, visitExpressions } from "./visit.js";

/*
 * A kernel is a program of loops; a GPU has a grid of threads. A phase is the part of a kernel that one dispatch runs: between phases everything that was
 * written is visible to all threads.
 */
export interface Phase {
  /** The loops whose iterations are independent, outermost first: one thread an iteration, or one workgroup. */
  readonly grid: readonly GridLoop[];
  /** What an iteration does. */
  readonly body: readonly Statement[];
  /** 1: an iteration is a thread's. More: it is a workgroup's, and that many threads share its inner loops. */
  readonly threads: number;
  /** Computed in tiles by a shader of its own. */
  readonly product?: TiledProduct;
}
export interface GridLoop {
  readonly index: Local;
  readonly extent: number;
}
/** A kernel with the scratch that its phases need: each iteration of a grid has its own. */
export interface Phased {
  readonly kernel: Kernel;
  readonly phases: readonly Phase[];
  /** Scratch of which each iteration of a grid has its own, and how many elements that are. */
  readonly own: ReadonlyMap<number, OwnScratch>;
}
export interface OwnScratch {
  readonly length: number;
  /** In storage each workgroup has a part. */
  readonly place: "private" | "workgroup" | "storage";
}
/** An element of a workgroup's part of scratch in storage. */
export const ownIndex = ({ length }: OwnScratch, index: string): string => `group * ${length}u + ${index}`;
export interface ShaderFacts {
  /** Bytes of workgroup memory that a shader may use. */
  readonly workgroupMemory: number;
  /** Whether the threads of a workgroup wait for each other cheaply. Where a CPU plays the GPU each wait is a switch of coroutines: threads work alone then. */
  readonly barriers: boolean;
}

export type Reduce = Extract<Statement, { kind: "reduce" }>;

/** Inner loops at least this long are shared by the threads of a workgroup. */
const SHARED = 64;
/** Threads of a workgroup at most that share an iteration. */
const MOST_THREADS = 256;
/** A reduction is cut into parts of this length where there are too few others to keep the GPU busy. */
const PART = 4096;
/** Elements of scratch that a thread keeps to itself. */
const PRIVATE = 256;
const SOFTWARE_PRIVATE = 4096;
/** Workgroups at most where each needs scratch of its own in storage: they take several rows. */
export const SCRATCH_GROUPS = 256;
/** From this many iterations on a grid is enough for a GPU by itself. */
const BUSY = 4096;

/** phasesOf : Kernel -> Phased. */
export function phasesOf(given: Kernel, facts: ShaderFacts): Phased {
  const { product } = given;
  const kernel = narrowed(given);
  if (product !== undefined && isTiledProduct(product)) {
    const tiling = tilingOf(product, facts.barriers);
    const phase: Phase = { grid: [], body: kernel.body, threads: 1, product: { ...product, tiling } };
    return { kernel, phases: [phase], own: new Map() };
  }
  const buffers: KernelBuffer[] = [...kernel.buffers];
  const pieces = divided(kernel);
  const phases = pieces.flatMap((body) => {
    const { grid, inner } = peel(body, kernel);
    return arrange(grid, inner, buffers, facts);
  });
  const own = new Map<number, OwnScratch>();
  const touched = pieces.map((body) => touchedBuffers(body));
  /** What connects pieces is everyone's. */
  const isOwn = (k: number): boolean =>
    k < kernel.buffers.length && buffers[k].access === "scratch" && touched.filter((t) => t.has(k)).length === 1;
  const withScratch = phases.map((phase): Phase => {
    const rows = sizeOfGrid(phase.grid);
    const stored = [...effectsOf(phase.body).stored].filter(isOwn);
    if (stored.length === 0) return phase;
    const lengths = stored.map((k) => kernel.buffers[k].length);
    const bytes = lengths.reduce((sum, n) => sum + 4 * n, 0);
    const most = facts.barriers ? PRIVATE : SOFTWARE_PRIVATE;
    const isPrivate = phase.threads === 1 && lengths.every((n) => n <= most);
    // A quarter, so that several workgroups fit on a processor.
    const place = isPrivate ? "private" : bytes <= facts.workgroupMemory / 4 ? "workgroup" : "storage";
    if (rows === 1 && (place !== "workgroup" || phase.threads === 1)) return phase;
    stored.forEach((k, i) => {
      own.set(k, { length: lengths[i], place });
      if (place === "storage") buffers[k] = { ...buffers[k], length: lengths[i] * Math.min(rows, SCRATCH_GROUPS) };
    });
    return phase.threads > 1 || isPrivate ? phase : { ...phase, threads: 64 };
  });
  return { kernel: { ...kernel, buffers }, phases: withScratch, own };
}

export const sizeOfGrid = (grid: readonly GridLoop[]): number => grid.reduce((n, g) => n * g.extent, 1);

/** The locals that statements read and have not assigned themselves. */
export function freeLocals(statements: readonly Statement[], bound: ReadonlySet<Local> = new Set()): Set<Local> {
  const free = new Set<Local>();
  const own = new Set(bound);
  const see = (e: Expression): void => {
    if (e.kind === "local" && !own.has(e.local)) free.add(e.local);
    operands(e).forEach(see);
  };
  const inside = (body: readonly Statement[], more: readonly Local[] = []): void => {
    for (const l of freeLocals(body, new Set([...own, ...more]))) free.add(l);
  };
  for (const s of statements)
    switch (s.kind) {
      case "assign":
        see(s.value);
        own.add(s.local);
        break;
      case "store":
        see(s.index);
        see(s.value);
        break;
      case "for":
        see(s.extent);
        inside(s.body, [s.index]);
        break;
      case "while":
        see(s.condition);
        inside(s.body);
        break;
      case "if":
        see(s.condition);
        inside(s.then);
        inside(s.otherwise);
        break;
      case "reduce": {
        see(s.extent);
        const locals = s.accumulators.flatMap((a) => [a.local, a.left, a.right]);
        const lets = s.body.flatMap((b) => (b.kind === "assign" ? [b.local] : []));
        inside(s.body, [s.index, ...locals]);
        for (const l of [s.index, ...locals, ...lets]) own.add(l);
        for (const a of s.accumulators) [a.init, a.step, a.merge].forEach(see);
        break;
      }
    }
  return free;
}
function touchedBuffers(statements: readonly Statement[]): Set<number> {
  return new Set([...loadsOf(statements), ...effectsOf(statements).stored]);
}
function loadsOf(statements: readonly Statement[]): Set<number> {
  const buffers = new Set<number>();
  visitExpressions(statements, (e) => {
    if (e.kind === "load") buffers.add(e.buffer);
  });
  return buffers;
}

/**
 * The statements of a kernel in pieces that no local connects. What is assigned once from inputs alone is repeated in each piece that reads it.
 */
function divided(kernel: Kernel): Statement[][] {
  const stored = effectsOf(kernel.body).stored;
  const counts = new Map<Local, number>();
  for (const s of kernel.body) for (const l of effectsOf([s]).assigned) counts.set(l, (counts.get(l) ?? 0) + 1);
  /** Whether a result may be placed where an input lies: a piece that came later would read the result. */
  const overwritten = new Map<number, boolean>();
  const isOverwritten = (b: number): boolean => {
    let known = overwritten.get(b);
    if (known === undefined) overwritten.set(b, (known = [...stored].some((to) => kernelSharesPlace(kernel, b, to))));
    return known;
  };
  const given: Extract<Statement, { kind: "assign" }>[] = [];
  const pieces: Statement[][] = [];
  const assigned: Set<Local>[] = [];
  for (const s of kernel.body) {
    if (s.kind === "assign" && counts.get(s.local) === 1) {
      const known = [...freeLocals([s])].every((l) => given.some((g) => g.local === l));
      if (known && [...loadsOf([s])].every((b) => !stored.has(b) && !isOverwritten(b))) {
        given.push(s);
        continue;
      }
    }
    const used = freeLocals([s]);
    const writes = effectsOf([s]).assigned;
    // The earliest piece that this statement needs something of: it and all pieces since are one.
    let first = assigned.findIndex((locals) =>
      [...locals].some((l) => used.has(l) || (writes.has(l) && s.kind === "assign")),
    );
    if (first < 0) first = pieces.length;
    const merged = pieces.splice(first).flat();
    const locals = new Set(assigned.splice(first).flatMap((l) => [...l]));
    for (const l of writes) locals.add(l);
    pieces.push([...merged, s]);
    assigned.push(locals);
  }
  return pieces.map((piece) => {
    const needed = freeLocals(piece);
    const prefix: Statement[] = [];
    for (const g of [...given].reverse())
      if (needed.has(g.local)) {
        prefix.unshift(g);
        for (const l of freeLocals([g])) needed.add(l);
      }
    return [...prefix, ...piece];
  });
}

/** Independent loops from the outside in; what is assigned between them moves into the innermost. */
function peel(body: readonly Statement[], kernel: Kernel): { grid: GridLoop[]; inner: readonly Statement[] } {
  const grid: GridLoop[] = [];
  const prefix: Statement[] = [];
  const stored = effectsOf(kernel.body).stored;
  let inner = body;
  for (;;) {
    const at = inner.findIndex((s) => s.kind !== "assign");
    const s = inner[at] as Statement | undefined;
    if (s?.kind !== "for" || at !== inner.length - 1 || s.mode === "serial" || s.extent.kind !== "constant") break;
    const between = inner.slice(0, at);
    if ([...loadsOf(between)].some((b) => stored.has(b))) break;
    prefix.push(...between);
    grid.push({ index: s.index, extent: s.extent.value });
    inner = s.body;
  }
  return { grid, inner: [...prefix, ...inner] };
}

/** How the iterations of a grid are shared out. */
function arrange(
  grid: readonly GridLoop[],
  body: readonly Statement[],
  buffers: KernelBuffer[],
  { barriers }: ShaderFacts,
): Phase[] {
  const rows = sizeOfGrid(grid);
  const indices = grid.map((g) => [g.index, g.extent] as const);
  const length = longestInner(body, mostRounds(body, indices));
  const shared = { grid, body, threads: Math.min(MOST_THREADS, powerOfTwo(length)) };
  const alone = { grid, body, threads: 1 };
  if (length < SHARED) return [alone];
  const at = onlyReduction(body);
  if (at === undefined) return [barriers ? shared : alone];
  const reduce = body[at] as Reduce;
  const across = !barriers || walksAcross(grid, body, reduce);
  const parts = Math.min(1024, Math.ceil(length / (across && barriers ? 256 : PART)));
  if (parts > 1 && rows * (!barriers ? 64 : across ? 1 : MOST_THREADS) < BUSY)
    return split(grid, body, at, parts, across, buffers);
  return across && (rows >= 32 || !barriers) ? [alone] : [shared];
}

/** The least power of two that is no less. */
export const powerOfTwo = (n: number): number => 2 ** Math.ceil(Math.log2(Math.max(1, n)));

/** Iterations of the longest loop inside that threads can share. */
function longestInner(body: readonly Statement[], most: ReadonlyMap<Statement, number>): number {
  let longest = 1;
  for (const s of body) {
    if (s.kind === "if") longest = Math.max(longest, longestInner(s.then, most), longestInner(s.otherwise, most));
    if (s.kind !== "for" && s.kind !== "reduce" && s.kind !== "while") continue;
    longest = Math.max(longest, longestInner(s.body, most));
    if (s.kind === "while" || (s.kind === "for" && s.mode === "serial")) continue;
    longest = Math.max(longest, most.get(s) ?? SHARED);
  }
  return longest;
}

/** Whether there is nothing in it to share: every thread may do all of it. */
export const isPlain = (body: readonly Statement[]): boolean =>
  body.every(
    (s) =>
      s.kind === "assign" ||
      (s.kind === "for" && s.mode === "serial" && isPlain(s.body)) ||
      (s.kind === "while" && isPlain(s.body)) ||
      (s.kind === "if" && isPlain(s.then) && isPlain(s.otherwise)),
  );

/** Where the one reduction of known length stands, if all else is plain. */
function onlyReduction(body: readonly Statement[]): number | undefined {
  const at = body.findIndex((s) => s.kind === "reduce");
  const plain = body.every((s, i) => i === at || s.kind === "assign" || s.kind === "store");
  return at >= 0 && plain && (body[at] as Reduce).extent.kind === "constant" ? at : undefined;
}

/** Whether neighbouring iterations of the grid read neighbours in memory, and those of the reduction do not. */
function walksAcross(grid: readonly GridLoop[], body: readonly Statement[], reduce: Reduce): boolean {
  if (grid.length === 0) return false;
  const values = new Map<Local, Expression>();
  for (const s of [...body, ...reduce.body]) if (s.kind === "assign") values.set(s.local, s.value);
  const innermost = grid[grid.length - 1].index;
  let [along, across] = [0, 0];
  const steps = [
    ...reduce.body.flatMap((s) => (s.kind === "assign" ? [s.value] : [])),
    ...reduce.accumulators.map((a) => a.step),
  ];
  const visit = (e: Expression): void => {
    if (e.kind === "load") {
      if (slope(e.index, reduce.index, values) === 1) along++;
      if (slope(e.index, innermost, values) === 1) across++;
    }
    operands(e).forEach(visit);
  };
  steps.forEach(visit);
  return across > along;
}

/** Two phases: the reduction in parts, each of which leaves its result in scratch, and the merge of those. */
function split(
  grid: readonly GridLoop[],
  body: readonly Statement[],
  at: number,
  parts: number,
  across: boolean,
  buffers: KernelBuffer[],
): Phase[] {
  const reduce = body[at] as Reduce;
  const length = (reduce.extent as Extract<Expression, { kind: "constant" }>).value;
  const size = Math.ceil(length / parts);
  const rows = sizeOfGrid(grid);
  const row = grid.reduce<Expression>((sum, g) => add(mul(sum, int(g.extent)), read(g.index)), int(0));
  const [part, within, next] = [index("part"), index("within"), index("next")];
  const partial = reduce.accumulators.map(
    ({ local }) => buffers.push({ dtype: local.dtype, length: parts * rows, access: "scratch" }) - 1,
  );
  const slot = (p: Local): Expression => add(mul(read(p), int(rows)), row);
  const start = mul(read(part), int(size));
  const before = body.slice(0, at);
  const first: Statement[] = [
    ...before.filter((s) => s.kind === "assign"),
    {
      ...reduce,
      index: within,
      extent: binary("min", int(size), sub(int(length), start)),
      body: [assign(reduce.index, add(start, read(within))), ...reduce.body],
    },
    ...reduce.accumulators.map(({ local }, k) => store(partial[k], slot(part), read(local))),
  ];
  const values = reduce.accumulators.map(({ left, right, local }, k) => ({
    left,
    right,
    local,
    value: load(local.dtype, partial[k], slot(next)),
  }));
  const merged = (a: Accumulator): Expression =>
    values.reduce((e, v) => substitute(substitute(e, v.left, read(v.local)), v.right, v.value), a.merge);
  const second: Statement[] = [
    ...before,
    {
      ...reduce,
      index: next,
      extent: int(parts),
      body: [],
      accumulators: reduce.accumulators.map((a) => ({ ...a, step: merged(a) })),
    },
    ...body.slice(at + 1),
  ];
  return [
    {
      grid: [{ index: part, extent: parts }, ...grid],
      body: first,
      threads: across ? 1 : Math.min(MOST_THREADS, powerOfTwo(size)),
    },
    { grid, body: second, threads: across || parts < SHARED ? 1 : Math.min(MOST_THREADS, powerOfTwo(parts)) },
  ];
}

function substitute(e: Expression, local: Local, value: Expression): Expression {
  return e.kind === "local" && e.local === local ? value : mapOperands(e, (x) => substitute(x, local, value));
}
