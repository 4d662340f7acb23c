import { describe, expect, test } from "vitest";
import { bars, heatmap, histogram, lines, logLog, scatter } from "../src/plots.js";

const options = { title: "A <title>", x: { label: "x", unit: "mm" }, y: { label: "mass & more", unit: "g" } };
const series = { name: "data <1>", x: [1, 2, 3], y: [10, 20, 15] };

describe("a chart", () => {
  test("is one svg that names its axes with their units and needs nothing outside it", () => {
    const svg = scatter([series], options);
    expect(svg).toMatch(/^<svg [^]*<\/svg>$/);
    expect(svg).toContain("x (mm)");
    expect(svg).toContain("mass &amp; more (g)");
    expect(svg).toContain('role="img"');
    expect(svg).not.toMatch(/href|https?:/);
  });

  test("is the same every time", () => {
    expect(lines([series], options)).toBe(lines([series], options));
  });

  test("has a legend where there is more than one thing to tell apart, its names escaped", () => {
    expect(lines([series], options)).not.toContain("data");
    const svg = lines([series], { ...options, rules: [{ name: "mean", axis: "y", at: 15 }] });
    expect(svg).toContain("data &lt;1&gt;");
    expect(svg).toContain("mean");
  });

  test("leaves out points that it cannot show", () => {
    const holes = { name: "holes", x: [1, 2, 3, 4], y: [1, Number.NaN, -1, 100] };
    expect(logLog([holes], options)).not.toContain("NaN");
    expect(logLog([holes], options).match(/<circle/g)).toHaveLength(2);
  });

  test("keeps years without commas and shows small numbers as powers of ten", () => {
    const svg = lines([{ name: "a", x: [1960, 2020], y: [0, 2e-5] }], options);
    expect(svg).toContain(">1980<");
    expect(svg).toContain("10⁻⁵");
  });

  test.each([
    ["no series", () => scatter([], options), "no series to show"],
    ["lengths that differ", () => lines([{ ...series, y: [1] }], options), "3 values of x and 1 of y"],
    ["no point to show", () => logLog([{ ...series, y: [0, -1, Number.NaN] }], options), '"data <1>" has no point'],
    ["no values", () => histogram([{ name: "a", values: [Number.NaN] }], options), "no finite values"],
    ["half a bin", () => histogram([{ name: "a", values: [1] }], { ...options, bins: 0.5 }), "bins is 0.5"],
    ["no bars", () => bars([], options), "no finite values"],
    ["a wrong shape", () => heatmap([1, 2, 3], { title: "m", rows: 2, columns: 2 }), "3 values for 2 x 2 cells"],
  ])("refuses %s", (_, draw, message) => {
    expect(draw).toThrow(message);
  });
});

describe("histogram", () => {
  test("counts every value, the largest too, or shows their density", () => {
    const values = [0, 0.5, 1, 1];
    const counted = histogram([{ name: "a", values }], { ...options, bins: 2 });
    expect(counted).toContain(">count<");
    expect(counted).toContain(">3<"); // [0, 0.5) holds one, [0.5, 1] three
    const curve = { name: "exact", x: [0, 1], y: [1, 1] };
    expect(histogram([{ name: "a", values }], { ...options, bins: 2, curves: [curve] })).toContain(">density<");
  });

  test("takes values that are all the same", () => {
    expect(histogram([{ name: "a", values: [2, 2] }], options)).toContain("<rect");
  });
});
