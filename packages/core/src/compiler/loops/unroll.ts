import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  convert,
  int,
  read,
  reinterpret,
  select,
  unary,
} from "../../kernel/expression.js";
import { type Kernel, type Statement, assign, ifElse } from "../../kernel/kernel.js";
import { effectsOf, operands } from "../../kernel/traverse.js";
import type { LoopArgument, Place, Procedure, Step } from "../../kernel/procedure.js";
import { type DType, dtypes } from "../../tensor/dtype.js";
import { type Position, affine, at, canonical, fold, keyOf, positionOf } from "./knownIndex.js";

/** Thrown where a procedure does not fit into one straight piece of program. */
export class DoesNotFit extends Error {}
export const refuse = (): never => {
  throw new DoesNotFit();
};

/** Nodes of expressions in the program, beyond which calls serve better. */
const MOST_NODES = 3000;
/** Elements of a region that are held at once. */
const MOST_ELEMENTS = 256;

/** A piece of memory whose elements are values of the program: those written, or what `load` reads. */
export interface Region {
  /** Elements by `Position`. */
  readonly elements: Map<number, Expression>;
  /** Of a region that is only read. `index` counts elements. */
  readonly input?: { readonly dtype: DType; readonly load: (index: Expression, key: number | undefined) => Expression };
}
export const region = (input?: Region["input"]): Region => ({ elements: new Map(), ...(input && { input }) });

/** One branch of a choice that is not known: its statements, and what it sets, before and after. */
interface Arm {
  readonly body: Statement[];
  readonly before: Map<Map<unknown, Expression>, Map<unknown, Expression | undefined>>;
  readonly after: Map<Map<unknown, Expression>, Map<unknown, Expression | undefined>>;
  change: number;
}

/** A place in a region, in bytes. */
export interface Slot {
  readonly region: Region;
  readonly offset: number;
}

/** What a value changes with: the step of the loop, the lane. */
export const STEP = 1;
export const LANE = 2;

/**
 * Runs a procedure on values that are not known yet: every element that its kernels touch becomes a local, loops of known extent are written
 * out, and what remains is the same operations in the same order, so that the bits are the same. With `lanes` above 1, one loop
 * of each kernel is not written out: it becomes the loop `lane = 0 ... lanes - 1` around the whole program, which is right as
 * long as no lane reads what another has written.
 */
export class Unrolling {
  readonly lane: Local = { name: "lane", dtype: "i32" };
  readonly lanes: number;
  /** Statements by what they change with: nothing, the step, the lane, both. */
  readonly statements: readonly Statement[][] = [[], [], [], []];
  private readonly changes: Map<Local, number>;
  private arm: Arm | undefined;
  private nodes = 0;
  /** The elements that the loop over the lanes has touched, while it is being run. */
  private touched: Map<Region, Set<number>> | undefined;

  constructor(lanes: number) {
    this.lanes = lanes;
    this.changes = new Map([[this.lane, LANE]]);
  }

  /** A new local that changes with `change`. */
  local(name: string, dtype: DType, change: number): Local {
    const local: Local = { name, dtype };
    this.changes.set(local, change);
    return local;
  }

  changeOf(e: Expression): number {
    if (e.kind === "local") return this.changes.get(e.local) ?? refuse();
    return operands(e).reduce((all, x) => all | this.changeOf(x), 0);
  }

  /** The value as a constant or a read of a local. */
  let(value: Expression): Expression {
    if (value.kind === "constant" || value.kind === "local" || affine(value, this.lane) !== undefined) return value;
    const change = this.changeOf(value);
    const local = this.local("v", value.dtype, change);
    this.emit(assign(local, value), change);
    return read(local);
  }

  call(procedure: Procedure, parameters: readonly Slot[], frame: Slot): void {
    const at = (place: Place): Slot => {
      const { region, offset } = place.kind === "frame" ? frame : parameters[place.index];
      return { region, offset: offset + place.byteOffset };
    };
    for (const step of procedure.steps) this.step(step, at);
  }

  private step(step: Step, at: (place: Place) => Slot): void {
    switch (step.kind) {
      case "kernel":
        return this.kernel(step.kernel, step.buffers.map(at));
      case "copy":
        return this.copy(at(step.from), at(step.to), step.bytes);
      case "loop":
        for (let i = 0; i < step.count; i++) {
          this.count(1);
          this.call(
            step.body,
            step.arguments.map((a) => iteration(a, i, at)),
            at(step.frame),
          );
        }
        return;
      case "switch": {
        const index = this.load(at(step.index), "i32", int(0));
        const branch = (k: number): void => {
          const run = (): void => this.call(step.branches[k], step.arguments.map(at), at(step.frame));
          if (k === step.branches.length - 1) run();
          else this.branch(fold(compare("le", index, int(k))), run, () => branch(k + 1));
        };
        return branch(0);
      }
      default:
        refuse();
    }
  }

