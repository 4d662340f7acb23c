import { existsSync, readFileSync } from "node:fs";
import { type Tensor, tensor } from "@cotangent/core";
import { expect, it } from "vitest";
import { type Model, bernoulli, flat, flatDensity, halfCauchy, model, normal } from "../src/index.js";
import { data as eight, schools } from "./eightSchools.js";

// Log densities and gradients recorded from Stan, where the folder exists.
const folder = new URL("../../../../shared/posteriordb/", import.meta.url);
interface Point {
  u: number[];
  lp: number;
  grad: number[];
}
const read = <T>(path: string): T => JSON.parse(readFileSync(new URL(path, folder), "utf8")) as T;
const present = existsSync(folder);
if (!present) console.warn("posteriordb gradients are skipped: no ../shared/posteriordb.");

type Columns = Record<string, number[]>;
const f64 = (x: number[]): Tensor => tensor(x, { dtype: "f64" });

const kid = model((m, { x, y }: { x: Tensor; y: Tensor }) => {
  const beta = m.param("beta", flat(), { shape: [2] });
  const sigma = m.param("sigma", halfCauchy(2.5));
  m.observe("y", normal(x.mul(beta.at(1)).add(beta.at(0)), sigma), y);
});
const wells = model((m, { x, y }: { x: Tensor; y: Tensor }) => {
  const beta = m.param("beta", flat(), { shape: [2] });
  m.observe("y", bernoulli({ logits: x.mul(beta.at(1)).add(beta.at(0)) }), y);
});

/** Compares at every point; `order` maps our coordinates to Stan's. */
function compare<D>(
  name: string,
  m: Model<D, unknown>,
  data: D,
  order: number[],
  tolerance = 1e-10,
  dropped = 0,
): void {
  const bound = m.bind(data);
  const density = flatDensity(bound.logDensity, bound.origin);
  const points = read<Point[]>(`gradients/${name}.json`);
  const gradient = new Float64Array(density.dimension);
  const offsets = points.map(({ u, lp, grad }) => {
    const value = density.evaluate(
      Float64Array.from(order, (i) => u[i]),
      gradient,
    );
    order.forEach((i, j) => expect(Math.abs(gradient[j] / grad[i] - 1)).toBeLessThan(tolerance));
    return [value - lp, lp];
  });
  for (const [offset, lp] of offsets)
    expect(Math.abs(offset - offsets[0][0])).toBeLessThan(
      dropped + 1e-12 * Math.max(100, Math.abs(lp), Math.abs(offsets[0][1])),
    );
}

it.skipIf(!present)("eight schools", () =>
  compare("eight_schools_noncentered", schools, eight, [8, 9, 0, 1, 2, 3, 4, 5, 6, 7]),
);
it.skipIf(!present)("kidscore_momiq", () => {
  const d = read<Columns>("kidiq-kidscore_momiq/data.json");
  compare("kidscore_momiq", kid, { x: f64(d.mom_iq), y: f64(d.kid_score) }, [0, 1, 2]);
});
// Stan drops terms of exp(-20) and less from each of 3020 logistic functions.
it.skipIf(!present)("wells_dist", () => {
  const d = read<Columns>("wells_data-wells_dist/data.json");
  compare("wells_dist", wells, { x: f64(d.dist), y: f64(d.switched) }, [0, 1], 1e-9, 3020 * Math.exp(-20));
});
