import type { Atom, Equation, Variable } from "../../graph/graph.js";
import type { Lowering, ViewAxis } from "../../graph/primitive.js";
import {
  type Expression,
  type Local,
  add,
  binary,
  constant,
  convert,
  int,
  load,
  mul,
  read,
} from "../../kernel/expression.js";
import { type Accumulator, type Kernel, type Statement, assign, forLoop, store } from "../../kernel/kernel.js";
import type { Block } from "../../kernel/math/block.js";
import { buffersOf } from "../../kernel/nest.js";
import { type Numbering, expressionKey } from "../../kernel/structuralKey.js";
import { type TensorType, sizeOf, stridesOf } from "../../tensor/shape.js";
import { type Access, type Affine, type Loop, accessKey, affineOf, isContiguous, loopsOf, through } from "./access.js";
import { type Fusion, type Unit, gatherAccesses, unrolledAccesses } from "./fuse.js";
import type { Group, Part } from "./group.js";
import type { Simplified } from "../simplify/simplify.js";

/** So many columns are summed one beside the other. */
const NARROW = 32;
/** Sums longer than this are cut into blocks, so that rounding grows with the square root of the length at most twice. */
const BLOCK = 4096;
/** The same for sums of columns, in rows. */
const BLOCK_ROWS = 512;

/**
 * The one builder of fused kernels: the nests of a group, one after the other in the loops that they share. Views become index
 * arithmetic; what only the group reads lies in scratch of one row, or nowhere. Buffers: the group's inputs, its outputs, scratch.
 */
