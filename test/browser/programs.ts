import {
  type Tensor,
  cond,
  conv2d,
  grad,
  jit,
  random,
  scan,
  tensor,
  tree,
  valueAndGrad,
  vmap,
  where,
  whileLoop,
} from "@cotangent/core";

/*
 * Programs of every kind, whose results must have the same bits wherever they run. Nothing here calls Math, whose functions
 * differ between hosts: inputs are drawn by the library, and compared with the rest.
 */

const normal = (seed: number, shape: readonly number[], dtype: "f32" | "f64" = "f32"): Tensor =>
  random.normal(random.key(seed), shape, { dtype });

/** One step of gradient descent on a network of two layers, 64 rows of 50. */
function perceptron(): unknown {
  const params = { w1: normal(1, [50, 48]), b1: normal(2, [48]), w2: normal(3, [48, 10]), b2: normal(4, [10]) };
  const x = normal(5, [64, 50]);
  const labels = random.randint(random.key(6), [64], 0, 10);
  const loss = (p: typeof params): Tensor => {
    const logits = x.matmul(p.w1).add(p.b1).gelu().matmul(p.w2).add(p.b2);
    return logits.logSoftmax(-1).mul(labels.oneHot(10)).sum(-1).mean().neg();
  };
  return jit((p: typeof params) => {
    const [value, gradient] = valueAndGrad(loss)(p);
    return [value, tree.map((w: Tensor, g: Tensor) => w.sub(g.mul(0.1)), p, gradient)];
  })(params);
}

/** The gradient of a recurrent cell with gates, over 20 steps. */
function lstm(): unknown {
  const params = { w: normal(10, [8, 64]).mul(0.3), u: normal(11, [16, 64]).mul(0.3), b: normal(12, [64]) };
  const xs = normal(13, [20, 5, 8]);
  return jit(
    grad((p: typeof params) => {
      const [[h, c], path] = scan(
        ([h, c]: Tensor[], x: Tensor): [Tensor[], Tensor] => {
          const [i, f, g, o] = x.matmul(p.w).add(h.matmul(p.u)).add(p.b).split(4, 1);
          const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
          const out = o.sigmoid().mul(next.tanh());
          return [[out, next], out.sum()];
        },
        [normal(14, [5, 16]), normal(15, [5, 16])],
        xs,
      );
      return h.mul(c).sum().add(path.square().sum());
    }),
  )(params);
}

const softmax = (): unknown =>
  (["f32", "f64"] as const).map((dtype) =>
    jit((x: Tensor) => [x.softmax(-1), x.softmax(0), x.logsumexp(), x.variance(1), x.cumsum(1), x.argmax(0)])(
      normal(20, [33, 129], dtype),
    ),
  );

const convolution = (): unknown =>
  jit(
    grad((w: Tensor) =>
      conv2d(normal(30, [2, 3, 14, 14]), w, { padding: "same" })
        .relu()
        .square()
        .sum(),
    ),
  )(normal(31, [6, 3, 3, 3]));

/** The log density of a logistic regression and its gradient, 1000 observations of 12. */
function logisticRegression(): unknown {
  const x = normal(40, [1000, 12], "f64");
  const y = random.bernoulli(random.key(41), 0.4, [1000]).astype("f64");
  const density = (beta: Tensor): Tensor => {
    const eta = x.matmul(beta);
    return y.mul(eta).sub(eta.softplus()).sum().sub(beta.square().sum().mul(0.5));
  };
  return jit(valueAndGrad(density))(normal(42, [12], "f64"));
}

const draws = (): unknown =>
  jit((key: Tensor) => [
    random.normal(key, [257]),
    random.uniform(key, [65], { dtype: "f64" }),
    random.gamma(key, tensor([0.4, 2.5, 11])),
    random.poisson(key, tensor([0.7, 30])),
    random.permutation(key, 31),
    vmap((k: Tensor) => random.exponential(k, [3]))(random.split(key, 4)),
  ])(random.key(50));

