import { eigh, jit, random, tensor, type Tensor } from "@cotangent/core";

export interface CmaesOptions {
  /** Standard deviation of the first generation in each coordinate, in the units of x: about a third of the search region. */
  readonly sigma: number;
  /** lambda, points a generation, at least 2. Default 4 + floor(3 ln n); more of them search more globally. */
  readonly populationSize?: number;
}

/** Where a search stands. Values are never changed in place: an old state can be kept and continued. */
export interface CmaesState {
  /** m, [n]: the centre of the search and the estimate of the minimum's place. */
  readonly mean: Float64Array;
  readonly sigma: number;
  /** C, [n * n] row by row: the shape of the search; points are N(m, sigma^2 C). */
  readonly covariance: Float64Array;
  /** B, [n * n]: eigenvectors of C in columns, and D, [n]: roots of its eigenvalues; they may lag behind C by a few generations. */
  readonly axes: Float64Array;
  readonly scales: Float64Array;
  /** p_sigma and p_c, [n]: where the mean has been moving. */
  readonly sigmaPath: Float64Array;
  readonly covariancePath: Float64Array;
  readonly generation: number;
  readonly evaluations: number;
  readonly key: Tensor;
  readonly populationSize: number;
  /** z with x = m + sigma B D z, for the points that were asked for and not told yet. */
  readonly pending: readonly Float64Array[] | undefined;
  /** The best point so far; its value is Infinity before the first `tell`. */
  readonly best: { readonly x: Float64Array; readonly value: number };
  /** Best value of each of the last 10 + ceil(30 n / lambda) generations, and the range of values in the last one. */
  readonly recentBest: readonly number[];
  readonly range: number;
}

/** A search that proposes points and learns from their values: pure functions over a state. */
export interface AskTell<S> {
  readonly name: string;
  readonly init: (x0: ArrayLike<number>, key: Tensor) => S;
  readonly ask: (state: S) => { readonly points: readonly Float64Array[]; readonly state: S };
  readonly tell: (state: S, values: readonly number[]) => S;
  /** Best point so far, its value, and evaluations told. */
  readonly result: (state: S) => { readonly x: Float64Array; readonly value: number; readonly evaluations: number };
  /** Why there is no use in going on, or undefined; `tolerance` is in the units of the objective. */
  readonly stopped: (state: S, tolerance: number) => string | undefined;
}

/**
 * CMA-ES: minimises a function without gradients by moving, scaling and turning a normal distribution towards better points.
 * Only the order of the values counts. Computes in f64.
 *
 * ```ts
 * const search = cmaes({ sigma: 0.5 });
 * let state = search.init([1, 2], random.key("an example"));
 * for (let i = 0; i < 100; i++) {
 *   const asked = search.ask(state);
 *   state = search.tell(asked.state, asked.points.map(([x, y]) => x * x + 100 * y * y));
 * }
 * state.best.value; // below 1e-9
 * ```
 *
 * @throws RangeError for a sigma that is not positive, a population below 2, an empty or infinite x0, a NaN among the values
 * @see Hansen, The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772, appendix A and table 1; defaults as in pycma
 */
export function cmaes(options: CmaesOptions): AskTell<CmaesState> {
  const { sigma, populationSize } = options;
  if (!(typeof sigma === "number" && sigma > 0 && sigma < Infinity))
    throw new RangeError(
      `cmaes: sigma is ${String(sigma)}, expected a positive finite number. Use about a third of the width of the region to search.`,
    );
  if (populationSize !== undefined && !(Number.isSafeInteger(populationSize) && populationSize >= 2))
    throw new RangeError(
      `cmaes: populationSize is ${String(populationSize)}, expected a whole number of at least 2. Leave it out for 4 + floor(3 ln n).`,
    );
  return { name: "cmaes", init: (x0, key) => init(x0, key, sigma, populationSize), ask, tell, result, stopped };
}

function init(x0: ArrayLike<number>, key: Tensor, sigma: number, populationSize: number | undefined): CmaesState {
  const mean = Float64Array.from(x0);
  const n = mean.length;
  if (n === 0)
    throw new RangeError("cmaes.init: x0 is empty, expected at least one coordinate. Pass a starting point.");
  const bad = mean.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw new RangeError(
      `cmaes.init: x0[${bad}] is ${mean[bad]}, expected a finite number. Start where the objective is defined.`,
    );
  const identity = new Float64Array(n * n);
  for (let i = 0; i < n; i++) identity[i * n + i] = 1;
  return {
    mean,
    sigma,
    covariance: identity,
    axes: identity,
    scales: new Float64Array(n).fill(1),
    sigmaPath: new Float64Array(n),
    covariancePath: new Float64Array(n),
    generation: 0,
    evaluations: 0,
    key,
    populationSize: populationSize ?? 4 + Math.floor(3 * Math.log(n)),
    pending: undefined,
    best: { x: mean, value: Infinity },
    recentBest: [],
    range: Infinity,
  };
}

