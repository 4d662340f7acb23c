import { describe, expect, it } from "vitest";
import { schedule } from "../../src/compiler/schedule.js";
import { simplify } from "../../src/compiler/simplify/simplify.js";
import {
  type CheckpointPolicy,
  type Graph,
  type Tensor,
  checkpoint,
  checkpointName,
  cond,
  grad,
  jit,
  jvp,
  makeGraph,
  countCalls,
  scan,
  stack,
  tensor,
  vmap,
} from "../../src/index.js";
import { linearizeGraph } from "../../src/transforms/graphs.js";
import { expectClose } from "../support.js";

const f64 = (x: number | number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
const w = f64([
  [0.5, -0.3],
  [0.2, 0.7],
]);
const x = f64([0.3, -0.8]);

/** Three layers, the middle one jitted apart; the sum of a product, so that both factors are residuals. */
const layers = (weights: Tensor, input: Tensor): Tensor => {
  const a = checkpointName(weights.matmul(input).tanh(), "first");
  const b = jit((v: Tensor) => checkpointName(weights.matmul(v).tanh(), "second"))(a);
  return weights.matmul(b).tanh().mul(input).sum();
};
const policies: CheckpointPolicy[] = ["nothing", "dots", "everything", { save: ["second"] }, { save: [] }];

const count = (graph: Graph, name: string): number =>
  simplify(graph).graph.equations.filter((e) => e.primitive.name === name).length;
/** Shapes of what the derivative with respect to both arguments keeps, beside inputs. */
function residuals(policy: CheckpointPolicy): string[] {
  const graph = makeGraph(checkpoint(layers, { policy }))(w, x);
  const { primal } = linearizeGraph(
    graph,
    graph.inputs.map(() => true),
  );
  const inputs: readonly unknown[] = primal.inputs;
  return primal.outputs
    .slice(1)
    .filter((a) => !inputs.includes(a))
    .map((a) => a.shape.join());
}

describe("checkpoint", () => {
  it.each(policies)("leaves values and derivatives to third order as they are: policy %j", (policy) => {
    const f = checkpoint(layers, { policy });
    const at = (g: typeof layers) => (s: Tensor) => g(w.mul(s), x.add(s.square()));
    const [plain, checked] = [at(layers), at(f)];
    const s = f64(0.8);
    for (const order of [0, 1, 2, 3]) {
      const derive = (g: (v: Tensor) => Tensor): ((v: Tensor) => Tensor) => {
        let d = g;
        for (let k = 0; k < order; k++) d = grad(d);
        return d;
      };
      expectClose(derive(checked)(s), derive(plain)(s), 1e-12);
      expectClose(jit(derive(checked))(s), derive(plain)(s), 1e-12);
    }
    const mixed = (g: (v: Tensor) => Tensor) =>
      jvp(
        grad((v: Tensor) => jvp(g, [v], [f64(1)])[1]),
        [s],
        [f64(1)],
      )[1];
    expectClose(mixed(checked), mixed(plain), 1e-12);
    const args = [stack([w, w.mul(2)]), x] as const;
    const inAxes = [0, null];
    const both = { argnums: [0, 1] } as const;
    expectClose(vmap(grad(f, both), { inAxes })(...args), vmap(grad(layers, both), { inAxes })(...args), 1e-12);
    const total = (g: typeof layers) => (a: Tensor, b: Tensor) => vmap(g, { inAxes })(a, b).sum();
    expectClose(jit(grad(total(f), both))(...args), grad(total(layers), both)(...args), 1e-12);
  });

  it("keeps what the policy allows, and nothing else", () => {
    expect(residuals("nothing")).toEqual([]);
    expect(residuals({ save: [] })).toEqual([]);
    expect(residuals({ save: ["second"] })).toEqual(["2"]);
    expect(residuals({ save: ["first", "second"] })).toEqual(["2", "2"]);
    expect(residuals("dots")).toEqual(["2", "2", "2"]);
    expect(residuals("everything").length).toBeGreaterThan(3);
  });

  it("computes again in the compiled program what was not kept", () => {
    const compiled = (policy?: CheckpointPolicy): Graph =>
      makeGraph((a: Tensor, b: Tensor) => {
        const f = policy === undefined ? layers : checkpoint(layers, { policy });
        return [f(a, b), grad(f, { argnums: [0, 1] })(a, b)];
      })(w, x);
    const counts = (policy?: CheckpointPolicy): number[] => {
      const graph = compiled(policy);
      return [count(graph, "tanh"), count(graph, "dot") - count(compiled(), "dot")];
    };
    expect(counts()).toEqual([3, 0]);
    expect(counts("everything")).toEqual([3, 0]);
    expect(counts("nothing")).toEqual([6, 3]);
    expect(counts("dots")).toEqual([6, 0]);
    expect(counts({ save: ["second"] })).toEqual([5, 2]);
  });

  it("needs less memory in a chain of wide layers", () => {
    const chain =
      (wrap: (f: (v: Tensor) => Tensor) => (v: Tensor) => Tensor) =>
      (v: Tensor): Tensor => {
        let y = v;
        // Each layer has four intermediate values that its derivative needs.
        for (let i = 0; i < 16; i++) y = wrap((u) => u.sin().exp().cos().tanh())(y);
        return y.sum();
      };
    const bytes = (wrap: (f: (v: Tensor) => Tensor) => (v: Tensor) => Tensor): number =>
      schedule(makeGraph(grad(chain(wrap)))(f64(new Array<number>(1000).fill(0.1)))).frameBytes / 8000;
    const plain = bytes((f) => f);
    const checked = bytes((f) => checkpoint(f));
    expect(plain).toBeGreaterThan(3 * 16);
    expect(checked).toBeLessThan(16 + 10);
  });

  it("works inside scan and cond, and is one wasm call", () => {
    const step = (c: Tensor): Tensor => w.matmul(c).tanh().add(c.sin());
    const f =
      (s: (c: Tensor) => Tensor) =>
      (v: Tensor): Tensor =>
        cond(
          v.sum().greater(-100),
          (u: Tensor) => scan((c: Tensor) => [s(c), undefined], u, null, { length: 5 })[0].sum(),
          (u: Tensor) => u.sum(),
          v,
        );
    const g = jit(grad(f(checkpoint(step))));
    expectClose(g(x), grad(f(step))(x), 1e-12);
    expectClose(
      jit(vmap(grad(f(checkpoint(step)))))(stack([x, w.at(0)])),
      stack([grad(f(step))(x), grad(f(step))(w.at(0))]),
    );
    expect(countCalls(() => g(x))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
  });

  it("traces a function once, and refuses policies that there are not", () => {
    let runs = 0;
    const f = checkpoint((v: Tensor) => {
      runs++;
      return v.sin();
    });
    grad((v: Tensor) => f(v).add(f(v)))(f64(1));
    expect(runs).toBe(1);
    expect(() => checkpoint(layers, { policy: "all" as "everything" })).toThrow('policy is "all"');
  });
});
