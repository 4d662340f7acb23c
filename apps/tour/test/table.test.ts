import { describe, expect, test } from "vitest";
import { numberText } from "../src/numberText.js";
import type { Outcome } from "../src/outcome.js";
import { renderTable } from "../src/table.js";
import { sampleResult } from "./sampleChapters.js";

const passed: Outcome = { chapter: { number: 1, title: "Data" }, seconds: 3.21, ended: { result: sampleResult(1) } };
const stopped: Outcome = { chapter: { number: 10, title: "Local learning" }, seconds: 0.04, ended: { error: "no" } };

describe("the table", () => {
  test("stands in columns", () => {
    expect(renderTable([passed, stopped])).toMatchInlineSnapshot(`
      "    chapter         what                                ours  baseline                result   time
      ──  ──────────────  ───────────────────────────────  ───────  ──────────────────────  ──────  ─────
       1  Data            held-out RMSE (lower is better)  287.1 g  least squares: 301.5 g  passed  3.2 s
                                                                    mean: 801.0 g
      10  Local learning  stopped with an error                                             FAILED  0.0 s
      "
    `);
  });

  test("fits a narrow terminal as far as whole words allow", () => {
    expect(renderTable([passed, stopped], { columns: 80 })).toMatchInlineSnapshot(`
      "    chapter         what                  ours  baseline           result   time
      ──  ──────────────  ─────────────────  ───────  ─────────────────  ──────  ─────
       1  Data            held-out RMSE      287.1 g  least squares:     passed  3.2 s
                          (lower is better)           301.5 g
                                                      mean: 801.0 g
      10  Local learning  stopped with an                                FAILED  0.0 s
                          error
      "
    `);
  });

  test("has colour codes only when asked for", () => {
    const escape = "\u001b[";
    expect(renderTable([stopped])).not.toContain(escape);
    expect(renderTable([stopped], { color: true })).toContain(`${escape}31m`);
  });
});

describe("numberText", () => {
  test.each([
    [287.1234, "287.1"],
    [0.5, "0.5000"],
    [1960, "1960"],
    [5000, "5000"],
    [9999.7, "10,000"],
    [12_345.6, "12,346"],
    [100, "100"],
    [0, "0"],
    [-3.25, "−3.250"],
    [0.00012345, "0.0001234"],
    [1.5e-8, "1.5×10⁻⁸"],
    [1e-9, "10⁻⁹"],
    [-1e12, "−10¹²"],
    [Number.NaN, "not a number"],
    [-Infinity, "−∞"],
  ])("writes %d as %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  test("sets the unit behind", () => {
    expect(numberText(97.25, "%")).toBe("97.25 %");
  });
});
