import { type Primitive, isLinear } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { binary } from "../kernel/expression.js";
import type { Tensor } from "../tensor/tensor.js";
import { mul, neg } from "./basis.js";
import { elementwise } from "./elementwise.js";

/* Difference and quotient of same-shaped tensors. */

export const subPrimitive: Primitive = elementwise({
  name: "sub",
  compute: (_, a, b) => binary("sub", a, b),
  jvp: ([ta, tb]) => (ta === null ? neg(tb as Tensor) : tb === null ? ta : sub(ta, tb)),
  transpose: ([ct], [a, b]) => [isLinear(a) ? ct : null, isLinear(b) ? neg(ct as Tensor) : null],
});

export const divPrimitive: Primitive = elementwise({
  name: "div",
  compute: (_, a, b) => binary("div", a, b),
  jvp: ([ta, tb], y, _a, b) => {
    if (tb === null) return div(ta as Tensor, b);
    // One division for both, forward and backward.
    return ta === null ? neg(mul(div(y, b), tb)) : div(sub(ta, mul(y, tb)), b);
  },
  transpose: ([ct], [a, b]) => [isLinear(a) ? div(ct as Tensor, b as Tensor) : null, null],
});

export function sub(a: Tensor, b: Tensor): Tensor {
  return bind1(subPrimitive, [a, b], {});
}
export function div(a: Tensor, b: Tensor): Tensor {
  return bind1(divPrimitive, [a, b], {});
}
