import { type Tensor, grad, random, valueAndGrad } from "@cotangent/core";
import { adam } from "@cotangent/optim";
import { expectTypeOf, test } from "vitest";
import {
  type LinearParams,
  type RecurrentParams,
  crossEntropy,
  dropout,
  embedding,
  fit,
  gru,
  linear,
  lstm,
  module,
  mse,
} from "../src/index.js";

declare const x: Tensor;
const key = random.key(0);
const block = module({ a: linear(4, 4), drop: dropout(0.1) }, (m, h: Tensor) => m.drop(m.a(h)));
const pure = module({ embed: embedding(9, 4), rnn: gru(4, 8), head: linear(8, 9) }, (m, tokens: Tensor) => {
  expectTypeOf(m.rnn).toBeCallableWith(tokens);
  expectTypeOf(m.rnn.run(tokens).state).toEqualTypeOf<Tensor>();
  return m.head(m.rnn(m.embed(tokens)));
});

test("the type of the parameters is inferred", () => {
  const params = pure.init(key);
  expectTypeOf(params.head).toEqualTypeOf<LinearParams>();
  expectTypeOf(params.rnn).toEqualTypeOf<RecurrentParams>();
  expectTypeOf(params).toEqualTypeOf<{
    embed: { readonly weight: Tensor };
    rnn: RecurrentParams;
    head: LinearParams;
  }>();
  // @ts-expect-error a name that is not there
  void params.tail;
});

test("arrays, groups and nested modules; layers without parameters are left out", () => {
  const net = module({ blocks: [block, block], group: { head: linear(4, 1), drop: dropout(0.5) } }, (m, h: Tensor) => {
    const out = m.blocks.reduce((at, b) => b(at), h);
    return m.group.head(m.group.drop(out));
  });
  const params = net.init(key);
  expectTypeOf(params.blocks[0]).toEqualTypeOf<{ a: LinearParams }>();
  expectTypeOf(params.group).toEqualTypeOf<{ head: LinearParams }>();
});

test("gradients have the type of the parameters", () => {
  const params = pure.init(key);
  const loss = (p: typeof params, tokens: Tensor): Tensor => pure.apply(p, tokens).sum();
  expectTypeOf(grad(loss)(params, x)).toEqualTypeOf<typeof params>();
  expectTypeOf(valueAndGrad(loss)(params, x)).toEqualTypeOf<[Tensor, typeof params]>();
});

test("pure networks take inputs; others the parameters in an object, and inputs in an array", () => {
  expectTypeOf(pure.apply(pure.init(key), x)).toEqualTypeOf<Tensor>();
  // @ts-expect-error a pure network has no context
  pure.apply({ params: pure.init(key) }, [x], { train: true });
  const { output, state } = block.apply({ params: block.init(key) }, [x], { train: true, key });
  expectTypeOf(output).toEqualTypeOf<Tensor>();
  expectTypeOf(state).toEqualTypeOf<undefined>();
  // @ts-expect-error dropout inside
  block.apply(block.init(key), x);
});

test("the types of several inputs are checked", () => {
  const net = module({ a: linear(1, 1) }, (m, first: Tensor, second: { readonly scale: Tensor }) =>
    m.a(first).mul(second.scale),
  );
  net.apply(net.init(key), x, { scale: x });
  // @ts-expect-error the second input is missing
  net.apply(net.init(key), x);
});

test("lstm has two parts of state", () => {
  const rnn = lstm(2, 3);
  expectTypeOf(rnn.run(rnn.init(key), x).state).toEqualTypeOf<{ readonly h: Tensor; readonly c: Tensor }>();
});

test("fit keeps the type of the parameters, and checks data and loss", async () => {
  const params = pure.init(key);
  const { params: trained } = await fit(pure, {
    params,
    data: { x, y: x },
    loss: crossEntropy,
    optimizer: adam({ learningRate: 1 }),
  });
  expectTypeOf(trained).toEqualTypeOf<typeof params>();
  for await (const progress of fit(block, {
    params: block.init(key),
    data: { x, y: x },
    loss: mse,
    optimizer: adam({ learningRate: 1 }),
  }))
    expectTypeOf(progress.params).toEqualTypeOf<{ a: LinearParams }>();
  // @ts-expect-error the parameters of another network
  void fit(pure, { params: block.init(key), data: { x, y: x }, loss: mse, optimizer: adam({ learningRate: 1 }) });
});
