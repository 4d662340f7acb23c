import type { Primitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import * as math from "../kernel/math/index.js";
import { div, sub } from "./arithmetic.js";
import { add, like, mul, neg } from "./basis.js";
import { eq, select as where } from "./comparison.js";
import { TWO_OVER_SQRT_PI, apply, mathPrimitive, square } from "./elementary.js";

/*
 * Functions that no method of Tensor needs. Each stands alone, and its definition is marked as free of side effects: a program carries those it uses.
 */

export const gammaPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("gamma", math.gamma, (y, x) =>
  mul(y, apply("digamma", x)),
);
export const erfcxPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("erfcx", math.erfcx, (y, x) =>
  sub(mul(add(x, x), y), like(x, TWO_OVER_SQRT_PI)),
);
export const ndtrPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("ndtr", math.ndtr, (_, x) =>
  mul(like(x, 1 / Math.sqrt(2 * Math.PI)), apply("exp", mul(square(x), like(x, -0.5)))),
);
// phi(x) / Phi(x) = sqrt(2 / pi) / erfcx(-x / sqrt 2), which neither overflows nor cancels.
export const logNdtrPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("logNdtr", math.logNdtr, (_, x) =>
  div(like(x, Math.sqrt(2 / Math.PI)), bind1(erfcxPrimitive, [mul(x, like(x, -Math.SQRT1_2))], {})),
);
export const ndtriPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("ndtri", math.ndtri, (y) =>
  mul(like(y, Math.sqrt(2 * Math.PI)), apply("exp", mul(square(y), like(y, 0.5)))),
);
export const i0ePrimitive: Primitive = /* @__PURE__ */ mathPrimitive("i0e", math.i0e, (y, x) =>
  sub(bind1(i1ePrimitive, [x], {}), mul(apply("sign", x), y)),
);
// I_1' = I_0 - I_1 / x, which is 1/2 at 0.
export const i1ePrimitive: Primitive = /* @__PURE__ */ mathPrimitive("i1e", math.i1e, (y, x) => {
  const atZero = eq(x, like(x, 0));
  const ratio = where(atZero, like(x, 0.5), div(y, where(atZero, like(x, 1), x)));
  return sub(sub(bind1(i0ePrimitive, [x], {}), ratio), mul(apply("sign", x), y));
});
export const log1pMinusPrimitive: Primitive = /* @__PURE__ */ mathPrimitive("log1pMinus", math.log1pMinus, (_, x) =>
  neg(div(x, add(like(x, 1), x))),
);

export const specialPrimitives: readonly Primitive[] = [
  gammaPrimitive,
  erfcxPrimitive,
  ndtrPrimitive,
  logNdtrPrimitive,
  ndtriPrimitive,
  i0ePrimitive,
  i1ePrimitive,
  log1pMinusPrimitive,
];
