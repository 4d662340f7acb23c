// node scripts/source.mjs FILE [ARGUMENT...]: runs `main(arguments, print)` of a TypeScript file of this repository; vite strips the types.
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const [file, ...rest] = process.argv.slice(2);
const { module } = await runnerImport(root + file, { root, configFile: false });
process.exitCode = module.main(rest, (line) => console.log(line));
