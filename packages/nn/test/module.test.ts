import { type Tensor, grad, jit, random, tensor, tree, vmap } from "@cotangent/core";
import { describe, expect, test } from "vitest";
import { contextLayer, dropout, embedding, gru, linear, module, mse } from "../src/index.js";

const key = random.key(0);
const json = (x: unknown): string => JSON.stringify(x);

describe("module", () => {
  const block = module({ inner: linear(3, 3) }, (m, x: Tensor) => m.inner(x).relu().add(x));
  const net = module({ stem: linear(2, 3), blocks: [block, block], group: { head: linear(3, 1) } }, (m, x: Tensor) =>
    m.group.head(m.blocks.reduce((h, b) => b(h), m.stem(x))),
  );
  const x = tensor([[1, 2]]);

  test("parameters are a tree of the form of the children, by PyTorch's names", () => {
    expect(tree.paths(net.init(key))).toEqual([
      "blocks[0].inner.bias",
      "blocks[0].inner.weight",
      "blocks[1].inner.bias",
      "blocks[1].inner.weight",
      "group.head.bias",
      "group.head.weight",
      "stem.bias",
      "stem.weight",
    ]);
  });
  test("each child starts from a key of its own, whatever else there is", () => {
    const params = net.init(key);
    expect(json(params.blocks[0])).not.toBe(json(params.blocks[1]));
    const other = module({ stem: linear(2, 3), more: linear(1, 1) }, (m, at: Tensor) => m.stem(at)).init(key);
    expect(json(other.stem)).toBe(json(params.stem));
  });
  test("applies as its parts would", () => {
    const params = net.init(key);
    const layer = linear(3, 3);
    let h = linear(2, 3).apply(params.stem, x);
    for (const { inner } of params.blocks) h = layer.apply(inner, h).relu().add(h);
    const expected = linear(3, 1).apply(params.group.head, h);
    expect(json(net.apply(params, x))).toBe(json(expected));
    expect(json(net.bind(params)(x))).toBe(json(expected));
  });
  test("differentiates, compiles and maps as any function of a tree", () => {
    const loss = (p: ReturnType<typeof net.init>): Tensor => net.apply(p, x).square().sum();
    const params = net.init(key);
    const eager = tree.leaves(grad(loss)(params)).map((g) => g.sum().item());
    const compiled = tree.leaves(jit(grad(loss))(params)).map((g) => g.sum().item());
    compiled.forEach((g, i) => expect(g).toBeCloseTo(eager[i], 5));
    const losses = vmap((k: Tensor) => loss(net.init(k)))(random.split(key, 3));
    expect(losses.shape).toEqual([3]);
    expect(losses.at(2).item()).toBeCloseTo(loss(net.init(random.split(key, 3).at(2))).item(), 5);
  });
  test("a child called twice shares its weights, and its parameters are at hand", () => {
    const tied = module({ embed: embedding(5, 3) }, (m, tokens: Tensor) =>
      m.embed(tokens).matmul(m.embed.params.weight.T),
    );
    const params = tied.init(key);
    const [a] = [tied.apply(params, tensor([1], { dtype: "i32" }))];
    expect(a.shape).toEqual([1, 5]);
    const twice = module({ layer: linear(2, 2) }, (m, at: Tensor) => m.layer(m.layer(at)));
    expect(tree.size(twice.init(key))).toBe(6);
    const p = twice.init(key);
    const gradient = grad((q: typeof p) => twice.apply(q, x).sum())(p);
    // d/db of W (W x + b) + b summed: the column sums of W, plus 1.
    const columns = p.layer.weight.sum(0).add(1);
    (gradient.layer.bias.toArray() as number[]).forEach((g, i) => expect(g).toBeCloseTo(columns.at(i).item(), 5));
  });
  test("recurrent children have run", () => {
    const last = module({ rnn: gru(2, 3) }, (m, s: Tensor) => m.rnn.run(s).state);
    const params = last.init(key);
    const outputs = gru(2, 3).apply(
      params.rnn,
      tensor([
        [1, 2],
        [3, 4],
      ]),
    );
    expect(
      json(
        last.apply(
          params,
          tensor([
            [1, 2],
            [3, 4],
          ]),
        ),
      ),
    ).toBe(json(outputs.at(-1)));
  });
  test.each<[string, () => unknown, RegExp]>([
    [
      "a function among the children",
      () => module({ a: linear(1, 1), act: ((v: Tensor) => v) as never }, () => x),
      /^module: the child act is function, expected a layer/,
    ],
    ["nothing among the children", () => module({ a: { b: null as never } }, () => x), /^module: the child a.b is/],
    [
      "parameters without a child",
      () => net.apply({ ...net.init(key), stem: undefined as never }, x),
      /^module: params has no stem, expected \{stem, blocks, group\}/,
    ],
    [
      "parameters without an inner child",
      () => net.apply({ ...net.init(key), group: {} as never }, x),
      /^module: params has no group.head, expected \{head\} at group/,
    ],
    [
      "fewer blocks than layers",
      () => net.apply({ ...net.init(key), blocks: [] as never }, x),
      /^module: params has no blocks.0/,
    ],
  ])("%s", (_what, act, message) => {
    expect(act).toThrow(message);
  });
});