  private kernel(kernel: Kernel, buffers: readonly Slot[]): void {
    const values = new Map<Local, Expression>();
    const { lane } = this;
    const evaluate = (e: Expression): Expression => {
      this.count(1);
      switch (e.kind) {
        case "constant":
          return e;
        case "local":
          return values.get(e.local) ?? refuse();
        case "load":
          return this.load(buffers[e.buffer], e.dtype, evaluate(e.index));
        case "unary":
          return unary(e.op, evaluate(e.x));
        case "binary":
          return canonical(fold(binary(e.op, evaluate(e.a), evaluate(e.b))), lane);
        case "compare":
          return fold(compare(e.op, evaluate(e.a), evaluate(e.b)));
        case "fma":
          return { ...e, a: evaluate(e.a), b: evaluate(e.b), c: evaluate(e.c) };
        case "select":
          return fold(select(evaluate(e.condition), evaluate(e.a), evaluate(e.b)));
        case "convert":
          return convert(e.dtype, evaluate(e.x));
        case "reinterpret":
          return reinterpret(e.dtype, evaluate(e.x));
      }
    };
    const value = (e: Expression): Expression => this.let(evaluate(e));
    const run = (body: readonly Statement[]): void => body.forEach(statement);
    const statement = (s: Statement): void => {
      this.count(1);
      switch (s.kind) {
        case "assign":
          return this.set(values, s.local, value(s.value));
        case "store":
          return this.store(buffers[s.buffer], s.value.dtype, evaluate(s.index), value(s.value));
        case "if":
          return this.branch(
            value(s.condition),
            () => run(s.then),
            () => run(s.otherwise),
          );
        case "for": {
          const extent = known(evaluate(s.extent));
          const { lanes } = this;
          const across = lanes > 1 && this.touched === undefined && extent > 0 && extent % lanes === 0;
          const rounds = across ? extent / lanes : extent;
          // What one lane assigns, no other may read.
          const forget = (): void => effectsOf(s.body).assigned.forEach((l) => this.set(values, l, undefined));
          if (across) {
            forget();
            this.touched = new Map();
          }
          for (let i = 0; i < rounds; i++) {
            this.set(values, s.index, across ? at(lane, { offset: i, step: rounds }) : int(i));
            run(s.body);
          }
          if (across) {
            forget();
            this.touched = undefined;
          }
          return;
        }
        case "reduce": {
          // Word for word what `Statement` says of it.
          const extent = known(evaluate(s.extent));
          const partial = s.accumulators.map((a) => new Array<Expression>(s.width).fill(evaluate(a.init)));
          const into = (w: number, results: readonly Expression[]): void =>
            results.forEach((x, k) => (partial[k][w] = x));
          for (let i = 0; i < extent; i++) {
            const w = i % s.width;
            this.set(values, s.index, int(i));
            s.accumulators.forEach((a, k) => this.set(values, a.local, partial[k][w]));
            run(s.body);
            into(
              w,
              s.accumulators.map((a) => value(a.step)),
            );
          }
          for (let h = s.width / 2; h >= 1; h /= 2)
            for (let w = 0; w < h; w++) {
              s.accumulators.forEach((a, k) => {
                this.set(values, a.left, partial[k][w]);
                this.set(values, a.right, partial[k][w + h]);
              });
              into(
                w,
                s.accumulators.map((a) => value(a.merge)),
              );
            }
          return s.accumulators.forEach((a, k) => this.set(values, a.local, partial[k][0]));
        }
        case "while":
          refuse();
      }
    };
    run(kernel.body);
  }

  /** The element `index` after `slot`, as a value of `dtype`. */
  load({ region, offset }: Slot, dtype: DType, index: Expression): Expression {
    const { bytes } = dtypes[dtype];
    const where = affine(index, this.lane);
    const key = where && keyOf({ offset: offset + where.offset * bytes, step: where.step * bytes });
    let value = key === undefined ? undefined : region.elements.get(key);
    if (value === undefined) {
      const { input } = region;
      if (input === undefined || dtypes[input.dtype].bytes !== bytes) return refuse();
      value = this.let(input.load(canonical(add(index, int(offset / bytes)), this.lane), key));
      if (key !== undefined) this.set(region.elements, key, value);
    }
    if (key !== undefined) this.touch(region, key);
    if (value.dtype === dtype) return value;
    return value.dtype === "bool" || dtype === "bool" || bytes !== 4 ? refuse() : reinterpret(dtype, value);
  }

  private store({ region, offset }: Slot, dtype: DType, index: Expression, value: Expression): void {
    const { bytes } = dtypes[dtype];
    const where = affine(index, this.lane) ?? refuse();
    const key = keyOf({ offset: offset + where.offset * bytes, step: where.step * bytes }) ?? refuse();
    this.write(region, key, value);
  }

