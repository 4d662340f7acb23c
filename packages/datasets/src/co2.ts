import { readPackageFile } from "./packageFile.js";

/** The carbon dioxide in the air at Mauna Loa in one month. */
export interface Co2Month {
  /** First day of the month, as `1958-03-01`. */
  readonly date: string;
  /** Middle of the month, to which the value is adjusted, in years: 1958.2083 for March 1958. */
  readonly year: number;
  /** Mole fraction of carbon dioxide in dry air, in parts per million. */
  readonly co2: number;
}

/**
 * The monthly carbon dioxide record of Mauna Loa: 741 months from March 1958 to April 2020, in order of time.
 *
 * Five months of 1958 and 1964 have no measurement and are left out, as in the file. The season is left in: it is not the
 * seasonally adjusted series.
 *
 * @returns one object for each month
 * @throws Error if vega-datasets is not installed or its file is not as expected
 *
 * Source: Keeling et al., Scripps CO2 Program (scrippsco2.ucsd.edu), by way of vega-datasets. Licence of the data:
 * CC BY 4.0, so name the Scripps CO2 Program where you show it.
 *
 * ```ts
 * co2()[0]; // { date: "1958-03-01", year: 1958.2083, co2: 315.7 }
 * ```
 */
export function co2(): Co2Month[] {
  const file = { dataset: "co2", package: "vega-datasets", version: "3.2.1", path: "data/co2-concentration.csv" };
  return parseCo2(readPackageFile(file));
}

/**
 * The months of a file in the form of `co2-concentration.csv`.
 *
 * @param csv columns Date (first of a month), CO2 and adjusted CO2, below one line of names
 * @throws Error naming the first line that is not a date and a positive number
 */
export function parseCo2(csv: string): Co2Month[] {
  const lines = csv.trim().split(/\r?\n/).slice(1);
  return lines.map((line, index) => {
    const [date, value] = line.split(",");
    const month = /^(\d{4})-(\d\d)-01$/.exec(date ?? "");
    const fraction = Number(value);
    if (month === null || !(fraction > 0) || !Number.isFinite(fraction))
      throw new Error(
        `co2: line ${index + 2} is "${line}", expected the first of a month and a positive number, as "1958-03-01,315.70". ` +
          "Reinstall vega-datasets 3.2.1.",
      );
    return { date: month[0], year: Number(month[1]) + (Number(month[2]) - 0.5) / 12, co2: fraction };
  });
}
