import type { Equation } from "../../graph/graph.js";
import { type Expression, add, binary, compare, constant, int, load, mul, read, sub } from "../../kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop, ifElse, store } from "../../kernel/kernel.js";
import { buffersOf, dotIndex, index, nest } from "../../kernel/nest.js";
import type { Windows } from "../../primitives/windows.js";
import { stridesOf } from "../../tensor/shape.js";

/**
 * overlapAdd with a thread for each element of the result, which looks for the windows that reach it. The CPU goes through the windows instead
 * and adds each where it belongs; several threads could not. Terms are added in the same order.
 */
export function overlapAddKernel({ primitive, params, inputs: [y], outputs: [x] }: Equation): Kernel | undefined {
  if (primitive.name !== "overlapAdd") return undefined;
  const { axes, stride, dilation } = params as Windows;
  const counts = y.shape.slice(axes.length);
  const sum = { name: "sum", dtype: x.dtype };
  const offsets = axes.map((_, k) => index(`k${k}`));
  const body = nest(x.shape, (to, at) => {
    const from = [...at];
    /** The windows whose `k`-th and later offsets are still to be chosen. */
    const through = (k: number): Statement[] => {
      if (k === axes.length)
        return [
          assign(sum, add(read(sum), load(y.dtype, 0, dotIndex([...offsets.map(read), ...from], stridesOf(y.shape))))),
        ];
      const a = axes[k];
      const [reach, position] = [index(`reach${k}`), index(`from${k}`)];
      const tests = [compare("ge", read(reach), int(0)), compare("lt", read(position), int(counts[a]))];
      if (stride[k] > 1) tests.push(compare("eq", mul(read(position), int(stride[k])), read(reach)));
      from[a] = read(position);
      return [
        forLoop(offsets[k], y.shape[k], [
          assign(reach, sub(at[a], mul(read(offsets[k]), int(dilation[k])))),
          assign(position, stride[k] > 1 ? binary("div", read(reach), int(stride[k])) : read(reach)),
          ifElse(
            tests.reduce((p: Expression, q) => binary("and", p, q)),
            through(k + 1),
          ),
        ]),
      ];
    };
    return [assign(sum, constant(x.dtype, 0)), ...through(0), store(1, to, read(sum))];
  });
  return { name: "overlapAdd", buffers: buffersOf([y], [x]), body };
}
