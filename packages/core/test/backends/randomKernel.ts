import {
  type BinaryOp,
  type CompareOp,
  type Expression,
  type Local,
  type UnaryOp,
  add,
  binary,
  compare,
  constant,
  convert,
  int,
  load,
  mul,
  read,
  reinterpret,
  select,
  unary,
} from "../../src/kernel/expression.js";
import {
  type Kernel,
  type KernelBuffer,
  type Statement,
  assign,
  forLoop,
  ifElse,
  store,
  whileLoop,
} from "../../src/kernel/kernel.js";
import { type DType, type Storage, dtypes } from "../../src/tensor/dtype.js";

/** mulberry32: 32 random bits a call. */
export function randomBits(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

const all: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];
const unaryOps: Record<DType, readonly UnaryOp[]> = {
  f32: ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest", "exponent"],
  f64: ["neg", "abs", "sqrt", "floor", "ceil", "trunc", "nearest", "exponent"],
  i32: ["neg", "abs", "not"],
  u32: ["not"],
  bool: ["not"],
};
const integerOps: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "min",
  "max",
  "and",
  "or",
  "xor",
  "shl",
  "shr",
];
const binaryOps: Record<DType, readonly BinaryOp[]> = {
  f32: ["add", "sub", "mul", "div", "min", "max"],
  f64: ["add", "sub", "mul", "div", "min", "max"],
  i32: integerOps,
  u32: integerOps,
  bool: ["and", "or", "xor"],
};
const compareOps: readonly CompareOp[] = ["eq", "ne", "lt", "le", "gt", "ge"];
const constants = [0, -0, 1, -1, 2, 3.25, -7, 31, 1e9, 0.1];

/** The sizes of a random kernel's matrices. Vectors have `columns` elements and are read at an offset of up to 2. */
interface Sizes {
  readonly rows: number;
  readonly columns: number;
}

