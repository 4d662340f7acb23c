import { type Tensor, conv2d, grad, jit, scan, zeros } from "@cotangent/core";
import { type Cases, type Tools, once, outputsOf } from "./tools.js";

/** Forward, backward and training steps of the networks that the peers have: convolution, MLP, LSTM. */
export function training(tools: Tools): Cases {
  const { S, array, data, dense, flops, lstmParams, onehot, permute, weights } = tools;
  const cases: Cases = {};
  const c = S.conv;
  const convArgs = (): [Tensor, Tensor] => [
    array(permute(data(7, c.n * c.h * c.w * c.ci), [c.n, c.h, c.w, c.ci], [0, 3, 1, 2]), [c.n, c.ci, c.h, c.w]),
    array(permute(data(8, c.k * c.k * c.ci * c.co, 0.1), [c.k, c.k, c.ci, c.co], [3, 2, 0, 1]), [c.co, c.ci, c.k, c.k]),
  ];
  const conv = (x: Tensor, w: Tensor): Tensor => conv2d(x, w, { padding: "same" });
  cases["conv_fwd"] = () => once(jit(conv), convArgs(), { flops: flops.conv(), mode: "jit" });
  const convLoss = (x: Tensor, w: Tensor): Tensor => conv(x, w).square().mean();
  cases["conv_fwdbwd"] = () =>
    once(jit(grad(convLoss, { argnums: [0, 1] })), convArgs(), { flops: 3 * flops.conv(), mode: "jit" });

  const { dims, batch, lr } = S.mlp;
  const mlpLoss = ([w1, b1, w2, b2, w3, b3]: Tensor[], x: Tensor, y: Tensor): Tensor => {
    const hidden = x.matmul(w1).add(b1).relu().matmul(w2).add(b2).relu();
    return hidden
      .matmul(w3)
      .add(b3)
      .logSoftmax()
      .mul(y)
      .sum()
      .mul(-1 / batch);
  };
  const sgd = (p: Tensor[], x: Tensor, y: Tensor): Tensor[] => {
    const g = grad(mlpLoss)(p, x, y);
    return p.map((w, i) => w.sub(g[i].mul(lr)));
  };
  const adam = (p: Tensor[], m: Tensor[], v: Tensor[], x: Tensor, y: Tensor): Tensor[][] => {
    const g = grad(mlpLoss)(p, x, y);
    const m2 = m.map((a, i) => a.mul(0.9).add(g[i].mul(0.1)));
    const v2 = v.map((a, i) => a.mul(0.999).add(g[i].mul(g[i]).mul(0.001)));
    const next = p.map((w, i) =>
      w.sub(
        m2[i].mul(0.001 / 0.1).div(
          v2[i]
            .mul(1 / 0.001)
            .sqrt()
            .add(1e-8),
        ),
      ),
    );
    return [next, m2, v2];
  };
  const mlpData = (): [Tensor, Tensor] => [
    array(data(20, batch * dims[0]), [batch, dims[0]]),
    array(onehot(batch, 10), [batch, 10]),
  ];
  const moments = (): Tensor[] => dense(dims, 10).map((p) => zeros(p.shape));
  cases["mlp_sgd"] = () =>
    once(jit(sgd), [weights(dense(dims, 10)), ...mlpData()], { flops: flops.mlp(), mode: "jit" });
  cases["mlp_adam"] = () =>
    once(jit(adam), [weights(dense(dims, 10)), moments(), moments(), ...mlpData()], {
      flops: flops.mlp(),
      mode: "jit",
    });
  cases["mlp_adam_donated"] = () => {
    const step = jit(adam, { donate: [0, 1, 2] });
    const [x, y] = mlpData();
    const start = (): Tensor[][] => [weights(dense(dims, 10)), moments(), moments()];
    const next = (s: Tensor[][]): Tensor[][] => step(s[0], s[1], s[2], x, y);
    let state = start();
    return {
      fn: () => (state = next(state)),
      keeps: true,
      check: () => outputsOf(next(start())),
      flops: flops.mlp(),
      mode: "jit",
    };
  };

  const L = S.lstm;
  type Loss = (p: Tensor[], x: Tensor, y: Tensor) => Tensor;
  const lstmCell = ([last, cell]: Tensor[], x: Tensor, [wx, wh, b]: Tensor[]): Tensor[] => {
    const [i, f, g, o] = x.matmul(wx).add(last.matmul(wh)).add(b).split(4, -1);
    const next = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(next.tanh()), next];
  };
  const start = (): Tensor[] => [zeros([L.batch, L.hidden]), zeros([L.batch, L.hidden])];
  const scanned: Loss = (p, xs, y) => {
    const [[h]] = scan((state: Tensor[], x: Tensor) => [lstmCell(state, x, p), undefined], start(), xs);
    return h.sub(y).square().mean();
  };
  const unrolled: Loss = (p, xs, y) => {
    let state = start();
    for (let t = 0; t < L.T; t++) state = lstmCell(state, xs.at(t), p);
    return state[0].sub(y).square().mean();
  };
  const lstmStep =
    (loss: Loss): ((p: Tensor[], x: Tensor, y: Tensor) => Tensor[]) =>
    (p, x, y) => {
      const g = grad(loss)(p, x, y);
      return p.map((w, i) => w.sub(g[i].mul(L.lr)));
    };
  for (const [name, loss] of [
    ["lstm_sgd", scanned],
    ["lstm_unrolled", unrolled],
  ] as const)
    cases[name] = () =>
      once(
        jit(lstmStep(loss)),
        [
          weights(lstmParams()),
          array(data(73, L.T * L.batch * L.in), [L.T, L.batch, L.in]),
          array(data(74, L.batch * L.hidden), [L.batch, L.hidden]),
        ],
        { mode: "jit" },
      );
  return cases;
}
