import type { Atom, Equation, Literal, Variable } from "../../graph/graph.js";
import type { Primitive } from "../../graph/primitive.js";
import { type Expression, constant } from "../../kernel/expression.js";
import { addPrimitive, mulPrimitive, negPrimitive, sumPrimitive } from "../../primitives/basis.js";
import { type DotParams, productOfOriginals } from "../../primitives/dot.js";
import { subPrimitive } from "../../primitives/arithmetic.js";
import { isFloat } from "../../tensor/dtype.js";
import { sizeOf } from "../../tensor/shape.js";

/** The equation that made a value, if it is one of this graph's. */
type Maker = (a: Atom) => Equation | undefined;

/**
 * A cheaper way to the same bits: a value that is there already, or another equation for the same outputs; undefined if there is none.
 * Exact identities only: never x * 0 = 0 or x + 0 = x, which NaN, infinities and -0 contradict.
 */
export function rewrite(e: Equation, maker: Maker): Atom | Equation | undefined {
  if (e.inputs.length > 0 && e.inputs.every(isLiteral)) {
    const folded = fold(e, e.inputs);
    if (folded !== undefined) return folded;
  }
  return identities[e.primitive.name]?.(e, maker);
}

/** x + y and y + x, x * y and y * x are the same bits. */
export const isCommutative = (primitive: Primitive): boolean =>
  primitive === addPrimitive || primitive === mulPrimitive;

const isLiteral = (a: Atom): a is Literal => a.kind === "literal";
const is = (a: Atom, value: number): boolean => isLiteral(a) && Object.is(a.value, value);
/** x where a is neg(x). */
function negated(a: Atom, maker: Maker): Atom | undefined {
  const e = maker(a);
  return e?.primitive === negPrimitive ? e.inputs[0] : undefined;
}
const instead = (e: Equation, primitive: Primitive, ...inputs: Atom[]): Equation => ({
  primitive,
  inputs,
  params: {},
  outputs: e.outputs,
});

const identities: Readonly<Record<string, (e: Equation, maker: Maker) => Atom | Equation | undefined>> = {
  neg: ({ inputs: [x] }, maker) => negated(x, maker),
  add(e, maker) {
    const [x, y] = e.inputs;
    if (is(y, -0)) return x;
    if (is(x, -0)) return y;
    const [nx, ny] = [negated(x, maker), negated(y, maker)];
    if (ny !== undefined) return instead(e, subPrimitive, x, ny);
    return nx === undefined ? undefined : instead(e, subPrimitive, y, nx);
  },
  sub(e, maker) {
    const [x, y] = e.inputs;
    if (is(y, 0)) return x;
    const ny = negated(y, maker);
    return ny === undefined ? undefined : instead(e, addPrimitive, x, ny);
  },
  mul(e, maker) {
    const [x, y] = e.inputs;
    if (is(y, 1)) return x;
    if (is(x, 1)) return y;
    if (is(y, -1)) return negated(x, maker) ?? instead(e, negPrimitive, x);
    if (is(x, -1)) return negated(y, maker) ?? instead(e, negPrimitive, y);
    const [nx, ny] = [negated(x, maker), negated(y, maker)];
    return nx === undefined || ny === undefined ? undefined : instead(e, mulPrimitive, nx, ny);
  },
  div: ({ inputs: [x, y] }) => (is(y, 1) ? x : undefined),
  dot({ primitive, inputs, params, outputs }, maker) {
    const product = productOfOriginals(inputs, params as DotParams, maker);
    return product && { primitive, outputs, ...product };
  },
  stopGradient: ({ inputs: [x] }) => x,
  convert: ({ inputs: [x], outputs: [y] }) => (x.dtype === y.dtype ? x : undefined),
};

/** Constants in, a constant out. */
function fold({ primitive, inputs, params, outputs }: Equation, literals: readonly Literal[]): Literal | undefined {
  if (outputs.length !== 1) return undefined;
  const [{ shape, dtype }] = outputs as readonly [Variable];
  const lowering = primitive.lower(inputs, outputs, params);
  const literal = (value: number): Literal => ({ kind: "literal", shape, dtype, value });
  if (lowering.kind === "view" || (lowering.kind === "alias" && literals[0].dtype === dtype))
    return literal(literals[0].value);
  // Whole numbers add up exactly, in any order.
  if (primitive === sumPrimitive && isFloat(dtype)) {
    const total = (literals[0].value * sizeOf(inputs[0].shape)) / sizeOf(shape);
    const exact = Number.isInteger(literals[0].value) && Math.abs(total) <= (dtype === "f64" ? 2 ** 53 : 2 ** 24);
    return exact && total !== 0 ? literal(total) : undefined;
  }
  if (lowering.kind !== "map") return undefined;
  const [result] = lowering.compute(
    { let: (value: Expression) => value },
    literals.map((a) => constant(a.dtype, a.value)),
  );
  return result.kind === "constant" ? literal(result.value) : undefined;
}