export function fusedKernel(group: Group, { lowering }: Simplified, fusion: Fusion, wholeSums = false): Kernel {
  const { parts, rows, inputs, outputs } = group;
  const madeBy = new Map<Variable, Part>();
  for (const part of parts) for (const u of part.units) for (const v of u.root.outputs) madeBy.set(v, part);

  const row = new Set<Variable>();
  for (const part of parts)
    for (const { variable } of part.units.flatMap((u) => u.reads)) {
      const maker = madeBy.get(variable);
      if (maker !== undefined && maker !== part && !outputs.includes(variable)) row.add(variable);
    }
  const bufferOf = new Map<Variable, number>();
  for (const v of [...inputs, ...outputs, ...row]) bufferOf.set(v, bufferOf.size);

  /** Where a buffer is read or written. Scratch holds the row that the outer loops are at. */
  const affine = (v: Variable, at: Access, { space }: Part): Affine => {
    const a = affineOf(v.shape, at, space.length);
    return row.has(v) ? { ...a, coefficients: a.coefficients.map((c, axis) => (axis < rows ? 0 : c)) } : a;
  };
  const accessesOf = (part: Part): Affine[] =>
    part.units.flatMap((u) => [
      ...u.reads.filter(({ variable }) => bufferOf.has(variable)).map((r) => affine(r.variable, r.at, part)),
      ...u.root.outputs.filter((v) => bufferOf.has(v)).map((v) => affine(v, resultAccess(u), part)),
      ...u.coordinates.map((c) => ({ offset: 0, coefficients: part.space.map((_, axis) => (axis === c ? 1 : 0)) })),
    ]);
  const resultAccess = ({ root, identity, reduced }: Unit): Access => {
    const l = lowering.get(root) as Lowering;
    return l.kind === "reduce" && reduced.length > 0 ? identity.filter((_, axis) => !l.axes.includes(axis)) : identity;
  };

  let names = 0;
  const outer: Nested[] = loopsOf(parts[0].space, [], parts.flatMap(accessesOf), 0, rows).map((loop, i) => ({
    ...loop,
    local: { name: `row${i}`, dtype: "i32" },
  }));
  const scratch: TensorType[] = [...row].map((v) => ({
    dtype: v.dtype,
    shape: [sizeOf(v.shape) / sizeOf(parts[0].space.slice(0, rows))],
  }));
  const body = wrap(outer, parts.flatMap(nestOf));
  const name = [...new Set(parts.flatMap((p) => p.units.map((u) => u.root.primitive.name)))].slice(0, 4).join("+");
  return { name, buffers: buffersOf(inputs, outputs, scratch), body };

  /** The statements of one part, for one row. */
  function nestOf(part: Part): Statement[] {
    const { space, reduced, units } = part;
    const found = loopsOf(space, reduced, accessesOf(part), rows);
    const loops: Nested[] = (wholeSums ? foldedInOne(found) : found).map((loop, i) => ({
      ...loop,
      local: { name: `${loop.reduced ? "r" : "i"}${i}`, dtype: "i32" },
    }));
    const kept = loops.filter((loop) => !loop.reduced);
    const folded = loops.filter((loop) => loop.reduced);
    const innermost = loops[loops.length - 1] as Nested | undefined;
    // Columns are summed by rows: the contiguous kept axis stays innermost, unless all of it fits in registers. That fixes the bits, so it
    // depends on the shape alone, not on which loops were merged.
    const columns = sizeOf(space.slice(Math.max(...reduced) + 1));
    const byRows = !wholeSums && folded.length > 0 && innermost?.reduced === false && columns > NARROW;
    const inner = byRows ? innermost : [...kept, ...folded].pop();
    const outside = [...kept, ...folded].filter((loop) => loop !== inner);
    const summed = folded.length === 0 ? undefined : last(folded);
    const blocked =
      !wholeSums && summed !== undefined && summed.size > (byRows ? BLOCK_ROWS : BLOCK) ? summed : undefined;
    const chunk: Local = { name: "block", dtype: "i32" };
    const from: Local = { name: "from", dtype: "i32" };
    const indexOf = (loop: Nested): Expression =>
      loop === blocked ? add(read(from), read(loop.local)) : read(loop.local);
    /** The blocks of the folded loop; `body` is given how many iterations each has. */
    const inBlocks = (loop: Nested, size: number, body: (count: Expression) => Statement[]): Statement =>
      forLoop(chunk, Math.ceil(loop.size / size), [
        assign(from, mul(read(chunk), int(size))),
        ...body(binary("min", int(size), binary("sub", int(loop.size), read(from)))),
      ]);

    // Everything that does not move with the innermost loop goes into a base computed outside it.
    const bases = new Map<string, { local: Local; value: Expression; step: number }>();
    const position = (a: Affine): Expression => {
      const key = `${a.offset}:${a.coefficients.join()}`;
      const walks = inner !== undefined && isContiguous(a, inner.axes, space);
      let base = bases.get(key);
      if (base === undefined) {
        base = {
          local: { name: `base${names++}`, dtype: "i32" },
          value: [...outer, ...outside].reduce((sum, loop) => add(sum, moved(a, loop)), int(a.offset)),
          step: walks ? a.coefficients[last(inner.axes)] : 0,
        };
        bases.set(key, base);
      }
      if (inner === undefined) return read(base.local);
      return add(read(base.local), walks ? mul(read(inner.local), int(base.step)) : moved(a, inner));
    };
    /** How far a loop has moved an access. */
    const moved = (a: Affine, loop: Nested): Expression =>
      isContiguous(a, loop.axes, space)
        ? mul(indexOf(loop), int(a.coefficients[last(loop.axes)]))
        : loop.axes.reduce((sum, axis) => add(sum, mul(coordinateIn(loop, axis), int(a.coefficients[axis]))), int(0));
    /** The coordinate along one of the axes that a loop walks through. */
    const coordinateIn = (loop: Nested, axis: number): Expression => {
      const within = sizeOf(loop.axes.slice(loop.axes.indexOf(axis) + 1).map((k) => space[k]));
      const whole = within === 1 ? indexOf(loop) : binary("div", indexOf(loop), int(within));
      return axis === loop.axes[0] ? whole : binary("rem", whole, int(space[axis]));
    };
    const coordinate = ({ start, terms }: ViewAxis): Expression =>
      terms.reduce((sum, { axis, step }) => {
        const loop = [...outer, ...loops].find((l) => l.axes.includes(axis)) as Nested;
        return add(sum, mul(coordinateIn(loop, axis), int(step)));
      }, int(start));
    /** The statements that set the bases, for inner loops that start at `start`. */
    const setBases = (start: Expression = int(0)): Statement[] =>
      [...bases.values()].map((b) => assign(b.local, add(b.value, mul(start, int(b.step)))));

    const statements: Statement[] = [];
    // What two functions have in common is computed once: the exponential of a softplus and of its derivative, the reduced argument of sin and cos.
    const bound = new Map<string, Extract<Expression, { kind: "local" }>>();
    const numbering: Numbering = new Map();
    const block: Block = {
      let(value: Expression, name = "t"): Expression {
        if (value.kind === "constant" || value.kind === "local") return value;
        const key = expressionKey(numbering, value);
        let known = bound.get(key);
        if (known === undefined) {
          known = read({ name: `${name}${names++}`, dtype: value.dtype });
          statements.push(assign(known.local, value));
          bound.set(key, known);
        }
        return known;
      },
    };
    const values = new Map<Variable, Map<string, Expression>>();
    const remember = (v: Variable, key: string, value: Expression): void => {
      const known = values.get(v);
      if (known === undefined) values.set(v, new Map([[key, value]]));
      else known.set(key, value);
    };
    const evaluate = (a: Atom, at: Access): Expression => {
      if (a.kind === "literal") return constant(a.dtype, a.value);
      const key = accessKey(at);
      const known = values.get(a)?.get(key);
      if (known !== undefined) return known;
      const e = fusion.producer.get(a);
      if (e === undefined || !fusion.inlined.has(e)) {
        const value = block.let(load(a.dtype, bufferOf.get(a) as number, position(affine(a, at, part))), "x");
        remember(a, key, value);
        return value;
      }
      evaluateEquation(e, at).forEach((x, i) => remember(e.outputs[i], key, x));
      return values.get(a)?.get(key) as Expression;
    };
    const evaluateEquation = (e: Equation, at: Access): Expression[] => {
      const l = lowering.get(e) as Lowering;
      if (l.kind === "map")
        return l
          .compute(
            block,
            e.inputs.map((a) => evaluate(a, at)),
          )
          .map((x) => block.let(x));
      if (l.kind === "generate") return l.compute(block, at.map(coordinate)).map((x) => block.let(x));
      if (l.kind === "reduce") return [writtenOut(e, l, at)];
      if (l.kind === "gather") return [gathered(e, l.axis, at)];
      return [evaluate(e.inputs[0], through(l, at))];
    };
    const gathered = (e: Equation, axis: number, at: Access): Expression => {
      const [table, indices] = e.inputs;
      if (table.kind === "literal") return constant(table.dtype, table.value);
      const accesses = gatherAccesses(e, axis, at);
      const chosen = convert("i32", evaluate(indices, accesses.indices));
      const clamped = block.let(binary("max", int(0), binary("min", int(table.shape[axis] - 1), chosen)), "at");
      const start = position(affine(table, accesses.table, part));
      const stride = int(stridesOf(table.shape)[axis]);
      return block.let(load(table.dtype, bufferOf.get(table) as number, add(start, mul(clamped, stride))), "x");
    };
    /** A short reduction, element after element, in the order of the loop that it stands for. */
    const writtenOut = (e: Equation, l: Extract<Lowering, { kind: "reduce" }>, at: Access): Expression => {
      const [input] = e.inputs;
      let total: Expression | undefined;
      for (const each of unrolledAccesses(input.shape, l.axes, at)) {
        const { local, init, step } = l.accumulator(evaluate(input, each));
        statements.push(assign(local, total ?? init));
        total = block.let(step);
      }
      return total as Expression;
    };

    const reductions: { readonly accumulator: Accumulator; readonly target: number; readonly at: Affine }[] = [];
    for (const u of units) {
      const access = resultAccess(u);
      if (u.reduced.length > 0) {
        const l = lowering.get(u.root) as Extract<Lowering, { kind: "reduce" }>;
        const [v] = u.root.outputs;
        reductions.push({
          accumulator: l.accumulator(evaluate(u.root.inputs[0], u.identity)),
          target: bufferOf.get(v) as number,
          at: affine(v, access, part),
        });
      } else
        evaluateEquation(u.root, u.identity).forEach((x, i) => {
          const v = u.root.outputs[i];
          remember(v, accessKey(access), x);
          const target = bufferOf.get(v);
          if (target !== undefined) statements.push(store(target, position(affine(v, access, part)), x));
        });
    }
    const innerLoops = inner === undefined ? [] : [inner];
    if (reductions.length === 0) return wrap(outside, [...setBases(), ...wrap(innerLoops, statements, true)]);

    const targetAt = (a: Affine): Expression =>
      [...outer, ...kept].reduce((sum, loop) => add(sum, moved(a, loop)), int(a.offset));
    if (byRows)
      return wrap(
        kept.filter((loop) => loop !== inner),
        columnReduction(innerLoops, last(folded)),
      );
    return wrap(kept, rowReduction(inner as Nested), true);

    /** The contiguous axis is kept: rows are added to the result, or to that of their block. */
    function columnReduction(columns: readonly Nested[], rowLoop: Nested): Statement[] {
      const totals = reductions.map(({ target, at }) => ({ buffer: target, index: targetAt(at) }));
      const sums =
        blocked === undefined
          ? totals
          : reductions.map(({ accumulator: { local } }) => {
              scratch.push({ dtype: local.dtype, shape: [columns[0].size] });
              return { buffer: bufferOf.size - row.size + scratch.length - 1, index: read(columns[0].local) };
            });
      const start = (into: typeof totals): Statement[] =>
        wrap(
          columns,
          reductions.map(({ accumulator: { init } }, k) => store(into[k].buffer, into[k].index, init)),
          true,
        );
      const update = wrap(
        columns,
        [
          ...statements,
          ...reductions.flatMap(({ accumulator: { local, step } }, k) => [
            assign(local, load(local.dtype, sums[k].buffer, sums[k].index)),
            store(sums[k].buffer, sums[k].index, step),
          ]),
        ],
        true,
      );
      const fold = wrap(
        columns,
        reductions.flatMap(({ accumulator: { left, right, merge } }, k) => [
          assign(left, load(left.dtype, totals[k].buffer, totals[k].index)),
          assign(right, load(right.dtype, sums[k].buffer, sums[k].index)),
          store(totals[k].buffer, totals[k].index, merge),
        ]),
        true,
      );
      const blocks = inBlocks(rowLoop, BLOCK_ROWS, (count) => [
        ...start(sums),
        forLoop(rowLoop.local, count, [...setBases(), ...update]),
        ...fold,
      ]);
      const whole = wrap([rowLoop], [...setBases(), ...update]);
      return [...start(totals), ...wrap(folded.slice(0, -1), blocked === undefined ? whole : [blocks])];
    }

    /** The contiguous axis is reduced: lanes of partial results, in blocks, folded in a fixed order into totals. */
    function rowReduction({ local: index, size }: Nested): Statement[] {
      const totals = reductions.map(({ accumulator: { local } }): Local => ({ name: "total", dtype: local.dtype }));
      const full = reductions[0].accumulator.local.dtype === "f64" ? 8 : 16;
      const reduce = (count: Expression): Statement[] => [
        {
          kind: "reduce",
          index,
          extent: count,
          width: size >= 2 * full ? full : 1,
          body: statements,
          accumulators: reductions.map((r) => r.accumulator),
        },
        ...reductions.flatMap(({ accumulator: { local, left, right, merge } }, k) => [
          assign(left, read(totals[k])),
          assign(right, read(local)),
          assign(totals[k], merge),
        ]),
      ];
      const blockAt = (start: Expression, count: number): Statement[] => [
        assign(from, start),
        ...setBases(read(from)),
        ...reduce(int(count)),
      ];
      const whole = Math.floor(size / BLOCK);
      const blocks = [
        forLoop(chunk, whole, blockAt(mul(read(chunk), int(BLOCK)), BLOCK)),
        ...(size % BLOCK === 0 ? [] : blockAt(int(whole * BLOCK), size % BLOCK)),
      ];
      return [
        ...reductions.map(({ accumulator: { init } }, k) => assign(totals[k], init)),
        ...wrap(
          folded.filter((loop) => loop !== inner),
          blocked ? blocks : [...setBases(), ...reduce(int(size))],
        ),
        ...reductions.map(({ target, at }, k) => store(target, targetAt(at), read(totals[k]))),
      ];
    }
  }
}

/** A single loop through all that is reduced, whatever lies between. */
function foldedInOne(loops: readonly Loop[]): readonly Loop[] {
  const folded = loops.filter((loop) => loop.reduced);
  if (folded.length < 2) return loops;
  const [size, axes] = [folded.reduce((n, loop) => n * loop.size, 1), folded.flatMap((loop) => loop.axes)];
  return [...loops.filter((loop) => !loop.reduced), { size, reduced: true, axes }];
}

interface Nested extends Loop {
  readonly local: Local;
}

const last = <T>(list: readonly T[]): T => list[list.length - 1];

/** `body` inside of the loops, outermost first. */
function wrap(loops: readonly Nested[], body: Statement[], lanes = false): Statement[] {
  return loops.reduceRight<Statement[]>(
    (inside, { local, size, reduced }, k) => [
      forLoop(local, size, inside, lanes && k === loops.length - 1 ? "lanes" : reduced ? "serial" : "parallel"),
    ],
    body,
  );
}
