import { type Tensor, grad, jit, scan } from "@cotangent/core";
import { type Cases, type Tools, once } from "./tools.js";

/** How compile time and run time grow with the length of a program. */
export function loops(tools: Tools): Cases {
  const { array, data, random } = tools;
  const cases: Cases = {};
  // The gradient of 2,000 steps has 10,000 equations.
  const unrolled = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 2000; i++) y = y.sin().add(x);
    return y.sum();
  };
  cases["unroll_10000"] = () => once(jit(grad(unrolled)), [array(data(80, 8), [8])], { mode: "jit" });
  // The compiler's own code is warm from a third length: otherwise whichever comes first seems slow to compile.
  const chain = (x: Tensor, xs: Tensor): Tensor =>
    scan((h: Tensor, u: Tensor) => [h.sin().add(u).tanh(), undefined], x, xs)[0].sum();
  const chainArgs = (length: number): [Tensor, Tensor] => [
    array(data(81, 8), [8]),
    array(data(82, 8 * length), [length, 8]),
  ];
  for (const length of [10, 1000])
    cases[`scan_${length}`] = () => {
      jit(grad(chain))(...chainArgs(100));
      return once(jit(grad(chain)), chainArgs(length), { mode: "jit" });
    };

  // The same function twice: as a loop, and as 200 steps written out.
  const step = (h: Tensor, u: Tensor): Tensor => h.sin().add(u).tanh();
  const written = (x: Tensor, xs: Tensor): Tensor => {
    let h = x;
    for (let t = 0; t < 200; t++) h = step(h, xs.at(t));
    return h.sum();
  };
  const looped = (x: Tensor, xs: Tensor): Tensor =>
    scan((h: Tensor, u: Tensor) => [step(h, u), undefined], x, xs)[0].sum();
  for (const [name, f] of [
    ["loop_200_scan", looped],
    ["loop_200_unrolled", written],
  ] as const)
    cases[name] = () => once(jit(grad(f)), [random(81, [8]), random(82, [200, 8])], { mode: "jit" });
  return cases;
}
