import { evaluateGraph, scalar, traceGraph } from "../graph/record.js";
import { div, sub } from "../primitives/arithmetic.js";
import { add, broadcast, like, mul, neg, reshape, sum, zeros } from "../primitives/basis.js";
import { choose, select } from "../primitives/comparison.js";
import { convert, stopGradient } from "../primitives/conversion.js";
import { apply } from "../primitives/elementary.js";
import { concat, slice } from "../primitives/shape.js";
import { isFloat } from "../tensor/dtype.js";
import { type TensorType, describe, sameShape, sizeOf } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { flatten, flattenLike, leafPaths, unflatten } from "../tensor/tree.js";
import { vjp } from "../transforms/derivatives.js";
import { customVjp } from "./customVjp.js";
import { scan } from "./loops.js";
import { whileLoop } from "./whileLoop.js";

export interface OdeOptions {
  /** Relative and absolute error allowed for a step. Default 1.4e-8, and the accuracy of f32 in f32. */
  readonly rtol?: number;
  readonly atol?: number;
  /** Steps allowed between two times; beyond them the rest of the solution is NaN. Default 100000. */
  readonly maxSteps?: number;
}

/** dy/dt of a state in one vector. */
type Field = (y: Tensor, t: Tensor) => Tensor;
type Tolerances = Required<OdeOptions>;

/**
 * odeint : ((y, t, theta) -> dy/dt, y0, ts, theta) -> [y]. The solution of an initial value problem at the times `ts`, by the method of
 * Dormand and Prince (orders 5 and 4) with adaptive steps.
 *
 * Reverse mode solves the adjoint equation backwards between the times, at a memory that does not depend on the number of steps: with
 * respect to y0, ts, theta and every float that f captures. A gradient is differentiable forward (`jacfwd(jacrev(f))`); odeint itself is
 * not.
 *
 * @param f from the state, the time (a scalar) and theta to the derivative of the state.
 * @param y0 the state at ts[0], a tree of floats.
 * @param ts times, a vector of floats that increases; states after one that does not are NaN.
 * @param theta parameters of f, any tree; may be left out.
 * @returns the tree of y0 with the times as a new axis 0.
 * @throws when ts is no float vector, or f changes the structure or a type of the state (naming the leaf).
 * @example odeint((y: Tensor, _t, k: Tensor) => y.mul(k).neg(), tensor(1), linspace(0, 1, 5), tensor(2))
 * @see J. R. Dormand, P. J. Prince (1980); E. Hairer, S. P. Norsett, G. Wanner, Solving ODEs I, II.4; R. T. Q. Chen et al. (2018)
 */
export function odeint<Y, P = undefined>(
  f: (y: Y, t: Tensor, theta: P) => Y,
  y0: Y,
  ts: Tensor,
  theta?: P,
  options: OdeOptions = {},
): Y {
  if (typeof f !== "function") throw new TypeError(`odeint: got ${typeof f}, expected a function of y, t and theta.`);
  if (!(ts instanceof Tensor) || ts.ndim !== 1 || !isFloat(ts.dtype) || ts.size === 0)
    throw new TypeError(
      `odeint: ts is ${ts instanceof Tensor ? describe(ts) : typeof ts}, expected a vector of at least one float.`,
    );
  const state = flatten(y0, "odeint: y0");
  const parameters = flatten(theta, "odeint: theta");
  const start = state.leaves.map((x) => (x.weak ? convert(x, "f32") : x));
  start.forEach((x, i) => {
    if (!isFloat(x.dtype))
      throw new TypeError(
        `odeint: y0 ${leafPaths(state.structure)[i]} is ${describe(x)}, expected a float. Cast it with astype.`,
      );
  });
  const dtype = [...start, ts].some((x) => x.dtype === "f64") ? "f64" : "f32";
  const {
    rtol = dtype === "f64" ? 1.4e-8 : 1e-5,
    atol = dtype === "f64" ? 1.4e-8 : 1e-6,
    maxSteps = 100_000,
  } = options;

  const ravel = (leaves: readonly Tensor[]): Tensor =>
    leaves.length === 0
      ? zeros({ shape: [0], dtype })
      : concat(
          leaves.map((x) => convert(reshape(x, [sizeOf(x.shape)]), dtype)),
          0,
        );
  const unravel = (vector: Tensor): Tensor[] => {
    let next = 0;
    return start.map((x) => convert(reshape(slice(vector, [next], [(next += sizeOf(x.shape))]), x.shape), x.dtype));
  };
  // What f captures becomes an argument, so that it may vary.
  const time: TensorType = { shape: [], dtype };
  const vector = ravel(start);
  const n = state.leaves.length;
  const { graph, captures } = traceGraph("odeint", [vector, time, ...parameters.leaves], (y, t, ...ps) => {
    const out = flattenLike(
      "odeint",
      state.structure,
      f(unflatten<Y>(state.structure, unravel(y)), t, unflatten<P>(parameters.structure, ps)),
      "the result of f",
    );
    out.forEach((d, i) => {
      if (!sameShape(d.shape, start[i].shape) || d.dtype !== start[i].dtype)
        throw new TypeError(
          `odeint: f returns ${describe(d)}${n > 1 ? ` at ${leafPaths(state.structure)[i]}` : ""}, expected ${describe(start[i])}, the type of y there.`,
        );
    });
    return [ravel(out)];
  });
  const field =
    (ps: readonly Tensor[]): Field =>
    (y, t) =>
      evaluateGraph(graph, [...ps.slice(0, captures.length), y, t, ...ps.slice(captures.length)])[0];
  const path = solution(field, { rtol, atol, maxSteps })(vector, convert(ts, dtype), [
    ...captures,
    ...parameters.leaves.map((x) => (x.weak ? convert(x, "f32") : x)),
  ]);
  const times = path.shape[0];
  let next = 0;
  return unflatten<Y>(
    state.structure,
    start.map((x) => {
      const part = slice(path, [0, next], [times, (next += sizeOf(x.shape))]);
      return convert(reshape(part, [times, ...x.shape]), x.dtype);
    }),
  );
}