describe("dropout", () => {
  const net = module(
    { head: linear(4, 4), drop: dropout(0.25), inner: module({ drop: dropout(0.5) }, (m, v: Tensor) => m.drop(v)) },
    (m, x: Tensor) => ({
      outer: m.drop(x),
      again: m.drop(x),
      inner: m.inner(x),
    }),
  );
  const params = net.init(key);
  const x = tensor([...Array<number>(4000).fill(1)]);

  test("has no parameters and no state", () => {
    expect(tree.paths(params)).toEqual(["head.bias", "head.weight"]);
    expect(net.initState()).toBeUndefined();
  });
  test("is the identity outside of training", () => {
    const { output } = net.apply({ params }, [x]);
    expect(json(output.outer)).toBe(json(x));
  });
  test("in training drops the share that it was told and keeps the mean", () => {
    const { output } = net.apply({ params }, [x], { train: true, key });
    const zeros = (t: Tensor): number => t.equal(0).sum().item() / t.size;
    // Binomial with n = 4000: a standard error of 0.008 at most.
    expect(Math.abs(zeros(output.outer) - 0.25)).toBeLessThan(0.03);
    expect(Math.abs(zeros(output.inner) - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(output.outer.mean().item() - 1)).toBeLessThan(0.04);
    expect(output.outer.max().item()).toBeCloseTo(1 / 0.75, 6);
  });
  test("each place and each call draws its own numbers; the key decides them, compiled or not", () => {
    const pass = (k: Tensor): Record<string, Tensor> => net.apply({ params }, [x], { train: true, key: k }).output;
    const [a, b] = [pass(key), jit(pass)(key)];
    for (const name of ["outer", "again", "inner"]) expect(json(a[name])).toBe(json(b[name]));
    expect(json(a["outer"])).not.toBe(json(a["again"]));
    expect(json(pass(random.key(1)))).not.toBe(json(a));
  });
  test("asks for a key, and for inputs in an array", () => {
    expect(() => net.apply({ params }, [x], { train: true })).toThrow(
      /^dropout: training draws random numbers, but the pass got no key\. Pass one/,
    );
    expect(() => net.apply({ params }, x as never)).toThrow(/^module: inputs are object, expected an array/);
    expect(() => dropout(1)).toThrow(/^dropout: rate is 1, expected a number from 0 to below 1/);
    expect(() => dropout(NaN)).toThrow(/^dropout: rate is NaN/);
  });
});

describe("layers with a state", () => {
  // Counts its calls and adds up what it sees: what batch normalisation does with its statistics.
  const counter = contextLayer("counter", {
    init: () => undefined,
    initState: (dtype) => ({ calls: tensor(0, { dtype }), sum: tensor(0, { dtype }) }),
    forward(_params, scope, x: Tensor) {
      const { calls, sum } = scope.state as { calls: Tensor; sum: Tensor };
      scope.state = { calls: calls.add(1), sum: sum.add(x.sum()) };
      return x.add(calls);
    },
  });
  const net = module({ a: counter, deep: { list: [linear(2, 2), counter] }, pure: linear(2, 2) }, (m, x: Tensor) => {
    const once = m.a(x);
    return m.deep.list[1](m.a(once));
  });
  const params = net.init(key);
  const x = tensor([1, 2]);

  test("the state is a tree by the names of the children that have one, returned and never changed", () => {
    const before = net.initState();
    expect(tree.paths(before)).toEqual(["a.calls", "a.sum", "deep.list[1].calls", "deep.list[1].sum"]);
    const { output, state } = net.apply({ params, state: before }, [x]);
    expect(before.a.calls.item()).toBe(0);
    expect(state.a.calls.item()).toBe(2);
    expect(state.a.sum.item()).toBe(6);
    expect(state.deep.list[1].calls.item()).toBe(1);
    expect(output.toArray()).toEqual([2, 3]);
    expect(net.apply({ params, state }, [x]).state.a.calls.item()).toBe(4);
  });
  test("passes through jit and grad", () => {
    const loss = (p: typeof params, state: ReturnType<typeof net.initState>): [Tensor, typeof state] => {
      const pass = net.apply({ params: p, state }, [x]);
      return [mse(pass.output, x), pass.state];
    };
    const step = jit((p: typeof params, state: ReturnType<typeof net.initState>) =>
      grad(loss, { hasAux: true })(p, state),
    );
    const [, state] = step(params, step(params, net.initState())[1]);
    expect(state.a.calls.item()).toBe(4);
  });
});
