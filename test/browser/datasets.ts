import type { Plugin } from "vite";

const PACKAGE = "@cotangent/datasets";
const CARRIED = `\0${PACKAGE}`;

/** Data sets are read from files, which a page has not: there the package is its own functions with what they returned here. */
export const datasets = (): Plugin => ({
  name: "datasets",
  enforce: "pre",
  resolveId: (id) => (id === PACKAGE ? CARRIED : undefined),
  async load(id) {
    if (id !== CARRIED) return undefined;
    const { firstNames, penguins } = await import("@cotangent/datasets");
    return Object.entries({ firstNames, penguins })
      .map(([name, read]) => `export const ${name} = () => ${JSON.stringify(read())};\n`)
      .join("");
  },
});
