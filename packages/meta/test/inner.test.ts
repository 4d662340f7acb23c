import {
  type Tensor,
  cond,
  grad,
  jit,
  random,
  scan,
  stopGradient,
  tensor,
  tree,
  valueAndGrad,
  vmap,
} from "@cotangent/core";
import { adam, momentum, sgd } from "@cotangent/optim";
import { describe, expect, test } from "vitest";
import { inner, maml, metaGrad, unroll } from "../src/index.js";

const f64 = (value: number): Tensor => tensor(value, { dtype: "f64" });
/*
 * On L(w) = a/2 (w - b)^2, gradient descent with rate r gives w_T = b + s^T (w_0 - b) with s = 1 - r a. With
 * the outer loss (w_T - c)^2 / 2:  d/dw_0 = (w_T - c) s^T,  d/db = (w_T - c) (1 - s^T),  d/dr = -(w_T - c) T a s^(T-1) (w_0 - b).
 * First order takes every inner gradient as a constant: d/dw_0 = w_T - c, and 0 for b and r's effect on later gradients.
 */
const [a, b, c, r, w0] = [2, 0.3, -1, 0.1, 1.5];
const s = 1 - r * a;
const quadratic = (w: Tensor, centre: Tensor): Tensor =>
  w
    .sub(centre)
    .square()
    .mul(a / 2);
const outer =
  (order: 1 | 2, steps: number) =>
  (w: Tensor, centre: Tensor): Tensor =>
    inner(quadratic, sgd({ learningRate: r }), { steps, adjoint: unroll({ order }) })(w, centre)
      .params.sub(c)
      .square()
      .mul(0.5);

describe.each([1, 2, 5, 20])("on a quadratic, %i steps", (steps) => {
  const end = b + s ** steps * (w0 - b);
  test("the result and its losses are the closed form's", () => {
    const { params, losses } = inner(quadratic, sgd({ learningRate: r }), { steps, adjoint: unroll({ order: 2 }) })(
      f64(w0),
      f64(b),
    );
    expect(params.item()).toBeCloseTo(end, 14);
    (losses.toArray() as number[]).forEach((loss, t) =>
      expect(loss).toBeCloseTo((a / 2) * (s ** t * (w0 - b)) ** 2, 13),
    );
  });
  test("second order gives the exact meta-gradients", () => {
    const [start, centre] = grad(outer(2, steps), { argnums: [0, 1] })(f64(w0), f64(b));
    expect(start.item()).toBeCloseTo((end - c) * s ** steps, 13);
    expect(centre.item()).toBeCloseTo((end - c) * (1 - s ** steps), 13);
  });
  test("first order differs as derived", () => {
    const [start, centre] = grad(outer(1, steps), { argnums: [0, 1] })(f64(w0), f64(b));
    expect(start.item()).toBeCloseTo(end - c, 13);
    expect(centre.item()).toBe(0);
  });
  test("the learning rate can be learned", () => {
    const ofRate = (rate: Tensor): Tensor =>
      inner(quadratic, sgd({ learningRate: 1 }), {
        steps,
        adjoint: unroll({ order: 2 }),
        hyper: { learningRate: rate },
      })(f64(w0), f64(b))
        .params.sub(c)
        .square()
        .mul(0.5);
    expect(grad(ofRate)(f64(r)).item()).toBeCloseTo(-(end - c) * steps * a * s ** (steps - 1) * (w0 - b), 12);
  });
});

interface Net {
  readonly w: Tensor;
  readonly v: Tensor;
}
interface Batch {
  readonly x: Tensor;
  readonly y: Tensor;
}
const loss = ({ w, v }: Net, { x, y }: Batch): Tensor => x.matmul(w).sin().matmul(v).sub(y).square().mean();
const [wKey, vKey, xKey, yKey] = random.split(random.key("net"), 4);
const net: Net = { w: random.normal(wKey, [2, 3], { dtype: "f64" }), v: random.normal(vKey, [3], { dtype: "f64" }) };
const batches: Batch = {
  x: random.normal(xKey, [4, 5, 2], { dtype: "f64" }),
  y: random.normal(yKey, [4, 5], { dtype: "f64" }),
};
const half = (from: number): Batch => tree.map((leaf) => leaf.at([from, from + 2]), batches);
const tasks = { train: half(0), test: half(2) };

