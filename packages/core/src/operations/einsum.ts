import { reshape, sum, transpose } from "../primitives/basis.js";
import { dot } from "../primitives/dot.js";
import { describe, range } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { mul } from "./arithmetic.js";
import { diagonal } from "./diagonal.js";
import { broadcastTo, checkTensor, countable, promote } from "./promote.js";

/** A tensor whose axes have names. */
interface Named {
  readonly x: Tensor;
  readonly labels: readonly string[];
}
type Sizes = ReadonlyMap<string, number>;

/**
 * Einstein summation: names the axes of each operand and of the result; axes missing from the result are summed over. A name that an operand
 * repeats is its diagonal; "..." stands for axes that broadcast; without "->" the result has the names that occur once, in alphabetical order.
 * Several operands are joined pair by pair, those first whose product is smallest against its factors (the greedy order of opt_einsum).
 *
 * @throws when sizes of a name differ, or the names do not fit the operands.
 * @example einsum("ij,jk->ik", a, b)      // matrix product
 * @example einsum("...ii->...", x)        // traces
 */
export function einsum(equation: string, ...operands: Tensor[]): Tensor {
  if (typeof equation !== "string")
    throw new TypeError(`einsum: the equation is ${typeof equation}, expected a text such as "ij,jk->ik".`);
  operands.forEach((x, i) => checkTensor("einsum", `operand ${i}`, x));
  const inputs = promote("einsum", operands).map(countable);
  const { terms, output } = parse(equation, inputs);
  const sizes = sizesOf(equation, inputs, terms);
  let list = inputs.map((x, i) => simplified({ x, labels: terms[i] }, sizes));
  while (list.length > 1) {
    const [i, j] = cheapest(list, output, sizes);
    const rest = list.filter((_, k) => k !== i && k !== j);
    const kept = new Set([...output, ...rest.flatMap((t) => t.labels)]);
    list = [...rest, joined(list[i], list[j], kept)];
  }
  const last = summed(list[0], new Set(output));
  // Names of the result that only axes of size 1 carried.
  const missing = output.filter((l) => !last.labels.includes(l));
  const x = reshape(last.x, [...last.x.shape, ...missing.map(() => 1)]);
  const labels = [...last.labels, ...missing];
  return broadcastTo(
    transpose(
      x,
      output.map((l) => labels.indexOf(l)),
    ),
    output.map((l) => sizes.get(l) as number),
  );
}

/** The names of all axes; those of an ellipsis are "0", "1", ... counted from the right. */
function parse(equation: string, inputs: readonly Tensor[]): { terms: string[][]; output: string[] } {
  const text = equation.replace(/\s/g, "");
  if (!/^([A-Za-z]*(\.{3})?[A-Za-z]*)(,[A-Za-z]*(\.{3})?[A-Za-z]*)*(->[A-Za-z]*(\.{3})?[A-Za-z]*)?$/.test(text))
    throw new SyntaxError(
      `einsum: cannot read "${equation}". Write letters for axes, a comma between operands, "..." at most once each, and "->" before the result.`,
    );
  const [left, right] = text.split("->") as [string, string?];
  const parts = left.split(",");
  if (parts.length !== inputs.length)
    throw new RangeError(`einsum: "${equation}" names ${parts.length} operands, got ${inputs.length}.`);
  let dots = 0;
  const terms = parts.map((part, i) => {
    const [before, after] = part.split("...") as [string, string?];
    const letters = before.length + (after?.length ?? 0);
    const extra = inputs[i].ndim - letters;
    if (extra < 0 || (after === undefined && extra > 0))
      throw new RangeError(`einsum: "${part}" names ${letters} axes, but operand ${i} is ${describe(inputs[i])}.`);
    dots = Math.max(dots, extra);
    return [...before, ...range(extra).map((k) => String(extra - 1 - k)), ...(after ?? "")];
  });
  const ellipsis = range(dots).map((k) => String(dots - 1 - k));
  const all = terms.flat();
  if (right === undefined) {
    const once = [...new Set(all)].filter((l) => /[A-Za-z]/.test(l) && all.indexOf(l) === all.lastIndexOf(l));
    return { terms, output: [...ellipsis, ...once.sort()] };
  }
  const [before, after] = right.split("...") as [string, string?];
  const output = [...before, ...(after === undefined ? [] : [...ellipsis, ...after])];
  const wrong = output.find((l, i) => output.indexOf(l) !== i || !(all.includes(l) || ellipsis.includes(l)));
  if (wrong !== undefined)
    throw new RangeError(`einsum: the result of "${equation}" has ${wrong} twice, or no operand has it.`);
  return { terms, output };
}

