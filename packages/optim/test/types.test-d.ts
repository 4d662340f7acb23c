import type { Tensor } from "@cotangent/core";
import { expectTypeOf, test } from "vitest";
import {
  type AdamState,
  type Optimizer,
  type SgdState,
  adam,
  adamw,
  chain,
  clipByGlobalNorm,
  sgd,
} from "../src/index.js";

interface Params {
  readonly layers: readonly { weight: Tensor; bias?: Tensor }[];
}
declare const params: Params;

test("the type of the parameters is kept", () => {
  const optimizer = adam({ learningRate: 1e-3 });
  const next = optimizer.update({ grads: params, params, state: optimizer.init(params) });
  expectTypeOf(next.params).toEqualTypeOf<Params>();
  expectTypeOf(next.updates).toEqualTypeOf<Params>();
  expectTypeOf(next.state).toEqualTypeOf<AdamState>();
});

test("a chain has the states of its parts, and their hyperparameters", () => {
  const optimizer = chain(clipByGlobalNorm(1), adamw({ learningRate: 1e-3 }));
  expectTypeOf(optimizer.init(params)[1]).toEqualTypeOf<AdamState>();
  const [, state] = optimizer.init(params);
  expectTypeOf(state.count).toEqualTypeOf<Tensor>();
  optimizer.update({ grads: params, params, state: optimizer.init(params), hyper: { maxNorm: 1, weightDecay: 0 } });
  // @ts-expect-error a chain without momentum has no such hyperparameter
  optimizer.update({ grads: params, params, state: optimizer.init(params), hyper: { momentum: 1 } });
});

test("gradients must be like the parameters", () => {
  const optimizer = sgd({ learningRate: 1 });
  // @ts-expect-error the gradient lacks the layers
  optimizer.update({ grads: {}, params, state: optimizer.init(params) });
});

test("an optimiser with more hyperparameters serves where one with a learning rate is asked for", () => {
  expectTypeOf(adam({ learningRate: 1 })).toExtend<Optimizer<AdamState>>();
  expectTypeOf(sgd({ learningRate: 1 })).toEqualTypeOf<Optimizer<SgdState>>();
});
