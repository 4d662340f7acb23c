import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdown } from "./markdown.js";

/** Where the page is. */
export const page: string = fileURLToPath(new URL("../../FEATURES.md", import.meta.url));

export function main(print: (line: string) => void): void {
  writeFileSync(page, markdown());
  print(`wrote ${page}`);
}