/** A random well-formed kernel: nested loops, lets, reductions, conditionals, over inputs of all dtypes. */
export function randomKernel(seed: number): { kernel: Kernel; inputs: Storage[] } {
  const next = randomBits(seed);
  const below = (n: number): number => next() % n;
  const pick = <T>(from: readonly T[]): T => from[below(from.length)];
  const sizes: Sizes = { rows: 1 + below(20), columns: 1 + below(45) };
  const length = sizes.rows * sizes.columns + 4;

  // Some kernels use few dtypes, so that all widths of lanes occur.
  const dtypesHere: readonly DType[] = pick([
    all,
    all,
    ["f32"],
    ["f64"],
    ["f32", "i32", "bool"],
    ["f64", "i32"],
    ["f32", "f64"],
  ]);
  const buffers: KernelBuffer[] = all.map((dtype) => ({ dtype, length, access: "in" }));
  const inputs = all.map((dtype) => {
    const storage = dtypes[dtype].allocate(length);
    for (let k = 0; k < length; k++)
      storage[k] =
        dtype === "bool"
          ? below(2)
          : pick([below(9) - 4, below(1000) / 8 - 60, below(5) === 0 ? pick([NaN, Infinity, -0, 1e-42]) : 3]);
    return storage;
  });

  let counter = 0;
  const fresh = (dtype: DType, name: string): Local => ({ name: `${name}${counter++}`, dtype });
  const i = fresh("i32", "i");
  const j = fresh("i32", "j");
  const { rows, columns } = sizes;
  const matrix = add(mul(read(i), int(columns)), read(j));

  /** An index that is in range whatever the loop indices are. */
  const anIndex = (scope: readonly Local[]): Expression => {
    const inI = scope.includes(i);
    const inJ = scope.includes(j);
    const choices: Expression[] = [int(below(length))];
    if (inI) choices.push(read(i), add(read(i), int(below(3))));
    if (inJ) choices.push(read(j), add(int(below(3)), read(j)), add(read(j), mul(int(0), read(j))));
    if (inI && inJ)
      choices.push(matrix, add(matrix, int(1)), add(mul(read(j), int(rows)), read(i)), add(read(i), read(j)));
    if (below(6) === 0) {
      // Indirect, clamped.
      const indirect = load("i32", 2, pick(choices));
      return binary("min", binary("max", indirect, int(0)), int(length - 1));
    }
    return pick(choices);
  };

  const expression = (dtype: DType, scope: readonly Local[], depth: number): Expression => {
    const known = scope.filter((l) => l.dtype === dtype);
    if (depth <= 0 || below(6) === 0) {
      const leaf = below(4);
      if (leaf === 0) return constant(dtype, pick(constants));
      if (leaf === 1 && known.length > 0) return read(pick(known));
      return load(dtype, all.indexOf(dtype), anIndex(scope));
    }
    const here = (d: DType): Expression => expression(d, scope, depth - 1);
    switch (below(8)) {
      case 0:
        return unary(pick(unaryOps[dtype]), here(dtype));
      case 1:
        return select(here("bool"), here(dtype), here(dtype));
      case 2: {
        const from = pick(dtypesHere);
        return convert(dtype, here(from));
      }
      case 3:
        if (dtype === "bool") {
          const of = pick(dtypesHere);
          return compare(pick(compareOps), here(of), here(of));
        }
        if (dtype === "f32") return reinterpret("f32", binary("and", here("i32"), int(0x3fffffff)));
        return here(dtype);
      default:
        return binary(pick(binaryOps[dtype]), here(dtype), here(dtype));
    }
  };

  const outputs: KernelBuffer[] = [];
  const output = (dtype: DType, size: number): number => {
    outputs.push({ dtype, length: size, access: "out" });
    return buffers.length + outputs.length - 1;
  };

  /** Lets, mutable locals and control flow; returns the locals in scope afterwards. */
  const lets = (scope: readonly Local[], count: number, into: Statement[]): Local[] => {
    const result = [...scope];
    for (let k = 0; k < count; k++) {
      const dtype = pick(dtypesHere);
      const local = fresh(dtype, "t");
      into.push(assign(local, expression(dtype, result, 2)));
      const change = below(8);
      if (change === 0)
        into.push(
          ifElse(
            expression("bool", below(2) === 0 ? [] : result, 1),
            [assign(local, expression(dtype, result, 1))],
            below(2) === 0 ? [] : [assign(local, read(local))],
          ),
        );
      else if (change === 1) {
        const round = fresh("i32", "k");
        into.push(forLoop(round, below(4), [assign(local, expression(dtype, [...result, local, round], 2))]));
      } else if (change === 2) {
        const left = fresh("i32", "n");
        into.push(
          assign(left, int(below(4))),
          whileLoop(compare("gt", read(left), int(0)), [
            assign(left, add(read(left), int(-1))),
            assign(local, expression(dtype, [...result, local], 1)),
          ]),
        );
      } else if (change === 3 && !scope.includes(j)) {
        const bodyStatements: Statement[] = [];
        const inner = straightLets([...result, j], below(3), bodyStatements);
        const accumulators = Array.from({ length: 1 + below(2) }, () => {
          const d = pick(dtypesHere);
          const [acc, left, right] = [fresh(d, "acc"), fresh(d, "left"), fresh(d, "right")];
          return {
            local: acc,
            init: constant(d, pick([0, 1])),
            step: binary(pick(binaryOps[d]), read(acc), expression(d, inner, 1)),
            left,
            right,
            merge: binary(pick(binaryOps[d]), read(left), read(right)),
          };
        });
        into.push({
          kind: "reduce",
          index: j,
          extent: int(columns),
          width: pick([1, 2, 4, 8, 16]),
          body: bodyStatements,
          accumulators,
        });
        result.push(...accumulators.map((a) => a.local));
      }
      result.push(local);
    }
    return result;
  };
  const straightLets = (scope: readonly Local[], count: number, into: Statement[]): Local[] => {
    const result = [...scope];
    for (let k = 0; k < count; k++) {
      const dtype = pick(dtypesHere);
      const local = fresh(dtype, "s");
      into.push(assign(local, expression(dtype, result, 2)));
      result.push(local);
    }
    return result;
  };

  const body: Statement[] = [];
  const outer = below(3) === 0 ? lets([], 1 + below(2), body) : [];
  for (let part = 0; part < 1 + below(2); part++) {
    const rowBody: Statement[] = [];
    const inRow = lets([...outer, i], below(4), rowBody);
    if (below(2) === 0) {
      const columnBody: Statement[] = [];
      const inColumn = lets([...inRow, j], below(4), columnBody);
      const dtype = pick(dtypesHere);
      columnBody.push(store(output(dtype, rows * columns), matrix, expression(dtype, inColumn, 3)));
      rowBody.push(forLoop(j, columns, columnBody, below(4) === 0 ? "serial" : "lanes"));
    }
    const dtype = pick(dtypesHere);
    const stride = pick([1, 1, 1, 2]);
    const target = output(dtype, rows * stride);
    if (stride === 2) body.push(forLoop(i, rows * 2, [store(target, read(i), constant(dtype, 1))], "lanes"));
    rowBody.push(store(target, mul(read(i), int(stride)), expression(dtype, inRow, 3)));
    body.push(forLoop(i, rows, rowBody, below(4) === 0 ? "serial" : "lanes"));
  }
  return { kernel: { name: `random${seed}`, buffers: [...buffers, ...outputs], body }, inputs };
}
