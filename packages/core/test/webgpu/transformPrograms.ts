import {
  type Tensor,
  associativeScan,
  cg,
  checkpoint,
  cond,
  conv2d,
  customJvp,
  customVjp,
  fixedPoint,
  foriLoop,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jvp,
  linearSolve,
  linearize,
  map,
  maxPool,
  odeint,
  random,
  scan,
  stack,
  switchCase,
  tensor,
  triangularSolve,
  vjp,
  vmap,
  whileLoop,
} from "../../src/index.js";

const t = (x: number | readonly number[] | readonly (readonly number[])[]): Tensor => tensor(x as number[]);
const i32 = (x: number | number[]): Tensor => tensor(x, { dtype: "i32" });
const key = random.key(5);
const normal = (i: number, ...shape: number[]): Tensor => random.normal(random.foldIn(key, i), shape);
const [x4, x34, x43, x44] = [normal(1, 4), normal(2, 3, 4), normal(3, 4, 3), normal(4, 4, 4)];
const spd = x44.matmul(x44.T).add(tensor([1, 2, 3, 4]).diag());
const signs = x4.sub(x4.mean());

const cell = (h: Tensor, x: Tensor, w: Tensor): Tensor => h.matmul(w).add(x).tanh();
const rnn = (w: Tensor, xs: Tensor): Tensor =>
  scan((h: Tensor, x: Tensor) => [cell(h, x, w), h.sum()], t([0, 0, 0, 0]), xs)[1];
const root = (a: Tensor): Tensor =>
  whileLoop(
    ({ x }: { x: Tensor; n: Tensor }) => x.square().sub(a).abs().greater(a.mul(1e-5)),
    ({ x, n }) => ({ x: x.add(a.div(x)).mul(0.5), n: n.add(1) }),
    { x: a, n: i32(0) },
  ).x;
const branch = (x: Tensor): Tensor =>
  cond(
    x.greater(0),
    (v: Tensor) => v.mul(v),
    (v: Tensor) => v.neg().sin(),
    x,
  );
const cube = customJvp(
  (x: Tensor) => x.mul(x).mul(x),
  ([x], [dx]) => [x.mul(x).mul(x), x.square().mul(3).mul(dx)],
);
const clipped = customVjp(
  (x: Tensor) => x.square().sum(),
  (x: Tensor) => [x.square().sum(), x] as [Tensor, Tensor],
  (x: Tensor, ct: Tensor) => [x.mul(2).clip(-1, 1).mul(ct)],
);
const rosenbrock = (x: Tensor): Tensor => {
  const [a, b] = [x.at([0, -1]), x.at([1, null])];
  return b.sub(a.square()).square().mul(100).add(a.neg().add(1).square()).sum();
};

/** Programs through every transform and every kind of control flow, with the tensors that they are called on. */
export type Program = readonly [f: (...xs: Tensor[]) => unknown, ...xs: Tensor[]];

