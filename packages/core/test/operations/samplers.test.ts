import { describe, expect, it } from "vitest";
import { type Tensor, full, grad, jit, random, tensor, vmap } from "../../src/index.js";

/*
 * Samplers against the distribution functions of what they sample, in closed form: Kolmogorov's distance times sqrt(n) is above 1.95
 * with probability 0.001, and (chi-square - degrees) / sqrt(2 degrees) is about standard normal.
 */
const N = 20_000;
const numbers = (x: Tensor): number[] => Array.from(x.storage);
const key = random.key("samplers");

function kolmogorov(sample: Tensor, cdf: (x: number) => number): number {
  const x = numbers(sample).sort((a, b) => a - b);
  return Math.sqrt(N) * Math.max(...x.map((v, i) => Math.max((i + 1) / N - cdf(v), cdf(v) - i / N)));
}
const erf = (x: number): number => tensor(x, { dtype: "f64" }).erf().item();
const phi = (x: number): number => 0.5 * (1 + erf(x / Math.SQRT2));
/** Gamma with whole shape k: 1 - exp(-x) sum x^j / j!. */
const erlang = (k: number) => (x: number) => {
  let term = Math.exp(-x);
  let tail = 0;
  for (let j = 0; j < k; j++) {
    tail += term;
    term *= x / (j + 1);
  }
  return 1 - tail;
};

const continuous: readonly (readonly [string, (dtype: "f32" | "f64") => Tensor, (x: number) => number])[] = [
  ["exponential", (dtype) => random.exponential(key, [N], { dtype }), (x) => -Math.expm1(-x)],
  ["laplace", (dtype) => random.laplace(key, [N], { dtype }), (x) => (x < 0 ? Math.exp(x) / 2 : 1 - Math.exp(-x) / 2)],
  ["cauchy", (dtype) => random.cauchy(key, [N], { dtype }), (x) => 0.5 + Math.atan(x) / Math.PI],
  ["gumbel", (dtype) => random.gumbel(key, [N], { dtype }), (x) => Math.exp(-Math.exp(-x))],
  ["logistic", (dtype) => random.logistic(key, [N], { dtype }), (x) => 1 / (1 + Math.exp(-x))],
  // Chi-square with one degree of freedom is a squared normal.
  ["gamma 0.5", (dtype) => random.gamma(key, 0.5, [N], { dtype }), (x) => erf(Math.sqrt(x))],
  ["gamma 1", (dtype) => random.gamma(key, 1, [N], { dtype }), erlang(1)],
  ["gamma 3", (dtype) => random.gamma(key, 3, [N], { dtype }), erlang(3)],
  ["gamma 60", (dtype) => random.gamma(key, 60, [N], { dtype }), erlang(60)],
  ["chiSquare 4", (dtype) => random.chiSquare(key, 4, [N], { dtype }), (x) => erlang(2)(x / 2)],
  [
    "beta(1/2, 1/2)",
    (dtype) => random.beta(key, 0.5, 0.5, [N], { dtype }),
    (x) => (2 / Math.PI) * Math.asin(Math.sqrt(x)),
  ],
  ["beta(2, 3)", (dtype) => random.beta(key, 2, 3, [N], { dtype }), (x) => x ** 2 * (6 - 8 * x + 3 * x ** 2)],
  ["studentT 1", (dtype) => random.studentT(key, 1, [N], { dtype }), (x) => 0.5 + Math.atan(x) / Math.PI],
  ["studentT 2", (dtype) => random.studentT(key, 2, [N], { dtype }), (x) => 0.5 + x / (2 * Math.sqrt(2 + x * x))],
  [
    "truncatedNormal(-1, 2)",
    (dtype) => random.truncatedNormal(key, -1, 2, [N], { dtype }),
    (x) => (phi(x) - phi(-1)) / (phi(2) - phi(-1)),
  ],
  [
    "truncatedNormal(2, infinity)",
    (dtype) => random.truncatedNormal(key, 2, Infinity, [N], { dtype }),
    (x) => (phi(-2) - phi(-x)) / phi(-2),
  ],
];

