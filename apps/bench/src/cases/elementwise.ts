import { type Tensor, compile, jit, softmax } from "@cotangent/core";
import { type Cases, type Tools, once, quantity, resident } from "./tools.js";

/** Elementwise functions and reductions, also as a share of what the machine can copy. */
export function elementwise(tools: Tools): Cases {
  const { S, array, data } = tools;
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

  const rows = (name: string, f: (x: Tensor) => Tensor): void => {
    cases[name] = () => resident(compile(f, ...table()), table());
  };
  rows("softmax_resident", (x) => softmax(x, -1));
  rows("logsumexp", (x) => x.logsumexp(-1));
  rows("layer_norm", (x) => x.standardize(-1));

  // Kernels over 64 MB beside a copy of as much in the same module, by turns, so that the machine's other work hits both.
  const share = (name: string, arity: number, f: (...x: Tensor[]) => Tensor): void => {
    cases[`bandwidth_${name}`] = () =>
      quantity(() => {
        const n = 2 ** 24;
        const example = array(new Float32Array(n), [2 ** 12, 2 ** 12]);
        const { inputs, outputs, run } = compile(f, ...Array.from({ length: arity }, () => example)).bind();
        const copy = compile((x: Tensor) => x.neg(), example).bind();
        // The copy's too: pages never written to are one page of zeros, which stays in the cache.
        [...inputs, ...copy.inputs].forEach((x, i) => (x as Float32Array).set(data(3 + i, n)));
        const bytes = 4 * (arity * n + outputs[0].length);
        const best = [Infinity, Infinity];
        for (let round = 0; round < 12; round++)
          [run, () => (copy.outputs[0] as Float32Array).set(copy.inputs[0] as Float32Array)].forEach((work, i) => {
            const start = performance.now();
            work();
            best[i] = Math.min(best[i], performance.now() - start);
          });
        return bytes / best[0] / ((8 * n) / best[1]);
      });
  };
  share("scale", 1, (x) => x.mul(2).add(1));
  share("add", 2, (x, y) => x.add(y));
  share("sum", 1, (x) => x.sum());
  share("sum_rows", 1, (x) => x.sum(1));
  share("sum_columns", 1, (x) => x.sum(0));
  return cases;
}