  /** What other lanes would overwrite is lost. */
  private write(into: Region, key: number, value: Expression): void {
    const { elements, input } = into;
    if (input !== undefined || (elements.size >= MOST_ELEMENTS && !elements.has(key))) refuse();
    if (this.lanes > 1) {
      const here = positionOf(key);
      if (here.step === 0 && (this.changeOf(value) & LANE) !== 0) refuse();
      // Every lane writes here: a sum over them, perhaps.
      if (here.step === 0 && this.touched !== undefined) refuse();
      for (const other of elements.keys())
        if (other !== key && this.overlap(here, positionOf(other))) {
          if (this.touched?.get(into)?.has(other) === true) refuse();
          this.set(elements, other, undefined);
        }
    }
    this.touch(into, key);
    this.set(elements, key, value);
  }

  private touch(region: Region, key: number): void {
    if (this.touched === undefined) return;
    const keys = this.touched.get(region);
    if (keys === undefined) this.touched.set(region, new Set([key]));
    else keys.add(key);
  }

  private overlap(a: Position, b: Position): boolean {
    const last = this.lanes - 1;
    const distance = b.offset - a.offset;
    if (a.step === b.step && a.step > 0 && distance % a.step !== 0) return false;
    return distance < a.step * last + 8 && -distance < b.step * last + 8;
  }

  private copy(from: Slot, to: Slot, bytes: number): void {
    const { input, elements } = from.region;
    const shift = to.offset - from.offset;
    if (input === undefined) {
      for (const [key, value] of Array.from(elements)) {
        const { offset } = positionOf(key);
        if (offset >= from.offset && offset < from.offset + bytes) this.write(to.region, key + shift, value);
      }
      return;
    }
    const size = dtypes[input.dtype].bytes;
    const count = bytes / size;
    const across = this.lanes > 1 && count % this.lanes === 0;
    const rounds = across ? count / this.lanes : count;
    for (let i = 0; i < rounds; i++) {
      this.count(1);
      const index = across ? at(this.lane, { offset: i, step: rounds }) : int(i);
      this.store(to, input.dtype, index, this.load(from, input.dtype, index));
    }
  }

  /** Both branches; what they leave different is chosen by the one that ran. */
  private branch(condition: Expression, then: () => void, otherwise: () => void): void {
    if (condition.kind === "constant") return condition.value !== 0 ? then() : otherwise();
    const outer = this.arm;
    const run = (branch: () => void): Arm => {
      const arm: Arm = { body: [], before: new Map(), after: new Map(), change: this.changeOf(condition) };
      this.arm = arm;
      branch();
      for (const [map, keys] of arm.before) {
        const after = new Map<unknown, Expression | undefined>();
        arm.after.set(map, after);
        for (const [key, old] of keys) {
          after.set(key, map.get(key));
          put(map, key, old);
        }
      }
      return arm;
    };
    const [a, b] = [run(then), run(otherwise)];
    this.arm = outer;
    const change = a.change | b.change;
    const choices: (() => void)[] = [];
    for (const [map, keys] of [...a.after, ...b.after])
      for (const key of keys.keys()) {
        const [x, y] = [a, b].map(({ after }) =>
          after.get(map)?.has(key) === true ? after.get(map)?.get(key) : map.get(key),
        );
        if (x === undefined || y === undefined || x.dtype !== y.dtype)
          choices.push(() => this.set(map, key, undefined));
        else if (x !== y) {
          const either = this.local("either", x.dtype, change | this.changeOf(x) | this.changeOf(y));
          a.body.push(assign(either, x));
          b.body.push(assign(either, y));
          choices.push(() => this.set(map, key, read(either)));
        } else choices.push(() => this.set(map, key, x));
        b.after.get(map)?.delete(key);
      }
    this.emit(ifElse(condition, a.body, b.body), change);
    for (const choose of choices) choose();
  }

  private emit(s: Statement, change: number): void {
    if (this.arm === undefined) this.statements[change].push(s);
    else {
      this.arm.body.push(s);
      this.arm.change |= change;
    }
  }

  private set(map: Map<unknown, Expression>, key: unknown, value: Expression | undefined): void {
    if (this.arm !== undefined) {
      const { before } = this.arm;
      let keys = before.get(map);
      if (keys === undefined) before.set(map, (keys = new Map()));
      if (!keys.has(key)) keys.set(key, map.get(key));
    }
    put(map, key, value);
  }

  private count(n: number): void {
    if ((this.nodes += n) > MOST_NODES) refuse();
  }
}

const put = (map: Map<unknown, Expression>, key: unknown, value: Expression | undefined): void =>
  void (value === undefined ? map.delete(key) : map.set(key, value));

const known = (e: Expression): number => (e.kind === "constant" ? e.value : refuse());

function iteration(argument: LoopArgument, i: number, at: (place: Place) => Slot): Slot {
  if (argument.kind === "swap" && i % 2 === 1) return at(argument.other);
  const { region, offset } = at(argument.place);
  return { region, offset: offset + (argument.kind === "stride" ? i * argument.bytes : 0) };
}
