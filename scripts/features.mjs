// npm run features: writes packages/core/FEATURES.md from its data file (vite strips the types).
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const { module } = await runnerImport(`${root}packages/core/test/features/write.ts`, { root, configFile: false });
module.main((line) => console.log(line));