function ask(state: CmaesState): { points: Float64Array[]; state: CmaesState } {
  const { mean, sigma, axes, scales, populationSize, key, generation } = state;
  const n = mean.length;
  const drawn = draw(key, generation, populationSize, n).toArray() as number[][];
  const pending = drawn.map((row) => Float64Array.from(row));
  const points = pending.map((z) => {
    const step = multiply(
      axes,
      z.map((v, i) => v * scales[i]),
      n,
    );
    return mean.map((m, i) => m + sigma * step[i]);
  });
  return { points, state: { ...state, pending } };
}

/** Every generation draws with a key of its own, so that a state determines all that follows. In f64, which GPUs have not: on the CPU. */
const draw = jit(
  (key: Tensor, generation: number | Tensor, rows: number, columns: number): Tensor =>
    random.normal(random.foldIn(key, generation), [rows, columns], { dtype: "f64" }),
  { device: "cpu", staticArgnums: [2, 3] },
);

function tell(state: CmaesState, values: readonly number[]): CmaesState {
  const { mean, sigma, axes, scales, pending, populationSize: lambda } = state;
  if (pending === undefined)
    throw new Error("cmaes.tell: no points are waiting for their values. Call ask and pass the state that it returns.");
  if (values.length !== lambda)
    throw new RangeError(
      `cmaes.tell: got ${values.length} values, expected ${lambda}, one for each point that ask returned.`,
    );
  const bad = values.findIndex((v) => typeof v !== "number" || Number.isNaN(v));
  if (bad >= 0)
    throw new RangeError(
      `cmaes.tell: the objective at point ${bad} is ${String(values[bad])}, expected a number. Return Infinity where it is undefined.`,
    );
  const n = mean.length;
  const parameters = strategyParameters(n, lambda);
  const { weights, mu, mueff, cc, cs, c1, cmu, damping, expectedNorm } = parameters;
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
  const generation = state.generation + 1;

  // y = B D z, so that x = m + sigma y; <z> and <y> are their weighted means over the better half.
  const z = order.map((i) => pending[i]);
  const y = z.map((row) =>
    multiply(
      axes,
      row.map((v, i) => v * scales[i]),
      n,
    ),
  );
  const meanZ = new Float64Array(n);
  const meanY = new Float64Array(n);
  for (let k = 0; k < mu; k++)
    for (let i = 0; i < n; i++) {
      meanZ[i] += weights[k] * z[k][i];
      meanY[i] += weights[k] * y[k][i];
    }
  const newMean = mean.map((m, i) => m + sigma * meanY[i]);

  // Step size: p_sigma <- (1 - cs) p_sigma + sqrt(cs (2 - cs) mueff) C^(-1/2) <y>, where C^(-1/2) <y> = B <z>.
  const whitened = multiply(axes, meanZ, n);
  const sigmaPath = state.sigmaPath.map((p, i) => (1 - cs) * p + Math.sqrt(cs * (2 - cs) * mueff) * whitened[i]);
  const length = Math.sqrt(sumOfSquares(sigmaPath));
  const newSigma = sigma * Math.exp(Math.min(1, (cs / damping) * (length / expectedNorm - 1)));

  // A long p_sigma means that sigma is far too small: p_c then waits (h_sigma = 0), or C would blow up.
  const early = 1 - (1 - cs) ** (2 * generation);
  const moving = length ** 2 / early / n < 2 + 4 / (n + 1) ? 1 : 0;
  const covariancePath = state.covariancePath.map(
    (p, i) => (1 - cc) * p + moving * Math.sqrt(cc * (2 - cc) * mueff) * meanY[i],
  );

  // C <- (1 + c1 (1 - h) cc (2 - cc) - c1 - cmu sum w) C + c1 pc pc' + cmu sum w_i y_i y_i'
  const totalWeight = weights.reduce((a, b) => a + b, 0);
  const kept = 1 + c1 * (1 - moving) * cc * (2 - cc) - c1 - cmu * totalWeight;
  const covariance = state.covariance.map((c) => kept * c);
  addOuter(covariance, c1, covariancePath);
  y.forEach((row, k) => {
    // A negative weight shrinks C along y by at most a set amount, however long y is: it is scaled to length n.
    const weight = weights[k] >= 0 ? weights[k] : (weights[k] * n) / Math.max(sumOfSquares(z[k]), Number.MIN_VALUE);
    addOuter(covariance, cmu * weight, row);
  });

  const best =
    values[order[0]] < state.best.value
      ? { x: mean.map((m, i) => m + sigma * y[0][i]), value: values[order[0]] }
      : state.best;
  const history = 10 + Math.ceil((30 * n) / lambda);
  return {
    ...state,
    ...(generation % parameters.decompositionGap === 0 ? decompose(covariance, n) : {}),
    mean: newMean,
    sigma: newSigma,
    covariance,
    sigmaPath,
    covariancePath,
    generation,
    evaluations: state.evaluations + lambda,
    pending: undefined,
    best,
    recentBest: [...state.recentBest, values[order[0]]].slice(-history),
    range: values[order[lambda - 1]] - values[order[0]],
  };
}

