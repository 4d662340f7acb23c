import { type Tensor, conv2d, grad, jit, scan, softmax, tensor, valueAndGrad, vmap, zeros } from "@cotangent/core";
import type { Case, Peer, Shared, Weights } from "./shared.js";

type Call = (...args: Tensor[]) => unknown;
const leaves = (y: unknown): Tensor[] => (Array.isArray(y) ? y.flatMap(leaves) : [y as Tensor]);

/** Cotangent as one more peer of `lib.mjs`: the same work on the same data, and cases that the peers do not have. */
export function makePeer(lib: Shared, version: string): Peer {
  const { data, S, flops, dense } = lib;
  const array = (values: Float32Array | Float64Array, shape: readonly number[], dtype: "f32" | "f64" = "f32"): Tensor =>
    tensor(values, { shape, dtype });
  const weights = (list: readonly Weights[]): Tensor[] => list.map((p) => array(p.data, p.shape));
  const once = <A extends unknown[]>(f: (...args: A) => unknown, args: A, more: Partial<Case> = {}): Case => ({
    fn: () => f(...args),
    check: () => leaves(f(...args)).map((t) => t.storage),
    ...more,
  });
  const often = (f: Call, args: Tensor[], inner: number, mode: "eager" | "jit"): Case => ({
    fn: () => {
      for (let i = 0; i < inner; i++) f(...args);
    },
    check: () => leaves(f(...args)).map((t) => t.storage),
    inner,
    mode,
  });
  const cases: Record<string, () => Case> = {};

  for (const n of S.matmul)
    cases[`matmul_${n}`] = () =>
      once((a: Tensor, b: Tensor) => a.matmul(b), [array(data(1, n * n), [n, n]), array(data(2, n * n), [n, n])], {
        flops: flops.matmul(n),
      });

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

  const c = S.conv;
  const convArgs = (): [Tensor, Tensor] => [
    array(lib.permute(data(7, c.n * c.h * c.w * c.ci), [c.n, c.h, c.w, c.ci], [0, 3, 1, 2]), [c.n, c.ci, c.h, c.w]),
    array(lib.permute(data(8, c.k * c.k * c.ci * c.co, 0.1), [c.k, c.k, c.ci, c.co], [3, 2, 0, 1]), [
      c.co,
      c.ci,
      c.k,
      c.k,
    ]),
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
    array(lib.onehot(batch, 10), [batch, 10]),
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
      fn: () => {
        state = next(state);
      },
      check: () => leaves(next(start())).map((t) => t.storage),
      flops: flops.mlp(),
      mode: "jit",
    };
  };

  const L = S.lstm;
  const lstmLoss = ([wx, wh, b]: Tensor[], xs: Tensor, y: Tensor): Tensor => {
    const zero = zeros([L.batch, L.hidden]);
    const [[h]] = scan(
      ([last, cell]: Tensor[], x: Tensor) => {
        const [i, f, g, o] = x.matmul(wx).add(last.matmul(wh)).add(b).split(4, -1);
        const next = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()));
        return [[o.sigmoid().mul(next.tanh()), next], undefined];
      },
      [zero, zero],
      xs,
    );
    return h.sub(y).square().mean();
  };
  const lstmStep = (p: Tensor[], x: Tensor, y: Tensor): Tensor[] => {
    const g = grad(lstmLoss)(p, x, y);
    return p.map((w, i) => w.sub(g[i].mul(L.lr)));
  };
  cases["lstm_sgd"] = () =>
    once(
      jit(lstmStep),
      [
        weights(lib.lstmParams()),
        array(data(73, L.T * L.batch * L.in), [L.T, L.batch, L.in]),
        array(data(74, L.batch * L.hidden), [L.batch, L.hidden]),
      ],
      { mode: "jit" },
    );

  const triple = (seed: number): Tensor => array(data(seed, 3), [3]);
  const tiny = (x: Tensor, y: Tensor): Tensor => x.mul(y).tanh().add(x).sum();
  cases["small_add_eager"] = () => often((x, y) => x.add(y), [triple(30), triple(31)], 500, "eager");
  cases["small_jit"] = () => often(jit(tiny) as Call, [triple(30), triple(31)], 500, "jit");
  cases["small_grad_eager"] = () => often(grad(tiny) as Call, [triple(30), triple(31)], 50, "eager");

  const { n: N, d: D } = S.logreg;
  const logDensity = (beta: Tensor, x: Tensor, y: Tensor): Tensor => {
    const eta = x.matmul(beta);
    return y.mul(eta).sub(eta.neg().exp().log1p().add(eta)).sum().sub(beta.mul(beta).sum().mul(0.5));
  };
  for (const dtype of ["f32", "f64"] as const)
    cases[`logreg_${dtype}`] = () => {
      const own = (values: Float32Array, shape: readonly number[]): Tensor =>
        array(dtype === "f64" ? Float64Array.from(values) : values, shape, dtype);
      const args: [Tensor, Tensor, Tensor] = [
        own(data(42, D), [D]),
        own(data(40, N * D), [N, D]),
        own(lib.labels(N), [N]),
      ];
      return once(jit(valueAndGrad(logDensity)), args, { dtype, mode: "jit" });
    };

  const M = S.maml;
  const net = ([w1, b1, w2, b2, w3, b3]: Tensor[], x: Tensor): Tensor =>
    x.matmul(w1).add(b1).tanh().matmul(w2).add(b2).tanh().matmul(w3).add(b3);
  const error = (p: Tensor[], x: Tensor, y: Tensor): Tensor => net(p, x).sub(y).square().mean();
  const adapted = (p: Tensor[], xs: Tensor, ys: Tensor, xq: Tensor, yq: Tensor): Tensor => {
    let inner = p;
    for (let k = 0; k < M.steps; k++) {
      const g = grad(error)(inner, xs, ys);
      inner = inner.map((w, i) => w.sub(g[i].mul(M.lr)));
    }
    return error(inner, xq, yq);
  };
  const points = (seed: number, tasks?: number): Tensor =>
    array(data(seed, M.points * (tasks ?? 1), 5), tasks === undefined ? [M.points, 1] : [tasks, M.points, 1]);
  cases["maml"] = () =>
    once(jit(grad(adapted)), [weights(dense(M.dims, 50)), points(60), points(61), points(62), points(63)], {
      mode: "jit",
    });
  const meanOverTasks = (p: Tensor[], xs: Tensor, ys: Tensor, xq: Tensor, yq: Tensor): Tensor =>
    vmap((a: Tensor, b: Tensor, u: Tensor, v: Tensor) => adapted(p, a, b, u, v))(xs, ys, xq, yq).mean();
  cases["maml_25_tasks"] = () =>
    once(
      jit(grad(meanOverTasks)),
      [weights(dense(M.dims, 50)), points(60, 25), points(61, 25), points(62, 25), points(63, 25)],
      { mode: "jit" },
    );

  // The gradient of 2,000 steps has 10,000 equations.
  const unrolled = (x: Tensor): Tensor => {
    let y = x;
    for (let i = 0; i < 2000; i++) y = y.sin().add(x);
    return y.sum();
  };
  cases["unroll_10000"] = () => once(jit(grad(unrolled)), [array(data(80, 8), [8])], { mode: "jit" });
  for (const length of [10, 1000]) {
    const looped = (x: Tensor, xs: Tensor): Tensor =>
      scan((h: Tensor, u: Tensor) => [h.sin().add(u).tanh(), undefined], x, xs)[0].sum();
    cases[`scan_${length}`] = () =>
      once(jit(grad(looped)), [array(data(81, 8), [8]), array(data(82, 8 * length), [length, 8])], { mode: "jit" });
  }
  return { peer: "cotangent", version, backend: "wasm", threads: 1, cases };
}
