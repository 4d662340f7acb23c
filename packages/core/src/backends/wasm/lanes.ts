import type { Expression, Local } from "../../kernel/expression.js";
import type { Statement } from "../../kernel/kernel.js";
import { binaryVector } from "./vectorInstructions.js";
import { operands } from "../../kernel/traverse.js";

/**
 * How a value changes from lane to lane: a number c means "by c each lane" (0: the same in all lanes; others only for i32),
 * `lanes` that it is held in a vector.
 */
export type Variance = number | "lanes";

/** What the analysis of a loop found: enough to run `count` iterations at once. */
export interface LanePlan {
  /** 4, or 2 when an f64 varies. Then 4-byte values use the low two lanes of four. */
  readonly count: 2 | 4;
  readonly variance: VarianceTable;
  /** About how many instructions one iteration has, for the choice of unrolling. */
  readonly size: number;
}

/** The variance of each local, and of the expressions asked about so far. */
export interface VarianceTable {
  readonly locals: ReadonlyMap<Local, Variance>;
  readonly expressions: Map<Expression, Variance>;
}

type Reduce = Extract<Statement, { kind: "reduce" }>;

/** Plans a `for` in lanes mode; undefined if the loop is better run one iteration at a time. */
export function planLoop(s: Extract<Statement, { kind: "for" }>, declared: ReadonlySet<Local>): LanePlan | undefined {
  return plan(s, declared, new Map(), (analysis) => visitBlock(analysis, s.body, false));
}

/** Plans a `reduce` that is to hold its accumulators in vectors. */
export function planReduce(s: Reduce, declared: ReadonlySet<Local>): LanePlan | undefined {
  return plan(s, declared, accumulatorLanes(s), (analysis) => {
    visitBlock(analysis, s.body, false);
    visitAccumulators(analysis, s, false);
  });
}

const accumulatorLanes = (s: Reduce): Map<Local, Variance> =>
  new Map(s.accumulators.flatMap((a) => [a.local, a.left, a.right].map((local) => [local, "lanes"])));

/** Rows of up to this many elements are worth a strided walk. */
const SHORT = 32;

interface Analysis {
  readonly declared: ReadonlySet<Local>;
  readonly variance: { readonly locals: Map<Local, Variance>; readonly expressions: Map<Expression, Variance> };
  /** Reset for each round of the fixpoint; the last round counts. */
  changed: boolean;
  possible: boolean;
  wide: boolean;
  /** Instructions of an iteration; of those, the ones that take one instruction a lane also in a vector. */
  size: number;
  perLane: number;
  readonly stored: Set<number>;
  readonly loadedUniformly: Set<number>;
}

function plan(
  { index, extent }: Extract<Statement, { kind: "for" | "reduce" }>,
  declared: ReadonlySet<Local>,
  locals: Map<Local, Variance>,
  visit: (analysis: Analysis) => void,
): LanePlan | undefined {
  locals.set(index, 1);
  let analysis: Analysis;
  do {
    analysis = {
      declared,
      variance: { locals, expressions: new Map() },
      changed: false,
      possible: true,
      wide: false,
      size: 0,
      perLane: 0,
      stored: new Set(),
      loadedUniformly: new Set(),
    };
    visit(analysis);
  } while (analysis.changed && analysis.possible);
  // A uniform load of what the loop itself writes would be a dependence between iterations.
  for (const buffer of analysis.stored) if (analysis.loadedUniformly.has(buffer)) analysis.possible = false;
  if (!analysis.possible) return undefined;
  const count = analysis.wide ? 2 : 4;
  // Taking a vector apart and together costs about as much as the operation.
  const used = extent.kind === "constant" ? Math.min(count, extent.value) : count;
  const vectorCost = analysis.size - analysis.perLane + 2 * used * analysis.perLane;
  if (vectorCost > 0.9 * used * analysis.size) return undefined;
  return { count, variance: analysis.variance, size: analysis.size };
}

/** How `e` changes from lane to lane. */
export function varianceOf(table: VarianceTable, e: Expression): Variance {
  if (e.kind === "constant") return 0;
  if (e.kind === "local") return table.locals.get(e.local) ?? 0;
  let result = table.expressions.get(e);
  if (result === undefined) {
    result = combine(table, e);
    table.expressions.set(e, result);
  }
  return result;
}

function combine(table: VarianceTable, e: Expression): Variance {
  if (e.kind !== "binary") return operands(e).every((x) => varianceOf(table, x) === 0) ? 0 : "lanes";
  const a = varianceOf(table, e.a);
  const b = varianceOf(table, e.b);
  if (a === 0 && b === 0) return 0;
  if (a === "lanes" || b === "lanes" || e.dtype !== "i32") return "lanes";
  if (e.op === "add") return (a + b) | 0;
  if (e.op === "sub") return (a - b) | 0;
  if (e.op === "mul" && e.a.kind === "constant") return Math.imul(e.a.value, b);
  if (e.op === "mul" && e.b.kind === "constant") return Math.imul(a, e.b.value);
  return "lanes";
}