const result = (state: CmaesState): { x: Float64Array; value: number; evaluations: number } => ({
  ...state.best,
  evaluations: state.evaluations,
});

/** The tutorial's stopping rules (appendix B.3): TolFun, TolX relative to where the mean is, and ConditionCov. */
function stopped(state: CmaesState, tolerance: number): string | undefined {
  const { recentBest, range, mean, sigma, scales, populationSize } = state;
  const n = mean.length;
  const complete = recentBest.length === 10 + Math.ceil((30 * n) / populationSize);
  const spread = Math.max(range, Math.max(...recentBest) - Math.min(...recentBest));
  if (complete && spread <= tolerance) return `values differ by no more than ${tolerance}`;
  const longest = Math.max(...scales);
  if (!(sigma * longest < Infinity)) return "the step size grew without bound: the objective has no minimum here";
  // Steps that vanish next to the mean change no bit of x any more.
  if (sigma * longest <= Number.EPSILON * Math.max(...mean.map(Math.abs), Number.MIN_VALUE))
    return "steps are below the precision of f64";
  if (longest ** 2 > 1e14 * Math.min(...scales) ** 2) return "the covariance is too ill-conditioned (above 1e14)";
  return undefined;
}

/** What table 1 derives from n and lambda. */
export interface StrategyParameters {
  /** w_i by rank: the first mu are positive and sum to 1, the others are not positive. */
  readonly weights: readonly number[];
  readonly mu: number;
  readonly mueff: number;
  readonly cc: number;
  readonly cs: number;
  readonly c1: number;
  readonly cmu: number;
  readonly damping: number;
  /** E|N(0, I)|. */
  readonly expectedNorm: number;
  /** Generations between eigendecompositions, so that they cost no more than the updates. */
  readonly decompositionGap: number;
}

/** Internal: table 1 of the tutorial, equations 49-58; the factor min(1, lambda / 6) in c1 and the 1/4 in cmu are pycma's. */
export function strategyParameters(n: number, lambda: number): StrategyParameters {
  const raw = Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
  const positive = raw.filter((w) => w > 0);
  const negative = raw.filter((w) => w <= 0);
  const mueff = effective(positive);
  const mueffMinus = effective(negative);
  const c1 = (Math.min(1, lambda / 6) * 2) / ((n + 1.3) ** 2 + mueff);
  const cmu = Math.min(1 - c1, (2 * (0.25 + mueff + 1 / mueff - 2)) / ((n + 2) ** 2 + mueff));
  // Negative weights: no decay of C in all; in keeping with their number; C stays positive definite.
  const alpha = Math.min(1 + c1 / cmu, 1 + (2 * mueffMinus) / (mueff + 2), (1 - c1 - cmu) / (n * cmu));
  const sum = (ws: readonly number[]): number => ws.reduce((a, b) => a + b, 0);
  const cs = (mueff + 2) / (n + mueff + 3);
  return {
    weights: [
      ...positive.map((w) => w / sum(positive)),
      ...negative.map((w) => (w === 0 ? 0 : (alpha * w) / -sum(negative))),
    ],
    mu: positive.length,
    mueff,
    cc: (4 + mueff / n) / (n + 4 + (2 * mueff) / n),
    cs,
    c1,
    cmu,
    damping: 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cs,
    expectedNorm: Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    decompositionGap: Math.max(1, Math.floor(1 / (10 * n * (c1 + cmu)))),
  };
}

/** (sum w)^2 / sum w^2: how many equal weights vary as much. */
const effective = (ws: readonly number[]): number =>
  ws.length === 0
    ? 0
    : ws.reduce((a, b) => a + b, 0) ** 2 /
      Math.max(
        ws.reduce((a, b) => a + b * b, 0),
        Number.MIN_VALUE,
      );

/** B and D with C = B D^2 B'. */
function decompose(covariance: Float64Array, n: number): { axes: Float64Array; scales: Float64Array } {
  const { values, vectors } = eigenvectors(tensor(covariance, { shape: [n, n] }));
  const eigenvalues = values.toArray() as number[];
  if (!eigenvalues.every((v) => v > 0))
    throw new RangeError(
      `cmaes.tell: the covariance has eigenvalues from ${Math.min(...eigenvalues)}, expected positive ones. ` +
        "The objective's scales differ by more than f64 can hold: rescale its coordinates.",
    );
  return {
    axes: Float64Array.from((vectors.toArray() as number[][]).flat()),
    scales: Float64Array.from(eigenvalues, Math.sqrt),
  };
}
const eigenvectors = jit((c: Tensor) => eigh(c), { device: "cpu" });

/** A v for A [n * n] row by row. */
function multiply(a: Float64Array, v: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (let j = 0; j < n; j++) total += a[i * n + j] * v[j];
    out[i] = total;
  }
  return out;
}

/** a += factor v v', in place: `a` is a fresh array of the caller's. */
function addOuter(a: Float64Array, factor: number, v: Float64Array): void {
  const n = v.length;
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) a[i * n + j] += factor * v[i] * v[j];
}

const sumOfSquares = (v: Float64Array): number => v.reduce((total, x) => total + x * x, 0);
