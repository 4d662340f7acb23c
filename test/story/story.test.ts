import { beta, bernoulli, model, sample } from "@cotangent/bayes";
import { grad, jit, random, safetensors, scan, tensor, vmap, type Tensor } from "@cotangent/core";
import { penguins } from "@cotangent/datasets";
import { inverseTime, oja } from "@cotangent/local";
import { inner, linearAssignment, unroll } from "@cotangent/meta";
import { fit, linear, module, mse } from "@cotangent/nn";
import { adam, cmaes, minimize, sgd } from "@cotangent/optim";
import { describe, expect, it } from "vitest";

/* The story across packages, through what was built: every package meets the others as a user would make them meet. */

describe("the packages together", () => {
  it("fit a network to data, save it, load it and get the same predictions", async () => {
    const birds = penguins().slice(0, 128);
    const x = tensor(birds.map((b) => [b.beakLength / 50, b.flipperLength / 200]));
    const y = tensor(birds.map((b) => [b.bodyMass / 4000]));
    const net = module({ hidden: linear(2, 8), head: linear(8, 1) }, (m, v: Tensor) => m.head(m.hidden(v).tanh()));
    const optimizer = adam({ learningRate: 0.01 });
    const before = mse(net.apply(net.init(random.key(0)), x), y).item();
    const { params } = await fit(net, {
      params: net.init(random.key(0)),
      data: { x, y },
      loss: mse,
      optimizer,
      epochs: 20,
      batchSize: 32,
      key: "story",
    });
    expect(mse(net.apply(params, x), y).item()).toBeLessThan(before / 5);
    const loaded = safetensors.decodeInto(safetensors.encode(params), params);
    expect(net.apply(loaded, x).toArray()).toEqual(net.apply(params, x).toArray());
  });

  it("differentiate through a solver from another package, under jit and vmap", () => {
    const loss = (w: Tensor, target: Tensor): Tensor => w.sub(target).square().sum();
    const solve = inner(loss, sgd({ learningRate: 0.1 }), { steps: 3, adjoint: unroll({ order: 2 }) });
    const start = tensor([1, 2], { dtype: "f64" });
    // Three steps leave (1 - 2 * 0.1)^3 of the distance; the derivative of the end with respect to the start is that factor.
    const end = (w: Tensor): Tensor => solve(w, tensor([0, 0], { dtype: "f64" })).params.sum();
    for (const slope of jit(grad(end))(start).toArray() as number[]) expect(slope).toBeCloseTo(0.8 ** 3, 12);
    const mapped = vmap(grad(end))(
      tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: "f64" },
      ),
    );
    for (const slope of mapped.flatten().toArray() as number[]) expect(slope).toBeCloseTo(0.8 ** 3, 12);
  });

  it("infer a probability whose posterior is known", async () => {
    const coin = model((m, { heads }: { heads: Tensor }) => {
      const p = m.param("p", beta(1, 1));
      m.observe("heads", bernoulli({ logits: p.log().sub(p.neg().log1p()) }), heads);
      return { p };
    });
    const heads = tensor([1, 1, 1, 0, 1, 0, 1, 1]);
    const posterior = await sample(coin, { data: { heads }, key: "coin" });
    // Beta(7, 3): mean 0.7.
    const { mean, mcse } = posterior.expectation(({ p }) => p);
    expect(Math.abs(mean - 0.7)).toBeLessThan(4 * mcse);
  });

  it("learn without gradients and without backpropagation", async () => {
    const { x } = await minimize((v) => (v[0] - 1) ** 2 + (v[1] + 2) ** 2, [0, 0], {
      method: cmaes({ sigma: 0.5 }),
      key: 1,
    });
    expect(x[0]).toBeCloseTo(1, 4);
    expect(x[1]).toBeCloseTo(-2, 4);
    expect(
      linearAssignment([
        [1, 2],
        [0, 5],
      ]).cost,
    ).toBe(2);
    const data = random.normal(random.key(2), [2000, 2]).mul(tensor([3, 1]));
    const weights = oja({ rate: inverseTime(0.01) }).run(data, { key: random.key(3) });
    expect(Math.abs(weights.at(0).item())).toBeGreaterThan(0.99);
  });

  it("model a sequence with a compiled loop", () => {
    const decay = (r: Tensor): Tensor =>
      scan((x: Tensor) => [x.mul(r), x], tensor(1, { dtype: "f64" }), null, { length: 50 })[1].sum();
    // sum of r^n for n < 50, and its derivative.
    const r = 0.9;
    expect(decay(tensor(r, { dtype: "f64" })).item()).toBeCloseTo((1 - r ** 50) / (1 - r), 10);
    const slope = (1 - r ** 50) / (1 - r) ** 2 - (50 * r ** 49) / (1 - r);
    expect(jit(grad(decay))(tensor(r, { dtype: "f64" })).item()).toBeCloseTo(slope, 9);
  });
});
