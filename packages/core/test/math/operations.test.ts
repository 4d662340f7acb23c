import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as core from "../../src/index.js";
import { type Tensor, tensor } from "../../src/index.js";
import { groups } from "../features/data.js";
import { table } from "../operations/sweepTable.js";
import { covered, exact, operations } from "./operationBounds.js";
import { ulps } from "./ulps.js";

/*
 * The public elementwise operations against mpmath (grids/operations.py): subnormals, infinities, NaN and signs of zero included; and the
 * audit that none lacks a grid.
 */
type Rows = readonly (readonly (number | string)[])[];
const grids = JSON.parse(readFileSync(new URL("grids/operations.json", import.meta.url), "utf8")) as Readonly<
  Record<string, Readonly<Record<"f32" | "f64", Rows>>>
>;

const callOf = (name: string): ((...xs: Tensor[]) => Tensor) =>
  (core as unknown as Record<string, (...xs: Tensor[]) => Tensor>)[name];

describe.each(Object.keys(grids))("%s", (name) => {
  const { f = callOf(name), alias = [], scale = () => 0, unsignedZero = false, ...bounds } = operations[name];
  test.each(["f32", "f64"] as const)("%s: within its bound, the same under jit", (dtype) => {
    const rows = grids[name][dtype].map((row) => row.map(Number));
    const arity = grids[name].f32[0].length - 1;
    const inputs = Array.from({ length: arity }, (_, k) =>
      tensor(
        rows.map((row) => row[k]),
        { dtype },
      ),
    );
    const actual = f(...inputs).toArray() as number[];
    for (const g of [core.jit(f), ...alias.map(callOf)]) expect(g(...inputs).toArray()).toEqual(actual);
    const misses = rows
      .map((row, i) => {
        const x = row.slice(0, arity);
        const [expected, rest = 0] = row.slice(arity);
        return { x, actual: actual[i], expected, ulps: ulps(dtype, actual[i], expected, rest, scale(...x)) };
      })
      .filter((row) => !(row.ulps <= bounds[dtype]) && !(unsignedZero && row.actual === 0 && row.expected === 0));
    expect(misses).toEqual([]);
  });
});

test("every elementwise operation has a grid, or a reason to need none", () => {
  const titles = ["Elementwise arithmetic", "Elementary functions", "Activations", "Special functions"];
  const listed = titles.flatMap((title) => groups.find((group) => group.title === title)?.features ?? []);
  expect(listed.length).toBeGreaterThan(100);
  const names = new Set([...listed, ...table.filter((row) => row.elementwise)].map((row) => row.name));
  const files = readdirSync(new URL("grids", import.meta.url)).map((file) => file.replace(/\.json$/, ""));
  const withGrid = new Set([
    ...files,
    ...Object.keys(covered),
    ...Object.keys(grids),
    ...Object.values(operations).flatMap((operation) => operation.alias ?? []),
  ]);
  expect(
    [...names].filter((name) => !withGrid.has(name) && !(name in exact)),
    "record a grid in grids/operations.py, or give the reason in operationBounds.ts",
  ).toEqual([]);
  expect(
    Object.keys(exact).filter((name) => !names.has(name) || withGrid.has(name)),
    "has a grid, or is no operation: its reason in operationBounds.ts is out of date",
  ).toEqual([]);
  const special = JSON.parse(readFileSync(new URL("grids/special.json", import.meta.url), "utf8")) as {
    grid: Record<string, unknown>;
    specials: Record<string, unknown>;
  };
  const recorded = { ...special.grid, ...special.specials };
  expect(Object.values(covered).filter((key) => !(key in recorded))).toEqual([]);
});
