import { describe, expect, test } from "vitest";
import { co2, digits, firstNames, penguins } from "../src/index.js";
import { parseCo2 } from "../src/co2.js";
import { readPackageFile } from "../src/packageFile.js";
import { parsePenguins } from "../src/penguins.js";

describe("penguins", () => {
  const birds = penguins();

  test("holds the 333 complete records of palmerpenguins", () => {
    expect(birds).toHaveLength(333);
    expect(birds[0]).toEqual({
      species: "Adelie",
      island: "Torgersen",
      sex: "male",
      beakLength: 39.1,
      beakDepth: 18.7,
      flipperLength: 181,
      bodyMass: 3750,
    });
  });

  // Ranges of the complete rows, counted from the file once.
  test.each([
    ["beakLength", 32.1, 59.6],
    ["beakDepth", 13.1, 21.5],
    ["flipperLength", 172, 231],
    ["bodyMass", 2700, 6300],
  ] as const)("%s goes from %d to %d", (field, low, high) => {
    const values = birds.map((bird) => bird[field]);
    expect(values.every(Number.isFinite)).toBe(true);
    expect([Math.min(...values), Math.max(...values)]).toEqual([low, high]);
  });

  // 146 + 68 + 119 birds: the counts that palmerpenguins gives after drop_na().
  test.each([
    ["Adelie", 146],
    ["Chinstrap", 68],
    ["Gentoo", 119],
  ] as const)("has %s %d times", (species, count) => {
    expect(birds.filter((bird) => bird.species === species)).toHaveLength(count);
  });

  test("leaves out what is incomplete and refuses what is wrong", () => {
    const good = {
      Species: "Gentoo",
      Island: "Biscoe",
      "Beak Length (mm)": 50,
      "Beak Depth (mm)": 15,
      "Flipper Length (mm)": 220,
      "Body Mass (g)": 5000,
      Sex: "FEMALE",
    };
    expect(
      parsePenguins(JSON.stringify([good, { ...good, Sex: "." }, { ...good, "Body Mass (g)": null }])),
    ).toHaveLength(1);
    expect(() => parsePenguins(JSON.stringify([{ ...good, "Body Mass (g)": "heavy" }]))).toThrow(
      'penguins: complete record 0 has "heavy" for Body Mass (g), expected a positive number.',
    );
    expect(() => parsePenguins(JSON.stringify([{ ...good, Species: "Emperor" }]))).toThrow("Adelie, Chinstrap, Gentoo");
    expect(() => parsePenguins("{}")).toThrow("expected an array of records");
  });
});

describe("co2", () => {
  const months = co2();

  test("holds 741 months in order of time, from March 1958 to April 2020", () => {
    expect(months).toHaveLength(741);
    expect(months[0]).toEqual({ date: "1958-03-01", year: 1958 + 2.5 / 12, co2: 315.7 });
    expect(months[740]).toEqual({ date: "2020-04-01", year: 2020 + 3.5 / 12, co2: 416.18 });
    expect(months.every((month, i) => i === 0 || month.year > months[i - 1].year)).toBe(true);
  });

  test("lies between 313.21 and 416.18 ppm", () => {
    const values = months.map((month) => month.co2);
    expect(values.every(Number.isFinite)).toBe(true);
    expect([Math.min(...values), Math.max(...values)]).toEqual([313.21, 416.18]);
  });

  test.each(["1958-03-01,nothing", "1958-03-01,-99.99", "1958,315.7", "1958-03-01"])("refuses the line %s", (line) => {
    expect(() => parseCo2(`Date,CO2,adjusted CO2\n${line}\n`)).toThrow(`co2: line 2 is "${line}"`);
  });
});

describe("digits", () => {
  const { count, images, labels } = digits();

  test("holds 10,000 images of 784 pixels with their labels", () => {
    expect([count, images.length, labels.length]).toEqual([10_000, 7_840_000, 10_000]);
  });

  test("holds each class as often as the package does", () => {
    const counts = new Array<number>(10).fill(0);
    for (const label of labels) counts[label]++;
    expect(counts).toEqual([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978]);
  });

  test("has pixels from 0 to 1, and ink in every image", () => {
    const inRange = images.every((pixel) => pixel >= 0 && pixel <= 1); // false for NaN
    expect(inRange).toBe(true);
    const ink = Array.from(labels, (_, i) => images.subarray(784 * i, 784 * (i + 1)).some((pixel) => pixel > 0.5));
    expect(ink.every(Boolean)).toBe(true);
  });
});

describe("firstNames", () => {
  const names = firstNames();

  test("holds 8,403 names of 2 to 13 letters a to z, each once, sorted", () => {
    expect(names).toHaveLength(8403);
    expect(names.filter((name) => !/^[a-z]{2,13}$/.test(name))).toEqual([]);
    expect(names.every((name, i) => i === 0 || name > names[i - 1])).toBe(true);
    expect([names[0], names[8402]]).toEqual(["aaren", "zuzana"]);
  });
});

describe("a package that is missing", () => {
  test("is named with the data set and the command that installs it", () => {
    const file = { dataset: "penguins", package: "no-such-package", version: "3.2.1", path: "data/penguins.json" };
    expect(() => readPackageFile(file)).toThrow(
      "penguins: the data ships in the npm package no-such-package@3.2.1, which is not installed. " +
        "Run `npx pnpm@12 install` in a clone of this repository, or `npm install no-such-package@3.2.1` elsewhere.",
    );
  });

  test("or that lacks the file is named with the version that has it", () => {
    const file = { dataset: "penguins", package: "vega-datasets", version: "3.2.1", path: "data/puffins.json" };
    expect(() => readPackageFile(file)).toThrow(
      /package vega-datasets has no file data\/puffins\.json.*version 3\.2\.1/,
    );
  });
});
