import {
  type Program,
  type Tensor,
  argsort,
  checkpoint,
  cholesky,
  compile,
  cond,
  customJvp,
  eigh,
  grad,
  conv,
  jit,
  maxPool,
  random,
  scan,
  take,
  tensor,
  valueAndGrad,
  vmap,
  where,
  whileLoop,
} from "../../src/index.js";

/** Programs of every kind, with arguments to run them on. */
export interface Sample {
  readonly name: string;
  readonly program: Program;
  readonly args: readonly unknown[];
}

function sample<A extends unknown[]>(name: string, f: (...args: A) => unknown, ...args: A): Sample {
  return { name, program: compile(f, ...args) as unknown as Program, args };
}

const x5 = tensor([0.5, -1.25, 2, 0.75, -0.125]);
const m3 = tensor([
  [4, 1, 0.5],
  [1, 3, 0.25],
  [0.5, 0.25, 2],
]);
const wide = tensor(Float64Array.from({ length: 40 }, (_, i) => Math.sin(i)));

const softplus: (x: Tensor) => Tensor = customJvp(
  (x: Tensor) => x.exp().log1p(),
  ([x], [t]) => [softplus(x), t.mul(x.sigmoid())],
);

export const samples: readonly Sample[] = [
  sample(
    "elementwise and reductions",
    ({ w, b }: { w: Tensor; b: Tensor }, x: Tensor) =>
      valueAndGrad((p: Tensor) => x.mul(p).add(b).tanh().square().mean().add(x.erf().max()))(w),
    { w: x5, b: tensor(0.5) },
    x5,
  ),
  sample(
    "scan with a derivative",
    grad((h: Tensor, xs: Tensor) => scan((c: Tensor, u: Tensor) => [c.mul(u).tanh(), c], h, xs)[1].sum()),
    tensor(0.25),
    x5,
  ),
  sample(
    "cond",
    (p: Tensor, x: Tensor) =>
      cond(
        p,
        (y: Tensor) => y.sin(),
        (y: Tensor) => y.mul(2),
        x,
      ),
    tensor(true),
    x5,
  ),
  sample(
    "calls in calls",
    (x: Tensor) => {
      const inner = jit((y: Tensor) => y.exp().sub(1));
      const outer = jit((y: Tensor) => inner(y).mul(inner(y.neg())));
      return { twice: outer(outer(x)), list: [inner(x), undefined] };
    },
    x5,
  ),
  sample(
    "gather and scatter",
    (x: Tensor, i: Tensor) => grad((y: Tensor) => take(y, i).square().sum())(x),
    x5,
    tensor([3, 0, 3], { dtype: "i32" }),
  ),
  sample("sort", (x: Tensor) => [argsort(x), where(x.greater(0), x, x.neg())], x5),
  sample(
    "linear algebra",
    (a: Tensor) => {
      const l = cholesky(a);
      return [l, ...Object.values(eigh(a)), l.matmul(a).T];
    },
    m3,
  ),
  sample(
    "convolution and pooling",
    grad((k: Tensor, x: Tensor) =>
      maxPool(conv(x, k, { padding: 1 }), 2)
        .square()
        .sum(),
    ),
    tensor(
      Float32Array.from({ length: 18 }, (_, i) => Math.cos(i)),
      { shape: [2, 1, 3, 3] },
    ),
    tensor(
      Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)),
      { shape: [2, 1, 4, 4] },
    ),
  ),
  sample(
    "while",
    (x: Tensor) =>
      whileLoop(
        (h: Tensor) => h.less(100),
        (h: Tensor) => h.mul(1.5).add(1),
        x,
      ),
    tensor(0.5),
  ),
  sample("random", (key: Tensor) => random.normal(key, [7]), random.key(3)),
  sample("constants", (x: Tensor) => x.mul(wide).add(wide.greater(0)).sum(), wide),
  sample(
    "custom rules and checkpoint",
    grad((x: Tensor) => checkpoint((y: Tensor) => softplus(y).mul(y).sin())(x).sum()),
    x5,
  ),
  sample(
    "mapped",
    vmap((x: Tensor, y: Tensor) => x.flatten().dot(y.flatten()).add(x.cumsum(0).sum())),
    m3,
    m3,
  ),
  sample(
    "empty and special values",
    (x: Tensor) => [x.mul(Number.NaN), x.add(Infinity), x.mul(-0), x.add(0).reshape([5, 1]).sum(1), tensor([])],
    x5,
  ),
];
