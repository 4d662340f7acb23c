import { random } from "@cotangent/core";
import { interval } from "../constraints/index.js";
import {
  type Distribution,
  type Parameter,
  broadcastShapes,
  float64,
  location,
  valuesOf,
  within,
} from "./distribution.js";

/** Uniform on [low, high]. */
export function uniform(low: Parameter, high: Parameter): Distribution {
  const a = location("uniform", "low", low);
  const b = location("uniform", "high", high);
  const width = b.sub(a);
  const widths = valuesOf(width);
  if (widths !== undefined && !Array.prototype.every.call(widths, (w: number) => w > 0))
    throw new RangeError(`uniform: low is ${String(low)} and high is ${String(high)}, expected low < high.`);
  const shape = broadcastShapes("uniform", a.shape, b.shape);
  const numbers = typeof low === "number" && typeof high === "number";
  const support = numbers ? interval(low, high) : interval(a, b);
  return {
    name: "uniform",
    support,
    shape,
    logDensity: (x) => within(support, float64(x), a, (y) => y.mul(0).sub(width.log())),
    sample: (key, of = shape) => random.uniform(key, of, { dtype: "f64" }).mul(width).add(a),
    get mean() {
      return a.add(b).mul(0.5);
    },
    get variance() {
      return width.square().div(12);
    },
  };
}