describe("on a network, with momentum", () => {
  const learner = maml(loss, momentum({ learningRate: 0.05 }), { steps: 4, adjoint: unroll({ order: 2 }) });
  const gradient = grad(learner.loss)(net, tasks);

  test("meta-gradients are those of finite differences", () => {
    const step = 1e-6;
    tree.entries(net).forEach(([path, leaf], which) => {
      for (let i = 0; i < leaf.size; i++) {
        const moved = (by: number): number => {
          const values = leaf.flatten().toArray() as number[];
          values[i] += by;
          const other = tensor(values, { dtype: "f64" }).reshape(leaf.shape);
          return learner
            .loss(
              tree.mapWithPath((at, value) => (at === path ? other : value), net),
              tasks,
            )
            .item();
        };
        const numeric = (moved(step) - moved(-step)) / (2 * step);
        // Rounding 1e-16 / 1e-6 and truncation of order 1e-12 times third derivatives of order 100.
        expect(Math.abs((tree.leaves(gradient)[which].flatten().toArray() as number[])[i] - numeric)).toBeLessThan(
          1e-8,
        );
      }
    });
  });
  test("through Adam they are finite where an inner gradient is exactly 0", () => {
    const adapt = inner(quadratic, adam({ learningRate: r }), { steps: 3, adjoint: unroll({ order: 2 }) });
    const metaGradient = grad((w: Tensor) => adapt(w, f64(b)).params.square())(f64(b));
    // m / (sqrt(v) + epsilon) is as steep as 1 / epsilon there: large, but no NaN.
    expect(metaGradient.item()).toSatisfy(Number.isFinite);
  });
  test("compiled they are the same", () => {
    const compiled = jit(grad(learner.loss))(net, tasks);
    expect(compiled.w.sub(gradient.w).abs().max().item()).toBeLessThan(1e-13);
  });
  test("MAML's loss is the mean over tasks of the loss after adapting", () => {
    const single = [0, 1].map((i) => {
      const [train, held] = [tree.map((leaf) => leaf.at(i), tasks.train), tree.map((leaf) => leaf.at(i), tasks.test)];
      return loss(learner.adapt(net, train).params, held).item();
    });
    expect(learner.loss(net, tasks).item()).toBeCloseTo((single[0] + single[1]) / 2, 13);
  });
  test("adapting lowers the training loss", () => {
    const { losses } = vmap((train: Batch) => learner.adapt(net, train))(tasks.train);
    expect(losses.at([0, 2], 3).sum().item()).toBeLessThan(losses.at([0, 2], 0).sum().item());
  });
  test("the function says how it will be differentiated", () => {
    expect(learner.adapt.adjoint).toEqual({ kind: "unroll", order: 2 });
    expect(learner.adapt.steps).toBe(4);
  });
});

describe("metaGrad", () => {
  test("is valueAndGrad where every parameter counts", () => {
    const f = outer(2, 3);
    const [value, gradient] = metaGrad(f)(f64(w0), f64(b));
    const [plainValue, plainGradient] = valueAndGrad(f)(f64(w0), f64(b));
    expect([value.item(), gradient.item()]).toEqual([plainValue.item(), plainGradient.item()]);
  });
  test("names what first order cuts off", () => {
    const learned = ({ start, centre }: { start: Tensor; centre: Tensor }): Tensor => outer(1, 5)(start, centre);
    expect(() => metaGrad(learned)({ start: f64(w0), centre: f64(b) })).toThrow(
      /metaGrad: no gradient reaches centre\..*Use order 2/,
    );
  });
  test("names what the loss does not use, inside jit as well", () => {
    const partly = ({ used }: { used: Tensor; unused: Tensor }): Tensor => used.square();
    expect(() => jit(metaGrad(partly))({ used: f64(1), unused: f64(1) })).toThrow(/no gradient reaches unused/);
  });
  test.each<[string, (x: Tensor) => Tensor, boolean]>([
    ["stopGradient", (x) => stopGradient(x), false],
    ["a comparison", (x) => x.greater(0).astype("f64"), false],
    ["jit", (x) => jit((v: Tensor) => v.sin())(x), true],
    ["stopGradient in jit", (x) => jit((v: Tensor) => stopGradient(v))(x), false],
    [
      "one branch of cond",
      (x) =>
        cond(
          tensor(true),
          (v: Tensor) => stopGradient(v),
          (v: Tensor) => v.sin(),
          x,
        ),
      true,
    ],
    [
      "the choice of cond",
      (x) =>
        cond(
          x.greater(0),
          () => f64(1),
          () => f64(2),
        ),
      false,
    ],
    [
      "a carry of scan that another carry takes up later",
      (x) =>
        scan(([u, v]: [Tensor, Tensor]): [[Tensor, Tensor], undefined] => [[v, u], undefined], [f64(0), x], undefined, {
          length: 3,
        })[0][0],
      true,
    ],
    [
      "a carry of scan that is not used",
      (x) =>
        scan(
          ([u, v]: [Tensor, Tensor]): [[Tensor, Tensor], undefined] => [[u.sin(), v], undefined],
          [f64(0), x],
          undefined,
          { length: 3 },
        )[0][0],
      false,
    ],
  ])("follows %s", (_name, f, reaches) => {
    const check = (): unknown => metaGrad((x: Tensor) => f(x).sum())(f64(0.5));
    if (reaches) expect(check).not.toThrow();
    else expect(check).toThrow(/no gradient reaches the parameters/);
  });
  test("takes numbers among the other arguments", () => {
    expect(metaGrad((x: Tensor, factor: number) => x.mul(factor))(f64(1), 4)[1].item()).toBe(4);
  });
  test("a constant gradient is no missing one", () => {
    expect(metaGrad((x: Tensor) => x.mul(3))(f64(1))[1].item()).toBe(3);
  });
});

describe("bad input is named", () => {
  const options = { steps: 1, adjoint: unroll({ order: 2 }) } as const;
  test.each<[string, () => unknown, RegExp]>([
    ["no order", () => unroll({} as never), /unroll: order is undefined, expected 2 \(exact\) or 1/],
    [
      "no adjoint",
      () => inner(quadratic, sgd({ learningRate: 1 }), { steps: 1 } as never),
      /inner: there is no adjoint, expected unroll/,
    ],
    [
      "no steps",
      () => inner(quadratic, sgd({ learningRate: 1 }), { ...options, steps: 0 }),
      /inner: steps is 0, expected a whole number of at least 1/,
    ],
    ["half a step", () => inner(quadratic, sgd({ learningRate: 1 }), { ...options, steps: 0.5 }), /steps is 0.5/],
  ])("%s", (_name, act, message) => {
    expect(act).toThrow(message);
  });
});
