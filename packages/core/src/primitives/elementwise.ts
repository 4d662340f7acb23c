import { type Primitive, type Tangent, definePrimitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import type { Expression } from "../kernel/expression.js";
import type { Block } from "../kernel/math/block.js";
import type { DType } from "../tensor/dtype.js";
import type { Tensor } from "../tensor/tensor.js";
import { add, batchElementwise, elementwiseType, mul } from "./basis.js";

/** One input's partial derivative, as a function of the output and the inputs. */
export type Partial = (output: Tensor, ...inputs: Tensor[]) => Tensor;

export interface ElementwiseDefinition {
  readonly name: string;
  /** The kernel expression of one output element. */
  readonly compute: (block: Block, ...inputs: Expression[]) => Expression;
  /** Output dtype; that of the first input by default. */
  readonly result?: (dtypes: readonly DType[]) => DType;
  /** Partial derivatives, one an input (null: none). The tangent is the sum of tangent times partial. */
  readonly partials?: readonly (Partial | null)[];
  /** For operations that are linear in an input: the tangent itself, in place of `partials`. */
  readonly jvp?: (tangents: readonly Tangent[], output: Tensor, ...inputs: Tensor[]) => Tangent;
  readonly transpose?: Primitive["transpose"];
}

/** A primitive of same-shaped inputs that acts on each element alone. */
export function elementwise(definition: ElementwiseDefinition): Primitive {
  const { name, compute, partials, transpose, result } = definition;
  const tangentOf =
    definition.jvp ?? (partials === undefined ? undefined : (tangents, y, ...xs) => combine(partials, tangents, y, xs));
  const primitive: Primitive = definePrimitive<object>({
    name,
    infer: (inputs) => [elementwiseType(name, inputs, result)],
    batch: (inputs, axes, size) => batchElementwise(primitive, inputs, axes, size, {}),
    lower: () => ({ kind: "map", compute: (block, inputs) => [compute(block, ...inputs)] }),
    ...(transpose === undefined ? {} : { transpose }),
    ...(tangentOf === undefined
      ? {}
      : {
          jvp: (inputs, tangents) => {
            const output = bind1(primitive, inputs, {});
            return { primals: [output], tangents: [tangentOf(tangents, output, ...inputs)] };
          },
        }),
  });
  return primitive;
}

function combine(
  partials: readonly (Partial | null)[],
  tangents: readonly Tangent[],
  output: Tensor,
  inputs: readonly Tensor[],
): Tangent {
  let total: Tangent = null;
  tangents.forEach((t, i) => {
    const partial = partials[i];
    if (t === null || partial === null) return;
    const term = mul(t, partial(output, ...inputs));
    total = total === null ? term : add(total, term);
  });
  return total;
}
