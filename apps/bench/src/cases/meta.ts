import { type Tensor, grad, jit, scan, stopGradient, vmap, zeros } from "@cotangent/core";
import { explain } from "@cotangent/core/debug";
import { type Cases, type Tools, once, quantity } from "./tools.js";

/** Derivatives through optimisation: MAML, learning to learn, long unrolls with checkpoints. */
export function meta(tools: Tools): Cases {
  const { S, array, data, dense, random, weights } = tools;
  const cases: Cases = {};
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

  // Learning to learn by gradient descent (Andrychowicz et al. 2016, section 3.1; data as in its released code): one LSTM of two layers of 20
  // for each of 128 x 10 coordinates, first order, the sum of the losses of 20 steps.
  const [problems, dim, hidden, steps] = [128, 10, 20, 20];
  const quadratic = (theta: Tensor, w: Tensor, y: Tensor): Tensor =>
    w
      .matmul(theta.reshape([problems, dim, 1]))
      .reshape([problems, dim])
      .sub(y)
      .square()
      .sum();
  const layer = (x: Tensor, [h, c]: Tensor[], wx: Tensor, wh: Tensor, b: Tensor): Tensor[] => {
    const [i, f, g, o] = x.matmul(wx).add(h.matmul(wh)).add(b).split(4, -1);
    const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(next.tanh()), next];
  };
  const learned = (p: Tensor[], w: Tensor, y: Tensor, start: Tensor): Tensor => {
    const [x1, h1, b1, x2, h2, b2, out] = p;
    const zero = zeros([problems * dim, hidden]);
    const [, losses] = scan(
      ([theta, ...s]: Tensor[]) => {
        const g = stopGradient(grad(quadratic)(stopGradient(theta), w, y)).reshape([problems * dim, 1]);
        const first = layer(g, s.slice(0, 2), x1, h1, b1);
        const second = layer(first[0], s.slice(2), x2, h2, b2);
        const next = theta.add(second[0].matmul(out).mul(0.1).reshape([problems, dim]));
        return [[next, ...first, ...second], quadratic(next, w, y).div(problems)];
      },
      [start, zero, zero, zero, zero],
      undefined,
      { length: steps },
    );
    return losses.sum();
  };
  cases["l2l"] = () => {
    const gates = 4 * hidden;
    const p = [[1, gates], [hidden, gates], [gates], [hidden, gates], [hidden, gates], [gates], [hidden, 1]];
    const unit = (seed: number, shape: number[]): Tensor => random(seed, shape, 0.5).add(0.5);
    return once(
      jit(grad(learned)),
      [
        p.map((shape, i) => random(90 + i, shape, 1 / Math.sqrt(hidden))),
        unit(100, [problems, dim, dim]),
        unit(101, [problems, dim]),
        random(102, [problems, dim], 0.01),
      ],
      { mode: "jit" },
    );
  };

  // 400 inner steps of a 40-40 network on 25 tasks: all carries kept, or a square root of them.
  const long = (checkpoint: "none" | "sqrt"): ((p: Tensor[], ...points: Tensor[]) => Tensor) => {
    const task = (p: Tensor[], xs: Tensor, ys: Tensor, xq: Tensor, yq: Tensor): Tensor => {
      const [inner] = scan(
        (w: Tensor[]) => {
          const g = grad(error)(w, xs, ys);
          return [w.map((v, i) => v.sub(g[i].mul(M.lr))), undefined];
        },
        p,
        undefined,
        { length: 400, checkpoint },
      );
      return error(inner, xq, yq);
    };
    return (p, xs, ys, xq, yq) =>
      vmap((a: Tensor, b: Tensor, u: Tensor, v: Tensor) => task(p, a, b, u, v))(xs, ys, xq, yq).mean();
  };
  type Arguments = [Tensor[], Tensor, Tensor, Tensor, Tensor];
  const longArgs = (): Arguments => [
    weights(dense(M.dims, 50)),
    points(60, 25),
    points(61, 25),
    points(62, 25),
    points(63, 25),
  ];
  const longGradient = { full: grad(long("none")), sqrt: grad(long("sqrt")) };
  for (const kind of ["full", "sqrt"] as const) {
    cases[`unroll_400_${kind}`] = () => once(jit(longGradient[kind]), longArgs(), { mode: "jit" });
    cases[`unroll_400_${kind}_memory`] = () =>
      quantity(() => explain(longGradient[kind])(...longArgs()).arenaBytes / 1e6);
  }
  return cases;
}
