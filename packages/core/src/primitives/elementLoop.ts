import { type Lowering, type Primitive, definePrimitive } from "../graph/primitive.js";
import { type Expression, type Local, convert, load, read } from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import type { Block } from "../kernel/math/block.js";
import { add, div, mul, neg } from "../kernel/math/formula.js";
import { buffersOf, index } from "../kernel/nest.js";
import { type TensorType, sizeOf } from "../tensor/shape.js";
import { batchElementwise, elementwiseType } from "./basis.js";

/*
 * Elementwise functions that need a loop for each element, and so cannot be a fused expression. They compute in f64 whatever the dtype: a series in f32 would
 * lose its last digits.
 */

/** A straight piece of program under construction: the statements go to `statements`. */
export interface Program extends Block {
  readonly statements: Statement[];
  /** A variable that may be assigned again. */
  variable(value: Expression): Local;
  set(local: Local, value: Expression): void;
  branch(condition: Expression, then: (p: Program) => void, otherwise: (p: Program) => void): void;
  repeat(condition: () => Expression, body: (p: Program) => void): void;
}

function program(): Program {
  const statements: Statement[] = [];
  const variable = (value: Expression): Local => {
    const local: Local = { name: "v", dtype: value.dtype };
    statements.push(assign(local, value));
    return local;
  };
  const inner = (build: (p: Program) => void): Statement[] => {
    const p = program();
    build(p);
    return p.statements;
  };
  return {
    statements,
    let: (value) => read(variable(value)),
    variable,
    set: (local, value) => void statements.push(assign(local, value)),
    branch: (condition, then, otherwise) => void statements.push(ifElse(condition, inner(then), inner(otherwise))),
    repeat: (condition, body) => void statements.push(whileLoop(condition(), inner(body))),
  };
}

/** The kernel that computes `element` of f64 arguments for each element. */
export function elementLoop(
  name: string,
  inputs: readonly TensorType[],
  outputs: readonly TensorType[],
  element: (p: Program, x: Expression[]) => Expression,
): Lowering {
  const i = index("i");
  const p = program();
  const [{ shape, dtype }] = inputs;
  const xs = inputs.map((_, k) => p.let(convert("f64", load(dtype, k, read(i)))));
  const y = element(p, xs);
  p.statements.push(store(inputs.length, read(i), convert(dtype, y)));
  return {
    kind: "kernel",
    kernel: { name, buffers: buffersOf(inputs, outputs), body: [forLoop(i, sizeOf(shape), p.statements, "parallel")] },
  };
}

/** A primitive of same-shaped inputs made of such a loop. `of` chooses among the functions that share it. */
export function loopPrimitive<Of extends string>(
  name: string,
  element: (of: Of, p: Program, x: Expression[]) => Expression,
  jvp: Primitive<{ of: Of }>["jvp"],
): Primitive<{ of: Of }> {
  const primitive: Primitive<{ of: Of }> = definePrimitive({
    name,
    infer: (inputs) => [elementwiseType(name, inputs)],
    ...(jvp === undefined ? {} : { jvp }),
    batch: (inputs, axes, size, params) => batchElementwise(primitive, inputs, axes, size, params),
    lower: (inputs, outputs, { of }) => elementLoop(name, inputs, outputs, (p, x) => element(of, p, x)),
  });
  return primitive;
}

/** A value and its first derivatives with respect to one or two parameters: [f, f_a, f_b]. */
export type Jet = readonly Expression[];

export const jetAdd = (f: Jet, g: Jet): Jet => f.map((x, i) => add(x, g[i]));
export const jetMul = (p: Block, f: Jet, g: Jet): Jet =>
  f.map((x, i) => p.let(i === 0 ? mul(x, g[0]) : add(mul(x, g[0]), mul(f[0], g[i]))));
export function jetReciprocal(p: Block, f: Jet): Jet {
  const r = p.let(div(1, f[0]));
  return f.map((x, i) => (i === 0 ? r : p.let(neg(mul(mul(x, r), r)))));
}
export const jetVariables = (
  p: Program,
  f: Jet,
): { locals: Local[]; read: () => Jet; set: (p: Program, f: Jet) => void } => {
  const locals = f.map((x) => p.variable(x));
  return {
    locals,
    read: () => locals.map(read),
    set: (q, g) => g.forEach((x, i) => q.set(locals[i], x)),
  };
};
