import { type Tensor, jit, softmax } from "@cotangent/core";
import { type Cases, type Tools, donated, once, quantity } from "./tools.js";
import type { Case } from "../shared.js";

/** Elementwise functions and reductions, also as a share of what the machine can copy. */
export function elementwise(tools: Tools): Cases {
  const { S, array, data, random } = tools;
  const cases: Cases = {};
  const wave = (x: Tensor, a: Tensor, b: Tensor): Tensor => x.mul(a).add(b).tanh().mul(x);
  const waveArgs = (): [Tensor, Tensor, Tensor] => [
    array(data(3, S.ew, 2), [S.ew]),
    array(data(4, S.ew), [S.ew]),
    array(data(5, S.ew), [S.ew]),
  ];
  cases["ew_eager"] = () => once(wave, waveArgs());
  cases["ew_jit"] = () => once(jit(wave), waveArgs(), { mode: "jit" });
  const table = (): [Tensor] => [array(data(6, S.red[0] * S.red[1]), S.red)];
  cases["sum_all"] = () => once((x: Tensor) => x.sum(), table());
  cases["sum_axis1"] = () => once((x: Tensor) => x.sum(1), table());
  cases["softmax"] = () =>
    once(
      jit((x: Tensor) => softmax(x, -1)),
      table(),
      { mode: "jit" },
    );

  cases["logsumexp"] = () =>
    once(
      jit((x: Tensor) => x.logsumexp(-1)),
      table(),
      { mode: "jit" },
    );
  for (const [name, f] of [
    ["softmax_resident", (x: Tensor) => softmax(x, -1)],
    ["layer_norm_resident", (x: Tensor) => x.standardize(-1)],
  ] as const)
    cases[name] = () => donated(f, () => table()[0]);

  // Kernels whose 60 MB of inputs stay in the program's memory (it keeps 64) beside a copy of 60 MB, by turns, so that the machine's other
  // work hits both. Updates take their first input's place, and so may beat a copy, which also fetches what it overwrites.
  const columns = 1024;
  const n = 15 * 1024 * columns;
  const large = (seed: number, arrays: number): Tensor => random(seed, [n / arrays / columns, columns]);
  const share = (bytes: number, start: () => () => unknown): Case =>
    quantity(() => {
      const [from, to] = [data(3, n), data(4, n)];
      const works = [start(), () => to.set(from)];
      const best = [Infinity, Infinity];
      for (let round = 0; round < 25; round++)
        works.forEach((work, i) => {
          const since = performance.now();
          work();
          best[i] = Math.min(best[i], performance.now() - since);
        });
      return bytes / best[0] / ((8 * n) / best[1]);
    });
  // Each update reads `inputs` arrays and writes one.
  const updates: Readonly<Record<string, readonly [number, (...args: Tensor[]) => Tensor]>> = {
    scale: [1, (x) => x.mul(0.5).add(1)],
    add: [2, (x, y) => x.add(y)],
  };
  for (const [name, [inputs, f]] of Object.entries(updates))
    cases[`bandwidth_${name}`] = () =>
      share((4 * n * (inputs + 1)) / inputs, () => {
        const step = jit(f, { donate: [0] });
        let x = large(5, inputs);
        const others = Array.from({ length: inputs - 1 }, (_, i) => large(6 + i, inputs));
        return () => (x = step(x, ...others));
      });
  const reductions: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    sum: (x) => x.sum(),
    sum_rows: (x) => x.sum(1),
    sum_columns: (x) => x.sum(0),
  };
  for (const [name, f] of Object.entries(reductions))
    cases[`bandwidth_${name}`] = () =>
      share(4 * n, () => {
        const [reduce, x] = [jit(f), large(5, 1)];
        return () => reduce(x);
      });
  return cases;
}
