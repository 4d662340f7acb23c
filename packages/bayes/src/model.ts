import { type Shape, type Tensor, isTensor, jit, makeGraph, random, tensor, zeros } from "@cotangent/core";
import { type Distribution, broadcastShapes, float64 } from "./distributions/distribution.js";
import { checkedData } from "./modelData.js";

export interface ParamOptions {
  /** Named dimensions, whose sizes the model's `dims` gives. */
  readonly dims?: readonly string[];
  /** Or sizes. Default: the distribution's own shape. */
  readonly shape?: Shape;
  /** For location-scale families: sample z ~ standard, with value = location + scale z. Against funnels. */
  readonly nonCentered?: boolean;
}

/** What a model function declares itself with. */
export interface ModelScope {
  /** An unknown with its prior. Returns its value. */
  param(name: string, prior: Distribution, options?: ParamOptions): Tensor;
  /** A known value with its distribution given the unknowns; the distribution's shape must broadcast to the value's. */
  observe(name: string, distribution: Distribution, value: Tensor | number): void;
  /** Adds any term to the log density; its elements are summed. */
  factor(name: string, logDensity: Tensor): void;
}

/** Positions on the unconstrained space: f64, one leaf for each parameter. */
export type Unconstrained = Record<string, Tensor>;

export type LogDensity<P> = (position: P) => Tensor;

/** A model on its data. All densities are of the unconstrained parameters and include the Jacobians. */
export interface BoundModel<R> {
  /** A position of the right structure: zeros. */
  readonly origin: Unconstrained;
  readonly logDensity: LogDensity<Unconstrained>;
  /** The term of each site, which sum to the log density. */
  readonly terms: (position: Unconstrained) => Record<string, Tensor>;
  /** What the model function returns at a position. */
  readonly record: (position: Unconstrained) => R;
  /** What it returns with every parameter drawn from its prior. */
  readonly prior: (key: Tensor) => R;
}

export interface Model<D, R> {
  bind(data: D): BoundModel<R>;
  /** Log density on the unconstrained space, with Jacobians: `bind(data).logDensity`. */
  logDensity(data: D): LogDensity<Unconstrained>;
}

export interface ModelOptions<D> {
  /** Sizes of the named dimensions. */
  readonly dims?: Record<string, number> | ((data: D) => Record<string, number>);
}

/** Gives a parameter its value, and says what to add to the log density. */
type Valued = (site: Site) => { readonly value: Tensor; readonly term?: () => Tensor };

interface Site {
  readonly name: string;
  readonly prior: Distribution;
  readonly shape: Shape;
  readonly nonCentered: boolean;
}

/**
 * A probabilistic model: a function that declares its parameters and observations. What it returns is recorded, and its
 * type is the type of the draws.
 *
 * ```ts
 * const coin = model((m, { heads }: { heads: Tensor }) => {
 *   const p = m.param("p", beta(1, 1));
 *   m.observe("heads", bernoulli({ logits: p.log().sub(p.neg().log1p()) }), heads);
 *   return { p };
 * });
 * ```
 *
 * @param f run once for each purpose, always with the same sites
 * @returns the model, for `sample` or `bind`
 */
export function model<D, R>(f: (m: ModelScope, data: D) => R, options: ModelOptions<D> = {}): Model<D, R> {
  const bind = (given: D): BoundModel<R> => {
    const data = checkedData(given);
    const sizes = (typeof options.dims === "function" ? options.dims(data) : options.dims) ?? {};
    const run = (valued: Valued, expected?: ReadonlyMap<string, Shape>): Run<R> =>
      runModel(f, data, sizes, valued, expected);

    // Traced, so that no parameter has a value that a distribution could find wrong.
    let sites = new Map<string, Shape>();
    makeGraph((zero: Tensor) => {
      sites = run((site) => ({ value: valueAt(site, zero.broadcastTo(site.shape)).value })).sites;
      return zero;
    })(zeros([], "f64"));
    if (sites.size === 0) throw new Error("model: there is nothing to infer, no site was declared with m.param.");

    const at = (position: Unconstrained): Run<R> => run((site) => valueAt(site, position[site.name]), sites);
    const terms = (position: Unconstrained): Record<string, Tensor> => {
      const { terms: all } = at(position);
      return Object.fromEntries([...all].map(([name, term]) => [name, term()]));
    };
    return {
      origin: Object.fromEntries([...sites].map(([name, shape]) => [name, zeros(shape, "f64")])),
      terms,
      logDensity: (position) => Object.values(terms(position)).reduce((a, b) => a.add(b)),
      record: (position) => at(position).result,
      prior(key) {
        let index = 0;
        return run(({ prior, shape }) => ({ value: prior.sample(random.foldIn(key, index++), shape) }), sites).result;
      },
    };
  };
  return { bind, logDensity: (data) => bind(data).logDensity };
}