describe.each(continuous)("%s", (_, draw, cdf) => {
  it.each(["f32", "f64"] as const)("follows its distribution function in %s", (dtype) => {
    const x = draw(dtype);
    expect(x.dtype).toBe(dtype);
    expect(x.shape).toEqual([N]);
    expect(kolmogorov(x, cdf)).toBeLessThan(1.95);
  });
});

/** Counts pooled until each cell expects at least 20. */
function chiSquare(sample: Tensor, pmf: (k: number) => number): number {
  const counts = new Map<number, number>();
  for (const k of numbers(sample)) counts.set(k, (counts.get(k) ?? 0) + 1);
  const cells: [got: number, expected: number][] = [];
  let [got, expected, used] = [0, 0, 0];
  for (let k = 0; used < 1 - 1e-12 && k < 1e5; k++) {
    got += counts.get(k) ?? 0;
    expected += N * pmf(k);
    used += pmf(k);
    if (expected >= 20) {
      cells.push([got, expected]);
      [got, expected] = [0, 0];
    }
  }
  const last = cells[cells.length - 1];
  cells[cells.length - 1] = [last[0] + got, last[1] + expected];
  const degrees = cells.length - 1;
  const statistic = cells.reduce((s, [g, e]) => s + (g - e) ** 2 / e, 0);
  return (statistic - degrees) / Math.sqrt(2 * degrees);
}
const logFactorial = (n: number): number =>
  tensor(n + 1, { dtype: "f64" })
    .lgamma()
    .item();
const poissonPmf = (rate: number) => (k: number) => Math.exp(k * Math.log(rate) - rate - logFactorial(k));
const binomialPmf = (n: number, p: number) => (k: number) =>
  k > n
    ? 0
    : Math.exp(logFactorial(n) - logFactorial(k) - logFactorial(n - k) + k * Math.log(p) + (n - k) * Math.log1p(-p));

it.each([0.3, 4, 9.9, 10.1, 35, 400])("poisson(%d) has its probabilities", (rate) => {
  expect(Math.abs(chiSquare(random.poisson(key, rate, [N]), poissonPmf(rate)))).toBeLessThan(3.5);
});
it.each([
  [10, 0.3],
  [10, 0.9],
  [50, 0.5],
  [200, 0.06],
  [1000, 0.97],
])("binomial(%d, %d) has its probabilities", (n, p) => {
  expect(Math.abs(chiSquare(random.binomial(key, n, p, [N]), binomialPmf(n, p)))).toBeLessThan(3.5);
});
it("counts at the ends of the domains, and -1 outside", () => {
  expect(numbers(random.poisson(key, tensor([0, -1, NaN, Infinity])))).toEqual([0, -1, -1, -1]);
  expect(numbers(random.binomial(key, 7, tensor([0, 1, -0.1, 1.1, NaN])))).toEqual([0, 7, -1, -1, -1]);
  expect(numbers(random.binomial(key, tensor([0, -2]), 0.5))).toEqual([0, -1]);
});

it("gamma stays finite in logs where the draw underflows", () => {
  const logs = random.logGamma(key, 1e-3, [1000], { dtype: "f64" });
  expect(numbers(logs).every(Number.isFinite)).toBe(true);
  // E log X = digamma(a); its variance is trigamma(a), about a^-2.
  expect(Math.abs(logs.mean().item() + 1000.5756)).toBeLessThan((5 * 1000) / Math.sqrt(1000));
  expect(numbers(random.gamma(key, tensor([0, NaN])))).toEqual([0, NaN]);
});