/** [times, n], with the continuous adjoint for reverse mode. */
function solution(
  field: (ps: readonly Tensor[]) => Field,
  tolerances: Tolerances,
): (y0: Tensor, ts: Tensor, ps: Tensor[]) => Tensor {
  const forward = (y0: Tensor, ts: Tensor, ps: Tensor[]): Tensor => integrate(field(ps), y0, ts, tolerances);
  return customVjp(
    forward,
    (y0, ts, ps) => {
      const path = forward(y0, ts, ps);
      return [path, { path, ts, ps }];
    },
    ({ path, ts, ps }, ct) => {
      const [times, n] = path.shape;
      const { dtype } = path;
      const floats = ps.flatMap((p, i) => (isFloat(p.dtype) ? [i] : []));
      const sizes = floats.map((i) => sizeOf(ps[i].shape));
      const row = (x: Tensor, i: number): Tensor => reshape(slice(x, [i, 0], [i + 1, n]), [n]);
      // In s = -t, the state y, its adjoint a and the adjoints of the parameters: dy/ds = -f, da/ds = a f_y, dp/ds = a f_p.
      const backward: Field = (z, s) => {
        const y = slice(z, [0], [n]);
        const a = slice(z, [n], [2 * n]);
        const [dy, pullback] = vjp(
          (u: Tensor, ...qs: Tensor[]) => {
            const all = [...ps];
            floats.forEach((i, k) => (all[i] = qs[k]));
            return field(all)(u, neg(s));
          },
          y,
          ...floats.map((i) => ps[i]),
        );
        const [da, ...dps] = pullback(a);
        return concat([neg(dy), da, ...dps.map((d, k) => convert(reshape(d, [sizes[k]]), dtype))], 0);
      };
      const total = sizes.reduce((p, q) => p + q, 0);
      const slices = {
        from: slice(ts, [1], [times]),
        to: slice(ts, [0], [times - 1]),
        y: slice(path, [1, 0], [times, n]),
        ct: slice(ct, [0, 0], [times - 1, n]),
        later: slice(ct, [1, 0], [times, n]),
      };
      // Moving ts[i] moves y along f; the last of these belongs to ts[0], whose effect is that of all.
      const [last, moved] = scan(
        (c: { a: Tensor; p: Tensor }, x: typeof slices) => {
          const speed = sum(mul(field(ps)(x.y, x.from), x.later), [0]);
          const z = concat([x.y, c.a, c.p], 0);
          const span = concat([reshape(neg(x.from), [1]), reshape(neg(x.to), [1])], 0);
          const end = integrate(backward, z, span, tolerances);
          const at = reshape(slice(end, [1, 0], [2, 2 * n + total]), [2 * n + total]);
          return [{ a: add(slice(at, [n], [2 * n]), x.ct), p: slice(at, [2 * n], [2 * n + total]) }, speed];
        },
        { a: row(ct, times - 1), p: zeros({ shape: [total], dtype }) },
        slices,
        { reverse: true },
      );
      // The solution is the flow over ts[0] ... ts[i]: starting later has the effect of the first state moving back along f.
      const ownEffect = sub(last.a, row(ct, 0));
      const firstTime = neg(sum(mul(field(ps)(row(path, 0), reshape(slice(ts, [0], [1]), [])), ownEffect), [0]));
      let next = 0;
      const cts = ps.map((p) => {
        if (!isFloat(p.dtype)) return zeros({ shape: p.shape, dtype: p.dtype });
        const part = slice(last.p, [next], [(next += sizeOf(p.shape))]);
        return convert(reshape(part, p.shape), p.dtype);
      });
      return [last.a, concat([reshape(firstTime, [1]), moved], 0), cts];
    },
  );
}