/** The value of a site at its unconstrained coordinates, and its term: prior plus log Jacobian. */
function valueAt(site: Site, u: Tensor): { value: Tensor; term: () => Tensor } {
  const { prior, nonCentered } = site;
  if (nonCentered) {
    if (prior.locationScale === undefined)
      throw new TypeError(
        `model: site "${site.name}" cannot be nonCentered, ${prior.name} is no location-scale family. Leave nonCentered out.`,
      );
    const { location, scale, standard } = prior.locationScale;
    return { value: u.mul(scale).add(location), term: () => standard.logDensity(u).sum() };
  }
  const value = prior.support.transform(u);
  return { value, term: () => prior.logDensity(value).add(prior.support.logAbsDetJacobian(u)).sum() };
}

interface Run<R> {
  readonly result: R;
  readonly sites: Map<string, Shape>;
  readonly terms: Map<string, () => Tensor>;
}

function runModel<D, R>(
  f: (m: ModelScope, data: D) => R,
  data: D,
  sizes: Record<string, number>,
  valued: Valued,
  expected?: ReadonlyMap<string, Shape>,
): Run<R> {
  const sites = new Map<string, Shape>();
  const terms = new Map<string, () => Tensor>();
  const names = new Set<string>();
  const declare = (name: string): void => {
    if (names.has(name)) throw new Error(`model: site "${name}" is declared twice. Give each site a name of its own.`);
    names.add(name);
  };
  const scope: ModelScope = {
    param(name, prior, options = {}) {
      declare(name);
      if (prior.support.discrete)
        throw new TypeError(`model: parameter "${name}" is ${prior.name}, which is discrete. Sum it out of the model.`);
      const shape = siteShape(name, prior, options, sizes);
      const before = expected?.get(name);
      if (expected !== undefined && (before === undefined || before.join() !== shape.join()))
        throw changed(name, expected);
      sites.set(name, shape);
      const { value, term } = valued({ name, prior, shape, nonCentered: options.nonCentered ?? false });
      if (term !== undefined) terms.set(name, term);
      return value;
    },
    observe(name, distribution, value) {
      declare(name);
      const x = isTensor(value) ? value.astype("f64") : tensor(value, { dtype: "f64" });
      const joint = broadcastShapes(`model: observation "${name}"`, distribution.shape, x.shape);
      if (joint.join() !== x.shape.join())
        throw new RangeError(
          `model: observation "${name}" has shape [${x.shape.join(", ")}], but its distribution has [${distribution.shape.join(", ")}]. Observe one value for each element.`,
        );
      terms.set(name, () => distribution.logDensity(x).sum());
    },
    factor(name, logDensity) {
      declare(name);
      terms.set(name, () => float64(logDensity).sum());
    },
  };
  const result = f(scope, data);
  if (result instanceof Promise)
    throw new TypeError("model: the function is asynchronous. Load the data first and pass it.");
  if (expected !== undefined) for (const name of expected.keys()) if (!sites.has(name)) throw changed(name, expected);
  return { result, sites, terms };
}

const changed = (name: string, expected: ReadonlyMap<string, Shape>): Error =>
  new Error(
    `model: the sites change between runs, "${name}" is not as it was in ${[...expected.keys()].join(", ")}. Declare the same parameters every time, whatever the values.`,
  );

function siteShape(name: string, prior: Distribution, options: ParamOptions, sizes: Record<string, number>): Shape {
  const named = options.dims?.map((dim) => {
    const size = Object.hasOwn(sizes, dim) ? sizes[dim] : undefined;
    if (size === undefined || !Number.isSafeInteger(size) || size < 1)
      throw new RangeError(
        `model: dimension "${dim}" of parameter "${name}" has ${size === undefined ? "no size" : `size ${size}`}. Give it one: model(f, { dims: { ${dim}: 8 } }).`,
      );
    return size;
  });
  const shape = named ?? options.shape ?? prior.shape;
  if (broadcastShapes(`model: parameter "${name}"`, prior.shape, shape).join() !== shape.join())
    throw new RangeError(
      `model: parameter "${name}" has shape [${shape.join(", ")}], but its prior has [${prior.shape.join(", ")}]. Name all its dimensions.`,
    );
  return shape;
}

/** The sites whose term is not finite at a position. */
export function brokenSites(bound: BoundModel<unknown>, position: Unconstrained): string[] {
  const terms = jit((p: Unconstrained) => bound.terms(p), { device: "cpu" })(position);
  return Object.entries(terms)
    .filter(([, term]) => !Number.isFinite(term.item()))
    .map(([name]) => name);
}