export const programs: Readonly<Record<string, Program>> = {
  scan: [rnn, x44.mul(0.3), x34],
  "gradient of a scan": [grad((w: Tensor, xs: Tensor) => rnn(w, xs).sum()), x44.mul(0.3), x34],
  "forward derivative of a scan": [
    (w: Tensor, xs: Tensor) => jvp(rnn, [w, xs], [w.mul(0.5), xs])[1],
    x44.mul(0.3),
    x34,
  ],
  "a scan from the end": [
    (xs: Tensor) => scan((c: Tensor, x: Tensor) => [c.mul(0.5).add(x), c], t([0, 0, 0, 0]), xs, { reverse: true }),
    x34,
  ],
  "a mapped scan": [
    (w: Tensor, xs: Tensor) => vmap((x: Tensor) => rnn(w, x))(stack([xs, xs.mul(2)])),
    x44.mul(0.3),
    x34,
  ],
  "a checkpointed scan": [
    grad((w: Tensor, xs: Tensor) =>
      scan((h: Tensor, x: Tensor) => [checkpoint(cell)(h, x, w), undefined], t([0, 0, 0, 0]), xs)[0].sum(),
    ),
    x44.mul(0.3),
    x34,
  ],
  "a long scan": [(a: Tensor) => scan((c: Tensor, x: Tensor) => [c.mul(0.99).add(x), c], a, normal(20, 300)), t(0.5)],
  cond: [branch, t(0.7)],
  "the other branch": [branch, t(-0.7)],
  "gradient of cond": [grad(branch), t(-0.7)],
  "a mapped cond": [(x: Tensor) => vmap(branch)(x), signs],
  switchCase: [
    (x: Tensor) => switchCase(i32(1), [(v: Tensor) => v.add(1), (v: Tensor) => v.mul(2), (v: Tensor) => v.neg()], x),
    x4,
  ],
  whileLoop: [root, t(3)],
  "forward derivative of a whileLoop": [(a: Tensor) => jvp(root, [a], [t(1)])[1], t(3)],
  "a mapped whileLoop": [(a: Tensor) => vmap(root)(a), t([1e-3, 0.5, 2, 1e4])],
  "a whileLoop in a scan": [
    (xs: Tensor) => scan((c: Tensor, x: Tensor) => [c.add(root(x)), c], t(0), xs),
    t([1, 2, 3, 4]),
  ],
  foriLoop: [(x: Tensor) => foriLoop(0, 5, (i: Tensor, v: Tensor) => v.mul(0.5).add(i.astype("f32")), x), x4],
  map: [(xs: Tensor) => map((x: Tensor) => x.sin().sum(), xs), x34],
  associativeScan: [(xs: Tensor) => associativeScan((a: Tensor, b: Tensor) => a.matmul(b), xs), normal(21, 5, 3, 3)],
  fixedPoint: [grad((a: Tensor) => fixedPoint((x: Tensor, v: Tensor) => x.add(v.div(x)).mul(0.5), a, t(1))), t(2)],
  linearSolve: [
    grad((b: Tensor) =>
      linearSolve((x: Tensor) => spd.matmul(x), b, cg())
        .square()
        .sum(),
    ),
    x4,
  ],
  customJvp: [(x: Tensor) => jvp(cube, [x], [x])[1], x4],
  customVjp: [grad(clipped), x4],
  checkpoint: [grad(checkpoint((x: Tensor) => x.sin().exp().sum())), x4],
  "grad of grad of grad": [grad(grad(grad((x: Tensor) => x.sin().mul(x.exp())))), t(0.3)],
  hessian: [hessian(rosenbrock), x4],
  hvp: [(x: Tensor) => hvp(rosenbrock, [x], [x]), x4],
  jacfwd: [jacfwd((x: Tensor) => x43.matmul(x.sin()).tanh()), normal(22, 3)],
  jacrev: [jacrev((x: Tensor) => x43.matmul(x.sin()).tanh()), normal(22, 3)],
  linearize: [(x: Tensor) => linearize((v: Tensor) => v.sin().mul(v), x)[1](x), x4],
  vjp: [(x: Tensor) => vjp((v: Tensor) => x43.T.matmul(v.exp()), x)[1](t([1, 2, 3])), x4],
  "gradient by example": [
    (xs: Tensor) =>
      vmap(
        grad((x: Tensor, w: Tensor) => x.matmul(w).tanh().sum(), { argnums: 1 }),
        { inAxes: [0, null] },
      )(xs, x4),
    x34,
  ],
  "log determinant and solution": [grad((a: Tensor) => a.logdet().add(a.solve(x4).sum())), spd],
  cholesky: [grad((a: Tensor) => triangularSolve(a.cholesky(), x4).square().sum()), spd],
  "sort and gather": [
    grad((x: Tensor) =>
      x
        .sort()
        .mul(t([1, 2, 3, 4]))
        .sum(),
    ),
    x4,
  ],
  "an embedding": [
    grad((e: Tensor) =>
      e
        .take(i32([0, 2, 2, 1]), 0)
        .square()
        .sum(),
    ),
    x34,
  ],
  attention: [grad((x: Tensor) => x.matmul(x.T).mul(0.5).softmax(-1).matmul(x).square().sum()), normal(23, 6, 4)],
  convolution: [
    grad((w: Tensor) =>
      maxPool(conv2d(normal(24, 2, 3, 8, 8), w, { padding: 1 }).relu(), [2, 2])
        .square()
        .mean(),
    ),
    normal(25, 4, 3, 3, 3).mul(0.3),
  ],
  odeint: [
    (y: Tensor, rate: Tensor) =>
      odeint((s: Tensor, _t: Tensor, r: Tensor) => s.mul(r).add(s.square().mul(0.1)), y, t([0, 0.5, 1]), rate, {
        rtol: 1e-4,
        atol: 1e-5,
      }),
    t([1, 0.5]),
    t(-1),
  ],
};