describe("the derivative with respect to the parameter is that of the expectation", () => {
  const n = 20_000;
  /** The mean of derivatives, which must be within 5 standard errors of the derivative of the mean. */
  function near(derivatives: Tensor, expected: number): void {
    const mean = derivatives.mean().item();
    const sd = Math.sqrt(derivatives.sub(mean).square().mean().item());
    expect(Math.abs(mean - expected), `${mean} against ${expected}`).toBeLessThan((5 * sd) / Math.sqrt(n));
  }
  const pathwise = (f: (a: Tensor) => Tensor, a: number): Tensor =>
    grad((x: Tensor) => f(x).sum())(full([n], a, "f64"));
  const [a, b] = random.split(key);
  it.each([0.05, 0.7, 1, 4, 300])("gamma(%d): E x = a, E x^2 = a^2 + a, E log x = digamma(a)", (shape) => {
    near(
      pathwise((x) => random.gamma(a, x), shape),
      1,
    );
    near(
      pathwise((x) => random.gamma(a, x).square(), shape),
      2 * shape + 1,
    );
    const trigamma = grad((x: Tensor) => x.digamma())(tensor(shape, { dtype: "f64" })).item();
    near(
      pathwise((x) => random.logGamma(a, x), shape),
      trigamma,
    );
  });
  it("beta, dirichlet, chi-square and t", () => {
    // d/da of a / (a + b) is b / (a + b)^2.
    near(
      pathwise((x) => random.beta(b, x, 3), 2),
      3 / 25,
    );
    near(
      pathwise((x) => random.beta(b, 3, x), 2),
      -3 / 25,
    );
    near(
      pathwise((x) => random.chiSquare(b, x), 5),
      1,
    );
    // Var t = n / (n - 2).
    near(
      pathwise((x) => random.studentT(b, x).square(), 12),
      -2 / 100,
    );
    const weights = grad((x: Tensor) => random.dirichlet(b, x, [n]).at(null, 0).mean())(
      tensor([1, 2, 2], { dtype: "f64" }),
    );
    [4 / 25, -1 / 25, -1 / 25].forEach((expected, i) =>
      expect(Math.abs(numbers(weights)[i] - expected)).toBeLessThan(0.005),
    );
  });
  it("is finite where draws underflow, and the same compiled", () => {
    const f = grad((x: Tensor) => random.logGamma(a, x).sum());
    const tiny = full([100], 1e-4, "f64");
    expect(numbers(f(tiny)).every((x) => x > 0 && Number.isFinite(x))).toBe(true);
    expect(numbers(jit(f)(tiny))).toEqual(numbers(f(tiny)));
    expect(
      numbers(grad((x: Tensor) => random.poisson(a, x, [3]).astype("f64").sum())(tensor(2, { dtype: "f64" }))),
    ).toEqual([0]);
  });
});

it("dirichlet sums to 1 and has the mean of its concentrations", () => {
  const x = random.dirichlet(key, tensor([1, 2, 5], { dtype: "f64" }), [N]);
  expect(x.shape).toEqual([N, 3]);
  for (const s of numbers(x.sum(1))) expect(Math.abs(s - 1)).toBeLessThan(1e-14);
  numbers(x.mean(0)).forEach((m, i) => expect(Math.abs(m - [1, 2, 5][i] / 8)).toBeLessThan((5 * 0.17) / Math.sqrt(N)));
});

it("a multivariate normal has its mean and covariance", () => {
  const covariance = [
    [2, 0.6],
    [0.6, 0.5],
  ];
  const x = random.multivariateNormal(key, tensor([1, -3], { dtype: "f64" }), tensor(covariance, { dtype: "f64" }), [
    N,
  ]);
  const mean = x.mean(0);
  const centred = x.sub(mean);
  const got = centred.T.matmul(centred).div(N).toArray() as number[][];
  numbers(mean).forEach((m, i) => expect(Math.abs(m - [1, -3][i])).toBeLessThan((5 * 1.5) / Math.sqrt(N)));
  got.forEach((row, i) =>
    row.forEach((c, j) => expect(Math.abs(c - covariance[i][j])).toBeLessThan((5 * 3) / Math.sqrt(N))),
  );
  // Batches of means and one covariance.
  expect(
    random.multivariateNormal(
      key,
      tensor([
        [1, 2],
        [3, 4],
        [5, 6],
      ]),
      tensor(covariance),
    ).shape,
  ).toEqual([3, 2]);
});

