// npm run conformance -- opinfo FILE: runs recorded samples against the source of core (vite strips the types).
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const { module } = await runnerImport(`${root}packages/core/test/conformance/cli.ts`, { root, configFile: false });
process.exitCode = module.main(process.argv.slice(2), (line) => console.log(line));