function sizesOf(equation: string, inputs: readonly Tensor[], terms: readonly (readonly string[])[]): Sizes {
  const sizes = new Map<string, number>();
  terms.forEach((labels, k) =>
    labels.forEach((l, a) => {
      const n = inputs[k].shape[a];
      const known = sizes.get(l) ?? 1;
      // Within one operand sizes must be equal; between operands 1 broadcasts.
      const own = inputs[k].shape[labels.indexOf(l)];
      if (n !== own || (n !== known && n !== 1 && known !== 1))
        throw new RangeError(
          `einsum: axis ${l} of "${equation}" has sizes ${n === own ? known : own} and ${n} in ${inputs.map(describe).join(", ")}.`,
        );
      if (!sizes.has(l) || known === 1) sizes.set(l, n);
    }),
  );
  return sizes;
}

/** Diagonals taken, and axes of size 1 that stand for a longer one dropped. */
function simplified(t: Named, sizes: Sizes): Named {
  let { x, labels } = t;
  const kept = range(labels.length).filter((a) => x.shape[a] === sizes.get(labels[a]));
  x = reshape(
    x,
    kept.map((a) => x.shape[a]),
  );
  labels = kept.map((a) => t.labels[a]);
  for (;;) {
    const names = labels;
    const b = names.findIndex((l, i) => names.indexOf(l) !== i);
    if (b < 0) return { x, labels };
    const a = names.indexOf(names[b]);
    x = diagonal(x, { axis1: a, axis2: b });
    labels = [...names.filter((_, i) => i !== a && i !== b), names[b]];
  }
}

function summed({ x, labels }: Named, kept: ReadonlySet<string>): Named {
  return {
    x: sum(
      x,
      range(labels.length).filter((a) => !kept.has(labels[a])),
    ),
    labels: labels.filter((l) => kept.has(l)),
  };
}

/** The product of two, summed over the names that no one needs any more. */
function joined(left: Named, right: Named, kept: ReadonlySet<string>): Named {
  const a = summed(left, new Set([...kept, ...right.labels]));
  const b = summed(right, new Set([...kept, ...left.labels]));
  const shared = a.labels.filter((l) => b.labels.includes(l));
  const batch = shared.filter((l) => kept.has(l));
  const contract = shared.filter((l) => !kept.has(l));
  const axes = (t: Named, names: readonly string[]): number[] => names.map((l) => t.labels.indexOf(l));
  const freeA = a.labels.filter((l) => !shared.includes(l));
  const freeB = b.labels.filter((l) => !shared.includes(l));
  const labels = [...batch, ...freeA, ...freeB];
  if (contract.length > 0)
    return {
      x: dot(a.x, b.x, {
        contractA: axes(a, contract),
        contractB: axes(b, contract),
        batchA: axes(a, batch),
        batchB: axes(b, batch),
      }),
      labels,
    };
  // Nothing is summed: an elementwise product, which fuses.
  const spread = (t: Named): Tensor => {
    const own = labels.filter((l) => t.labels.includes(l));
    const y = transpose(t.x, axes(t, own));
    return reshape(
      y,
      labels.map((l) => (own.includes(l) ? y.shape[own.indexOf(l)] : 1)),
    );
  };
  return { x: mul(spread(a), spread(b)), labels };
}

/** The pair whose product is smallest against its factors. */
function cheapest(list: readonly Named[], output: readonly string[], sizes: Sizes): [number, number] {
  if (list.length === 2) return [0, 1];
  const elements = (labels: Iterable<string>): number => [...labels].reduce((n, l) => n * (sizes.get(l) as number), 1);
  let best: [number, number] = [0, 1];
  let least = Infinity;
  for (let j = 1; j < list.length; j++)
    for (let i = 0; i < j; i++) {
      const kept = new Set([...output, ...list.flatMap((t, k) => (k === i || k === j ? [] : t.labels))]);
      const product = new Set([...list[i].labels, ...list[j].labels].filter((l) => kept.has(l)));
      const cost = elements(product) - elements(list[i].labels) - elements(list[j].labels);
      if (cost < least) {
        least = cost;
        best = [i, j];
      }
    }
  return best;
}
