import { readPackageFile } from "./packageFile.js";

/** Species, in alphabetical order. */
export type Species = "Adelie" | "Chinstrap" | "Gentoo";

/** Island of the Palmer Archipelago on which the bird was measured. */
export type Island = "Biscoe" | "Dream" | "Torgersen";

/** One penguin with nothing missing. */
export interface Penguin {
  readonly species: Species;
  readonly island: Island;
  readonly sex: "female" | "male";
  /** Length of the beak (culmen) in mm. */
  readonly beakLength: number;
  /** Depth of the beak (culmen) in mm. */
  readonly beakDepth: number;
  /** Length of a flipper in mm. */
  readonly flipperLength: number;
  /** Body mass in g. */
  readonly bodyMass: number;
}

/**
 * The 333 Palmer penguins whose record is complete, in the order of the file (sorted by species: shuffle before a split).
 *
 * Of the 344 records, 2 have no measurements and 9 no usable sex.
 *
 * @returns one object for each penguin
 * @throws Error if vega-datasets is not installed or its file is not as expected
 *
 * Source: Gorman, Williams and Fraser (2014), PLoS ONE 9(3): e90081, Palmer Station LTER, by way of palmerpenguins and
 * vega-datasets. Licence of the data: CC0 1.0.
 *
 * ```ts
 * penguins()[0].bodyMass; // 3750
 * ```
 */
export function penguins(): Penguin[] {
  const file = { dataset: "penguins", package: "vega-datasets", version: "3.2.1", path: "data/penguins.json" };
  return parsePenguins(readPackageFile(file));
}

/**
 * The complete records of a file in the form of `penguins.json`.
 *
 * @param json array of records
 * @throws Error naming the record that is complete but holds a value that does not belong there
 */
export function parsePenguins(json: string): Penguin[] {
  const records: unknown = JSON.parse(json);
  if (!Array.isArray(records))
    throw new Error(
      `penguins: the file holds ${typeof records}, expected an array of records. Reinstall vega-datasets.`,
    );
  return records.filter(isComplete).map(toPenguin);
}

const columns = {
  "Beak Length (mm)": "beakLength",
  "Beak Depth (mm)": "beakDepth",
  "Flipper Length (mm)": "flipperLength",
  "Body Mass (g)": "bodyMass",
} as const;

const categories = {
  Species: ["Adelie", "Chinstrap", "Gentoo"],
  Island: ["Biscoe", "Dream", "Torgersen"],
  Sex: ["FEMALE", "MALE"],
} as const;

type Row = Readonly<Record<string, unknown>>;

// One record has "." for the sex: unknown, like null.
function isComplete(record: Row): boolean {
  const names = [...Object.keys(columns), ...Object.keys(categories)];
  return names.every((name) => record[name] !== null && record[name] !== undefined && record[name] !== ".");
}

function toPenguin(record: Row, index: number): Penguin {
  for (const name of Object.keys(columns)) {
    const value = record[name];
    if (typeof value !== "number" || !(value > 0)) throw unexpected(index, name, value, "a positive number");
  }
  for (const [name, allowed] of Object.entries(categories)) {
    const value = record[name];
    if (!(allowed as readonly unknown[]).includes(value)) throw unexpected(index, name, value, allowed.join(", "));
  }
  const measurements = Object.fromEntries(Object.entries(columns).map(([name, field]) => [field, record[name]]));
  return {
    species: record["Species"],
    island: record["Island"],
    sex: record["Sex"] === "MALE" ? "male" : "female",
    ...measurements,
  } as Penguin; // checked above, field by field
}

function unexpected(index: number, name: string, value: unknown, expected: string): Error {
  return new Error(
    `penguins: complete record ${index} has ${JSON.stringify(value)} for ${name}, expected ${expected}. ` +
      "Reinstall vega-datasets 3.2.1.",
  );
}
