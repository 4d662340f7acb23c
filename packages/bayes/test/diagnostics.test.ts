import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Chains } from "../src/diagnostics/chains.js";
import { ebfmi } from "../src/diagnostics/ebfmi.js";
import { essBulk, essMean, essQuantile, essSd, essTail } from "../src/diagnostics/ess.js";
import { betaQuantile } from "../src/diagnostics/incompleteBeta.js";
import { mcseMean, mcseQuantile, mcseSd } from "../src/diagnostics/mcse.js";
import { meanOf, varianceOf } from "../src/diagnostics/moments.js";
import { normalQuantile } from "../src/diagnostics/normalQuantile.js";
import { quantile } from "../src/diagnostics/quantile.js";
import { rhat, rhatBasic } from "../src/diagnostics/rhat.js";
import { summarize } from "../src/diagnostics/table.js";

type Recorded = number | "NaN" | "Infinity" | "-Infinity";
interface Fixture {
  readonly source: string;
  readonly normal: { readonly p: number[]; readonly z: number[] };
  readonly beta: { readonly a: number[]; readonly b: number[]; readonly p: number[]; readonly x: number[] };
  readonly cases: readonly {
    readonly name: string;
    readonly expected: Record<string, Recorded>;
    readonly chains: Recorded[][];
  }[];
}
const fixture = JSON.parse(readFileSync(new URL("fixtures/diagnostics.json", import.meta.url), "utf8")) as Fixture;

/** Relative error; 0 where both are the same special value. */
const error = (got: number, want: number): number =>
  Object.is(got, want) || got === want ? 0 : Math.abs(got - want) / Math.abs(want);

const pooled = (chains: Chains): Float64Array => Float64Array.from(chains.flatMap((chain) => Array.from(chain)));
const functions: Record<string, (chains: Chains) => number> = {
  rhat,
  rhat_basic: rhatBasic,
  ess_bulk: essBulk,
  ess_tail: essTail,
  ess_mean: essMean,
  ess_sd: essSd,
  ess_q05: (chains) => essQuantile(chains, 0.05),
  ess_q50: (chains) => essQuantile(chains, 0.5),
  ess_q100: (chains) => essQuantile(chains, 1),
  mcse_mean: mcseMean,
  mcse_sd: mcseSd,
  mcse_q05: (chains) => mcseQuantile(chains, 0.05),
  mcse_q50: (chains) => mcseQuantile(chains, 0.5),
  mcse_q95: (chains) => mcseQuantile(chains, 0.95),
  mean: (chains) => meanOf(pooled(chains)),
  sd: (chains) => Math.sqrt(varianceOf(pooled(chains))),
  q05: (chains) => quantile(chains, 0.05),
  q50: (chains) => quantile(chains, 0.5),
  q95: (chains) => quantile(chains, 0.95),
};

describe.each(fixture.cases)(`$name: as in ${fixture.source.slice(0, 25)}`, ({ expected, chains }) => {
  const draws = chains.map((chain) => Float64Array.from(chain, Number));
  it.each(Object.entries(expected))("%s = %s", (name, want) => {
    expect(error(functions[name](draws), Number(want))).toBeLessThan(1e-10);
  });
});

it("normal quantiles as in R", () => {
  for (const [i, p] of fixture.normal.p.entries())
    expect(error(normalQuantile(p), fixture.normal.z[i])).toBeLessThan(1e-14);
});

it("beta quantiles as in R", () => {
  const { a, b, p, x } = fixture.beta;
  // log Gamma(20000) is about 1.8e5, whose last bit is worth a relative 3e-11 of the density; there are three of them.
  for (const i of a.keys()) expect(error(betaQuantile(p[i], a[i], b[i]), x[i]), `${a[i]}, ${b[i]}`).toBeLessThan(1e-10);
});

describe("energy fraction", () => {
  it("by hand: energies 1, 2, 4 have changes 1, 2 and deviations summing to 14/3", () => {
    const [first, second] = ebfmi([Float64Array.of(1, 2, 4), Float64Array.of(1, -1, 1)]);
    expect(first).toBeCloseTo(5 / (14 / 3), 14);
    expect(second).toBeCloseTo(8 / (8 / 3), 14);
  });
  it("is NaN for equal energies", () => {
    expect(ebfmi([Float64Array.of(3, 3)])[0]).toBeNaN();
  });
});

describe("summary table", () => {
  const { chains } = fixture.cases[0];
  const draws = chains.map((chain) => Float64Array.from(chain, Number));
  const constant = draws.map((chain) => chain.map(() => 2));
  it("prints aligned columns", () => {
    expect(
      `\n${String(
        summarize([
          { name: "mu", chains: draws },
          { name: "constant", chains: constant },
        ]),
      )}`,
    ).toMatchInlineSnapshot(`
      "
                 mean     sd     mcse      5%    50%    95%  ess_bulk  ess_tail  r_hat
      mu        0.138  1.020  0.07304  -1.568  0.140  1.711       195       235  1.011
      constant  2.000   0.00      NaN   2.000  2.000  2.000       NaN       NaN    NaN"
    `);
  });
  it("keeps the numbers", () => {
    const [row] = summarize([{ name: "mu", chains: draws }]).rows;
    expect(row).toEqual({
      name: "mu",
      mean: meanOf(pooled(draws)),
      sd: Math.sqrt(varianceOf(pooled(draws))),
      mcse: mcseMean(draws),
      q5: quantile(draws, 0.05),
      q50: quantile(draws, 0.5),
      q95: quantile(draws, 0.95),
      essBulk: essBulk(draws),
      essTail: essTail(draws),
      rhat: rhat(draws),
    });
  });
  it("names the quantity in errors", () => {
    expect(() => summarize([{ name: "tau", chains: [Float64Array.of(Number.NaN)] }])).toThrow(
      /summarize of "tau": .*NaN at draw 0/,
    );
  });
});

describe("errors", () => {
  const all: Record<string, (chains: Chains) => unknown> = {
    rhat,
    rhatBasic,
    essBulk,
    essTail,
    essMean,
    essSd,
    mcseMean,
    mcseSd,
    ebfmi,
    essQuantile: (chains) => essQuantile(chains, 0.5),
    mcseQuantile: (chains) => mcseQuantile(chains, 0.5),
    quantile: (chains) => quantile(chains, 0.5),
  };
  it.each(Object.entries(all))("%s refuses empty, ragged and NaN chains by name", (name, f) => {
    expect(() => f([])).toThrow(`${name}: argument chains has 0 chains`);
    expect(() => f([new Float64Array(0)])).toThrow(`${name}: argument chains has 1 chains of 0 draws`);
    expect(() => f([new Float64Array(3), new Float64Array(4)])).toThrow(
      `${name}: argument chains has 4 draws in chain 1, expected 3`,
    );
    expect(() => f([Float64Array.of(1, 2), Float64Array.of(1, Number.NaN)])).toThrow(
      `${name}: argument chains is NaN at draw 1 of chain 1`,
    );
    expect(() => f(new Float64Array(3) as unknown as Chains)).toThrow(
      `${name}: argument chains is a single typed array`,
    );
  });
  it.each([-0.1, 1.1, Number.NaN])("probability %d is refused", (p) => {
    for (const f of [quantile, essQuantile, mcseQuantile])
      expect(() => f([Float64Array.of(1, 2)], p)).toThrow(/argument probability is .*0 to 1.*Divide/);
  });
});
