import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { markdown } from "./markdown.js";

/** Where the page is. */
export const page: string = fileURLToPath(new URL("../../FEATURES.md", import.meta.url));

export function main(_: readonly string[], print: (line: string) => void): number {
  writeFileSync(page, markdown());
  print(`wrote ${page}`);
  return 0;
}
