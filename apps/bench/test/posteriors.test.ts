import { existsSync, readFileSync } from "node:fs";
import { valueAndGrad } from "@cotangent/core";
import { describe, expect, it } from "vitest";
import { posteriors } from "../src/posteriors/index.js";
import { type Data, parametersOf, vectorOf } from "../src/posteriors/posterior.js";

/*
 * Log densities and gradients against values recorded from Stan: shared/posteriordb/gradients (rstan 2.21.7), and for diamonds
 * fixtures/diamonds.json, which fixtures/diamonds.R wrote. Stan drops constants, so log densities agree up to one for each model.
 */
const shared = new URL("../../../../shared/posteriordb/", import.meta.url);
const present = existsSync(shared);
if (!present) console.warn("The posteriors are not checked: no ../shared/posteriordb.");

interface Point {
  readonly u: readonly number[];
  readonly lp: number;
  readonly grad: readonly number[];
}
const read = <T>(url: URL): T => JSON.parse(readFileSync(url, "utf8")) as T;
const fixture = new URL("fixtures/", import.meta.url);
const pointsOf = (name: string): Point[] =>
  read(name === "diamonds" ? new URL(`${name}.json`, fixture) : new URL(`gradients/${name}.json`, shared));

/** Stan's bernoulli_logit drops exp(-20) and less from each of 3020 logistic functions, of distances up to 340. */
const dropped: Readonly<Record<string, number>> = { wells_dist: 3020 * Math.exp(-20) };

describe.skipIf(!present)("posteriors agree with Stan", () => {
  it.each(posteriors.map((p) => [p.name, p] as const))("%s", (name, posterior) => {
    const f = valueAndGrad(posterior.logDensity(read<Data>(new URL(`${posterior.folder}/data.json`, shared))));
    const points = pointsOf(name);
    expect(points.length).toBeGreaterThan(1);
    const offsets = points.map(({ u, lp, grad }) => {
      const [value, gradient] = f(parametersOf(posterior, u));
      const size = Math.max(...grad.map(Math.abs));
      vectorOf(posterior, gradient).forEach((g, i) =>
        expect(Math.abs(g - grad[i]), `gradient ${i} at lp ${lp}`).toBeLessThan(
          1e-10 * size + (dropped[name] ?? 0) * 340,
        ),
      );
      return Number(value.toArray()) - lp;
    });
    const scale = Math.max(100, ...points.map(({ lp }) => Math.abs(lp)));
    for (const offset of offsets)
      expect(Math.abs(offset - offsets[0])).toBeLessThan(1e-11 * scale + (dropped[name] ?? 0));
  });
});
