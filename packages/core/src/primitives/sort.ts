import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import { type Expression, add as plus, binary, compare, int, load, mul as times, read } from "../kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import { buffersOf, index } from "../kernel/nest.js";
import { sizeOf, type as typeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { moveAxis } from "./basis.js";

/** The stable order that sorts the last axis ascending, NaN last, as i32 positions. Bottom-up merge sort. */
export const argsortPrimitive: Primitive = definePrimitive<object>({
  name: "argsort",
  infer: ([x]) => [{ shape: x.shape, dtype: "i32" }],
  batch: ([x], [axis]) => ({ outputs: [argsort(moveAxis(x, axis as number, 0))], axes: [0] }),
  lower: ([x], [y]) => {
    const n = x.shape[x.shape.length - 1];
    const [row, i, width, left, middle, right, a, b] = ["row", "i", "width", "left", "middle", "right", "a", "b"].map(
      index,
    );
    const base = times(read(row), int(n));
    const order = (k: Expression): Expression => load("i32", 1, plus(base, k));
    const key = (k: Expression): Expression => load(x.dtype, 0, plus(base, order(k)));
    const x1 = { name: "x", dtype: x.dtype };
    const x2 = { name: "y", dtype: x.dtype };
    const take = (from: typeof a): Statement[] => [
      store(2, read(i), order(read(from))),
      assign(from, plus(read(from), int(1))),
    ];
    // The left run goes first unless the right key is smaller; a NaN on the left yields to any number.
    const rightFirst = binary(
      "or",
      compare("lt", read(x2), read(x1)),
      binary("and", compare("ne", read(x1), read(x1)), compare("eq", read(x2), read(x2))),
    );
    const min = (p: Expression, q: Expression): Expression => binary("min", p, q);
    const merge: Statement[] = [
      assign(middle, min(plus(read(left), read(width)), int(n))),
      assign(right, min(plus(read(middle), read(width)), int(n))),
      assign(a, read(left)),
      assign(b, read(middle)),
      assign(i, read(left)),
      whileLoop(compare("lt", read(i), read(right)), [
        ifElse(compare("ge", read(a), read(middle)), take(b), [
          ifElse(compare("ge", read(b), read(right)), take(a), [
            assign(x1, key(read(a))),
            assign(x2, key(read(b))),
            ifElse(rightFirst, take(b), take(a)),
          ]),
        ]),
        assign(i, plus(read(i), int(1))),
      ]),
      assign(left, plus(read(left), times(int(2), read(width)))),
    ];
    const body: Statement[] = [
      forLoop(i, n, [store(1, plus(base, read(i)), read(i))]),
      assign(width, int(1)),
      whileLoop(compare("lt", read(width), int(n)), [
        assign(left, int(0)),
        whileLoop(compare("lt", read(left), int(n)), merge),
        forLoop(i, n, [store(1, plus(base, read(i)), load("i32", 2, read(i)))]),
        assign(width, times(read(width), int(2))),
      ]),
    ];
    return {
      kind: "kernel",
      kernel: {
        name: "argsort",
        buffers: buffersOf([x], [y], [typeOf("i32", [Math.max(1, n)])]),
        body: [forLoop(row, n === 0 ? 0 : sizeOf(x.shape) / n, body, "parallel")],
      },
    };
  },
});

export const argsort = (x: Tensor): Tensor => bind1(argsortPrimitive, [x], {});
