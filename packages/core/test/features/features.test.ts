import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as debug from "../../src/debug/index.js";
import * as root from "../../src/index.js";
import { groups } from "./data.js";
import { markdown } from "./markdown.js";
import { page } from "./write.js";

const api = { ...root, ...debug };

/** Every function that users can call, and the functions of namespaces by their full name; not the classes of errors. */
function publicFunctions(): string[] {
  return Object.entries(api).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === "function") return value.prototype instanceof Error ? [] : [name];
    return typeof value === "object" && value !== null ? Object.keys(value).map((inner) => `${name}.${inner}`) : [];
  });
}

it("every public function has one row in data.ts, and every row a function", () => {
  const listed = groups.flatMap((g) => g.features.map((f) => f.name));
  const [rows, exported] = [new Set(listed), new Set(publicFunctions())];
  const fix = "in packages/core/test/features/data.ts, then run npm run features";
  const twice = listed.filter((name, i) => listed.indexOf(name) !== i);
  expect(twice, `one row too many ${fix}`).toEqual([]);
  expect(
    [...exported].filter((name) => !rows.has(name)),
    `add a row for each of these ${fix}`,
  ).toEqual([]);
  expect(
    [...rows].filter((name) => !exported.has(name)),
    `nothing exports these: remove or rename their rows ${fix}`,
  ).toEqual([]);
});

it("what is partial has a note, and nothing that we have is listed as missing", () => {
  const named = new Set(publicFunctions());
  for (const { features, missing } of groups) {
    for (const f of features)
      if ([f.jax, f.jaxjs, f.tfjs].some((p) => p?.startsWith("~"))) expect(f.note, f.name).toBeTruthy();
    for (const m of missing) expect(named.has(m.name), m.name).toBe(false);
  }
});

it("FEATURES.md is what `npm run features` writes", () => {
  expect(readFileSync(page, "utf8"), "run npm run features").toBe(markdown());
});