describe("choice", () => {
  it("without replacement gives every entry at most once, all of them equally often", () => {
    const drawn = Array.from(random.split(key, 2000), (k) => numbers(random.choice(k, 5, [2], { replace: false })));
    const counts = [0, 0, 0, 0, 0];
    for (const [a, b] of drawn) {
      expect(a).not.toBe(b);
      counts[a]++;
      counts[b]++;
    }
    for (const c of counts) expect(Math.abs(c - 800)).toBeLessThan(4 * Math.sqrt(2000 * 0.4 * 0.6));
  });
  it("follows the probabilities, with and without replacement", () => {
    const p = tensor([0.5, 0, 0.25, 0.25]);
    const x = numbers(random.choice(key, 4, [4000], { p }));
    expect(x.filter((i) => i === 1)).toEqual([]);
    expect(Math.abs(x.filter((i) => i === 0).length - 2000)).toBeLessThan(4 * Math.sqrt(1000));
    expect(numbers(random.choice(key, 4, [3], { p, replace: false })).sort((a, b) => a - b)).toEqual([0, 2, 3]);
  });
  it("draws by probabilities what JAX does", () => {
    // jax.random.choice(jax.random.key(3), 4, (12,), p=p) of JAX 0.10, in f32 and f64.
    const draws = (dtype: "f32" | "f64"): number[] =>
      numbers(random.choice(random.key(3), 4, [12], { p: tensor([0.1, 0, 0.2, 0.7], { dtype }) }));
    expect(draws("f32")).toEqual([3, 0, 3, 0, 3, 3, 3, 3, 3, 3, 2, 3]);
    expect(draws("f64")).toEqual([2, 3, 3, 3, 3, 3, 2, 3, 0, 2, 3, 3]);
  });
  it("takes rows of a tensor", () => {
    const rows = tensor([
      [1, 10],
      [2, 20],
    ]);
    const drawn = random.choice(key, rows, [3, 2]);
    expect(drawn.shape).toEqual([3, 2, 2]);
    const flat = numbers(drawn);
    for (let i = 0; i < flat.length; i += 2) expect(flat[i + 1]).toBe(10 * flat[i]);
  });
});

it.each([
  ["gamma", (k: Tensor) => random.gamma(k, tensor([0.4, 7]), [3, 2])],
  ["beta", (k: Tensor) => random.beta(k, 2, tensor([0.4, 7]))],
  ["poisson", (k: Tensor) => random.poisson(k, tensor([0.4, 70]), [3, 2])],
  ["binomial", (k: Tensor) => random.binomial(k, tensor([3, 900]), 0.7)],
  ["studentT", (k: Tensor) => random.studentT(k, 3, [4])],
  ["truncatedNormal", (k: Tensor) => random.truncatedNormal(k, 1, Infinity, [4])],
  ["choice", (k: Tensor) => random.choice(k, 9, [4], { replace: false })],
] as const)("%s gives the same draws eager, compiled and mapped", (_, draw) => {
  expect(numbers(jit(draw)(key))).toEqual(numbers(draw(key)));
  const keys = random.split(key, 3);
  const singly = [...keys].flatMap((k) => numbers(draw(k)));
  expect(numbers(vmap(draw)(keys))).toEqual(singly);
  expect(numbers(jit(vmap(draw))(keys))).toEqual(singly);
});

it.each([
  ["a negative shape parameter", () => random.gamma(key, -1), "random.gamma: the shape parameter is -1"],
  ["shapes that do not fit", () => random.poisson(key, tensor([1, 2]), [3]), "do not broadcast to the draws [3]"],
  ["an empty interval", () => random.truncatedNormal(key, 2, 1), "expected low <= high"],
  ["more than there are", () => random.choice(key, 3, [4], { replace: false }), "4 draws without replacement from 3"],
  ["probabilities of another size", () => random.choice(key, 3, [1], { p: tensor([1, 2]) }), "expected [3]"],
  ["a covariance that is no matrix", () => random.multivariateNormal(key, tensor([1]), tensor([1])), "[..., n, n]"],
])("refuses %s", (_, f, message) => {
  expect(f).toThrow(message);
});