/** A small recurrence, which is a kernel of its own, and its gradient; loops whose length depends on values. */
function loops(): unknown {
  const returns = normal(60, [300], "f64");
  const garch = (p: Tensor): Tensor => {
    const [, logs] = scan(
      (v: Tensor, r: Tensor) => {
        const next = p.at(0).add(p.at(1).mul(r.square())).add(p.at(2).mul(v));
        return [next, next.log().add(r.square().div(next))];
      },
      tensor(1, { dtype: "f64" }),
      returns,
    );
    return logs.sum();
  };
  const collatz = jit((n: Tensor) =>
    whileLoop(
      ([n]: Tensor[]) => n.greater(1),
      ([n, k]: Tensor[]) => [
        cond(
          n.rem(2).equal(0),
          (m: Tensor) => m.floorDivide(2),
          (m: Tensor) => m.mul(3).add(1),
          n,
        ),
        k.add(1),
      ],
      [n, tensor(0, { dtype: "i32" })],
    ),
  );
  return [jit(valueAndGrad(garch))(tensor([0.1, 0.2, 0.6], { dtype: "f64" })), collatz(tensor(27, { dtype: "i32" }))];
}

function linearAlgebra(): unknown {
  const a = normal(70, [24, 24], "f64");
  const positive = a.matmul(a.transpose()).add(24);
  return jit((a: Tensor, s: Tensor) => [
    a.solve(normal(71, [24, 3], "f64")),
    s.cholesky(),
    s.logdet(),
    a.qr(),
    a.svd(),
    s.eigh(),
    a.mul(0.1).expm(),
    grad((m: Tensor) => m.inv().sum())(a),
  ])(a, positive);
}

/** Elementary and special functions at ordinary and extreme arguments. */
const functions = (): unknown =>
  (["f32", "f64"] as const).map((dtype) => {
    const edges = tensor([0, -0, Infinity, -Infinity, NaN, 1e-40, -1e-40, 1e30, 709.5, -745, 88.6, 0.5], { dtype });
    const f = (x: Tensor): Tensor[][] => {
      const p = where(x.less(0), x.neg(), x);
      return [
        [x.exp(), x.sin(), x.cos(), x.tan(), x.tanh(), x.atan(), x.erf(), x.sigmoid(), x.expm1(), x.sinh()],
        [p.log(), p.sqrt(), p.lgamma(), p.digamma(), p.log1p(), p.cbrt(), p.pow(0.3), x.softplus(), x.gelu()],
      ];
    };
    return [jit(f)(edges), jit(f)(normal(80, [101], dtype).mul(7))];
  });

export const programs: Readonly<Record<string, () => unknown>> = {
  perceptron,
  lstm,
  softmax,
  convolution,
  logisticRegression,
  draws,
  loops,
  linearAlgebra,
  functions,
};

export type Digests = Readonly<Record<string, string>>;

/** What each program gives, as 64 bits of its bits: FNV-1a over the words, twice, from different starts. Every NaN counts as the same. */
export function digests(): Digests {
  return Object.fromEntries(Object.entries(programs).map(([name, run]) => [name, digest(run())]));
}

function digest(result: unknown): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  const mix = (word: number): void => {
    for (let byte = 0; byte < 32; byte += 8) {
      a = Math.imul(a ^ ((word >>> byte) & 255), 0x01000193);
      b = Math.imul(b ^ ((word >>> (24 - byte)) & 255), 0x01000193);
    }
  };
  for (const x of tree.leaves(result as Tensor)) {
    x.shape.forEach(mix);
    const values = x.storage.slice();
    if (values instanceof Float32Array || values instanceof Float64Array)
      values.forEach((v, i) => {
        if (Number.isNaN(v)) values[i] = NaN;
      });
    new Uint32Array(values.buffer).forEach(mix);
  }
  return [a, b].map((h) => (h >>> 0).toString(16).padStart(8, "0")).join("");
}
