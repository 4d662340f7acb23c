import type { Tensor } from "@cotangent/core";
import { expectTypeOf, test } from "vitest";
import { type Posterior, model, normal, sample } from "../src/index.js";

test("what a model returns types the draws", () => {
  const m = model((s, { y }: { y: Tensor }) => {
    const mu = s.param("mu", normal(0, 1));
    s.observe("y", normal(mu, 1), y);
    return { mu, nested: [mu.square()] };
  });
  expectTypeOf(sample<{ y: Tensor }, { mu: Tensor; nested: Tensor[] }>).returns.resolves.toEqualTypeOf<
    Posterior<{ mu: Tensor; nested: Tensor[] }>
  >();
  const run = (data: { y: Tensor }) => sample(m, { data, key: 1 });
  expectTypeOf(run).returns.resolves.toEqualTypeOf<Posterior<{ mu: Tensor; nested: Tensor[] }>>();
  // @ts-expect-error data must be what the model takes
  void (() => sample(m, { data: { x: 1 }, key: 1 }));
});