const constant = (x: Tensor, value: number): Tensor => like(x, value);
const spread = (a: Tensor, x: Tensor): Tensor => broadcast(a, x.shape, []);
const at0 = (ts: Tensor): Tensor => reshape(slice(ts, [0], [1]), []);

/** Dormand and Prince's stages; the last row gives the solution of order 5, whose derivative is the next step's first stage. */
const NODES = [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1];
const STAGES = [
  [1 / 5],
  [3 / 40, 9 / 40],
  [44 / 45, -56 / 15, 32 / 9],
  [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
  [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
  [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
];
/** Order 5 minus order 4. */
const ERROR = [
  35 / 384 - 1951 / 21600,
  0,
  500 / 1113 - 22642 / 50085,
  125 / 192 - 451 / 720,
  -2187 / 6784 + 12231 / 42400,
  11 / 84 - 649 / 6300,
  -1 / 60,
];
/** The state in the middle of the step, of order 4 (L. F. Shampine, 1986). */
const MIDDLE = [
  6025192743 / 30085553152 / 2,
  0,
  51252292925 / 65400821598 / 2,
  -2691868925 / 45128329728 / 2,
  187940372067 / 1594534317056 / 2,
  -1776094331 / 19743644256 / 2,
  11237099 / 235043384 / 2,
];

/** y + dt * sum of weights times stages. */
function advance(y: Tensor, dt: Tensor, weights: readonly number[], stages: readonly Tensor[]): Tensor {
  return add(y, mul(spread(dt, y), combination(weights, stages)));
}
function combination(weights: readonly number[], stages: readonly Tensor[]): Tensor {
  const terms = weights.flatMap((w, i) => (w === 0 ? [] : [mul(stages[i], constant(stages[i], w))]));
  return terms.reduce((a, b) => add(a, b));
}

/** The root mean square of x over atol + rtol * scale. */
function size(x: Tensor, scale: Tensor, { rtol, atol }: Tolerances): Tensor {
  const r = div(x, add(constant(x, atol), mul(constant(x, rtol), scale)));
  const total = sum(mul(r, r), [0]);
  return apply("sqrt", div(total, constant(total, Math.max(1, x.shape[0]))));
}
const abs = (x: Tensor): Tensor => apply("abs", x);
const larger = (a: Tensor, b: Tensor): Tensor => select(choose("ge", a, b), a, b);

/** A first step (Hairer, Norsett and Wanner, II.4). */
function firstStep(field: Field, t0: Tensor, y0: Tensor, f0: Tensor, tolerances: Tolerances): Tensor {
  const scale = abs(y0);
  const [d0, d1] = [size(y0, scale, tolerances), size(f0, scale, tolerances)];
  const tiny = choose("or", choose("lt", d0, constant(d0, 1e-5)), choose("lt", d1, constant(d1, 1e-5)));
  const safe = select(tiny, constant(d1, 1), d1);
  const h0 = select(tiny, constant(d0, 1e-6), mul(constant(d0, 0.01), div(d0, safe)));
  const f1 = field(add(y0, mul(spread(h0, y0), f0)), add(t0, h0));
  const d2 = div(size(sub(f1, f0), scale, tolerances), h0);
  const steepest = larger(d1, d2);
  const flat = choose("le", steepest, constant(d1, 1e-15));
  const h1 = select(
    flat,
    larger(constant(h0, 1e-6), mul(h0, constant(h0, 1e-3))),
    apply("pow", div(constant(h0, 0.01), select(flat, constant(h0, 1), steepest)), constant(h0, 1 / 5)),
  );
  const h = mul(h0, constant(h0, 100));
  return select(choose("lt", h, h1), h, h1);
}

/** The solution at the times, [times, n]: steps as long as the error allows, and a polynomial of degree 4 inside each. */
function integrate(field: Field, y0: Tensor, ts: Tensor, tolerances: Tolerances): Tensor {
  const [n] = y0.shape;
  const [times] = ts.shape;
  const asRow = (y: Tensor): Tensor => reshape(y, [1, n]);
  if (times === 1 || n === 0) return broadcast(y0, [times, n], [1]);
  const t0 = at0(ts);
  const f0 = field(y0, t0);
  const dt = stopGradient(firstStep(field, t0, y0, f0, tolerances));
  const none = zeros(y0);
  const carry = { y: y0, f: f0, t: t0, dt, last: t0, polynomial: [y0, none, none, none, none] };
  type Carry = typeof carry;

  const [, path] = scan(
    (c: Carry, target: Tensor) => {
      const stepped = whileLoop(
        ({ c: s, i }: { c: Carry; i: Tensor }) =>
          choose(
            "and",
            choose("and", choose("lt", s.t, target), choose("gt", s.dt, constant(s.dt, 0))),
            choose("lt", i, scalar(tolerances.maxSteps, "i32")),
          ),
        ({ c: s, i }) => ({ c: step(field, s, tolerances), i: add(i, scalar(1, "i32")) }),
        { c, i: scalar(0, "i32") },
      ).c;
      const { t, last, polynomial } = stepped;
      const moved = choose("gt", t, last);
      const x = div(sub(target, last), select(moved, sub(t, last), constant(t, 1)));
      const y = polynomial.reduceRight((sumSoFar, a) => add(mul(sumSoFar, spread(x, y0)), a));
      // Neither out of steps nor out of order.
      const arrived = choose("and", choose("ge", t, target), choose("ge", target, last));
      return [stepped, select(spread(arrived, y), y, constant(y, NaN))];
    },
    carry,
    slice(ts, [1], [times]),
  );
  return concat([asRow(y0), path], 0);
}

interface Running {
  readonly y: Tensor;
  readonly f: Tensor;
  readonly t: Tensor;
  readonly dt: Tensor;
  /** The step that ended at t began here, and is this polynomial in the fraction of it. */
  readonly last: Tensor;
  readonly polynomial: Tensor[];
}

/** One attempt: the state after the step if the error allows it, and the next step length. */
function step(field: Field, s: Running, tolerances: Tolerances): Running {
  const stages = [s.f];
  let y = s.y;
  STAGES.forEach((weights, k) => {
    y = advance(s.y, s.dt, weights, stages);
    stages.push(field(y, add(s.t, mul(s.dt, constant(s.dt, NODES[k])))));
  });
  const f = stages[6];
  const error = stopGradient(
    size(mul(spread(s.dt, y), combination(ERROR, stages)), larger(abs(s.y), abs(y)), tolerances),
  );
  const accepted = choose("le", error, constant(error, 1));
  const middle = advance(s.y, s.dt, MIDDLE, stages);
  const polynomial = fit(s.y, middle, y, mul(spread(s.dt, y), s.f), mul(spread(s.dt, y), f));
  const keep = (next: Tensor, old: Tensor): Tensor =>
    select(next.ndim === 0 ? accepted : spread(accepted, next), next, old);
  return {
    y: keep(y, s.y),
    f: keep(f, s.f),
    t: keep(add(s.t, s.dt), s.t),
    dt: stopGradient(mul(s.dt, factor(error))),
    last: keep(s.t, s.last),
    polynomial: polynomial.map((a, i) => keep(a, s.polynomial[i])),
  };
}

/** By how much the next step is longer: between 1/5 and 10, 0.9 of what the error would allow. */
function factor(error: Tensor): Tensor {
  const none = choose("eq", error, constant(error, 0));
  const wished = mul(
    apply("pow", select(none, constant(error, 1), error), constant(error, -1 / 5)),
    constant(error, 0.9),
  );
  const smallest = select(choose("lt", error, constant(error, 1)), constant(error, 1), constant(error, 0.2));
  const bounded = larger(select(choose("lt", wished, constant(error, 10)), wished, constant(error, 10)), smallest);
  return select(none, constant(error, 10), select(choose("ne", error, error), error, bounded));
}

/** The polynomial through both ends and the middle, with the slopes at both ends (per step); lowest coefficient first. */
function fit(y0: Tensor, middle: Tensor, y1: Tensor, d0: Tensor, d1: Tensor): Tensor[] {
  const of = (...weights: number[]): Tensor => combination(weights, [y0, middle, y1, d0, d1]);
  return [y0, d0, of(-11, 16, -5, -4, 1), of(18, -32, 14, 5, -3), of(-8, 16, -8, -2, 2)];
}