/** Counts an expression's instructions; leaves out what is the same in all lanes. */
function visitExpression(analysis: Analysis, e: Expression, nested: boolean): void {
  const variance = varianceOf(analysis.variance, e);
  if (e.kind === "load") {
    visitExpression(analysis, e.index, nested);
    const step = varianceOf(analysis.variance, e.index);
    if (step === 0) {
      analysis.loadedUniformly.add(e.buffer);
      return;
    }
    analysis.size++;
    if (step !== 1) {
      analysis.perLane++;
      // In an inner loop a strided walk is better vectorised along that loop, or not at all.
      if (nested) analysis.possible = false;
    }
  } else {
    for (const x of operands(e)) visitExpression(analysis, x, nested);
    if (variance === 0 || e.kind === "local" || e.kind === "constant") return;
    if (variance !== "lanes") return; // index arithmetic, done once for all lanes
    analysis.size++;
    if (e.kind === "binary" && !hasVectorForm(analysis, e)) analysis.perLane++;
  }
  if (e.dtype === "f64" || operands(e).some((x) => x.dtype === "f64")) analysis.wide = true;
}

const hasVectorForm = (analysis: Analysis, e: Extract<Expression, { kind: "binary" }>): boolean =>
  e.op === "shl" || e.op === "shr"
    ? varianceOf(analysis.variance, e.b) === 0
    : e.op === "copysign" || binaryVector[e.dtype][e.op] !== undefined;

function visitBlock(analysis: Analysis, statements: readonly Statement[], nested: boolean): void {
  for (const s of statements) visitStatement(analysis, s, nested);
}

function requireUniform(analysis: Analysis, e: Expression, nested: boolean): void {
  visitExpression(analysis, e, nested);
  if (varianceOf(analysis.variance, e) !== 0) analysis.possible = false;
}

function visitStatement(analysis: Analysis, s: Statement, nested: boolean): void {
  switch (s.kind) {
    case "assign":
      visitExpression(analysis, s.value, nested);
      if (analysis.declared.has(s.local)) analysis.possible = false;
      else join(analysis, s.local, varianceOf(analysis.variance, s.value));
      break;
    case "store": {
      visitExpression(analysis, s.index, nested);
      visitExpression(analysis, s.value, nested);
      const step = varianceOf(analysis.variance, s.index);
      if (step === 0 || (nested && step !== 1)) analysis.possible = false;
      analysis.stored.add(s.buffer);
      analysis.size++;
      if (step !== 1) analysis.perLane++;
      if (s.value.dtype === "f64") analysis.wide = true;
      break;
    }
    case "for":
      requireUniform(analysis, s.extent, nested);
      join(analysis, s.index, 0);
      visitBlock(analysis, s.body, true);
      break;
    case "reduce": {
      requireUniform(analysis, s.extent, nested);
      join(analysis, s.index, 0);
      for (const [local, variance] of accumulatorLanes(s)) join(analysis, local, variance);
      if (s.accumulators.some((a) => analysis.declared.has(a.local))) analysis.possible = false;
      // A short one in order has no lanes of its own.
      const inside = nested || s.width > 1 || s.extent.kind !== "constant" || s.extent.value > SHORT;
      visitBlock(analysis, s.body, inside);
      visitAccumulators(analysis, s, inside);
      break;
    }
    case "while":
      requireUniform(analysis, s.condition, nested);
      visitBlock(analysis, s.body, true);
      break;
    case "if":
      requireUniform(analysis, s.condition, nested);
      visitBlock(analysis, s.then, true);
      visitBlock(analysis, s.otherwise, true);
      break;
  }
}

function visitAccumulators(analysis: Analysis, s: Reduce, nested: boolean): void {
  for (const a of s.accumulators) {
    visitExpression(analysis, a.step, nested);
    if (a.local.dtype === "f64") analysis.wide = true;
    // The combination of partial results is outside the loop, but it needs the right lane count.
    const { size, perLane } = analysis;
    visitExpression(analysis, a.merge, nested);
    analysis.size = size + 1;
    analysis.perLane = perLane;
  }
}

function join(analysis: Analysis, local: Local, variance: Variance): void {
  const before = analysis.variance.locals.get(local);
  const after = before === undefined || before === variance ? variance : "lanes";
  if (after === before) return;
  analysis.variance.locals.set(local, after);
  analysis.changed = true;
}
