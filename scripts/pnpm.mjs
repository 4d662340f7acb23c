// Runs one of the commands below from a clone that has only Node and npm.
// The pinned pnpm comes through npx; the last step is started directly, so that what it prints last is the last line.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const commands = {
  test: ["node_modules/vitest/vitest.mjs", "run"],
  // In Node and in Chromium; of what runs there on the built packages, the files whose path names it.
  "test:webgpu": ["node_modules/vitest/vitest.mjs", "run", "--project=webgpu*", "--project=browser", "webgpu"],
  tour: ["apps/tour/dist/main.js"],
  conformance: ["scripts/source.mjs", "packages/core/test/conformance/cli.ts"],
  bench: ["apps/bench/dist/main.js"],
};

const root = fileURLToPath(new URL("..", import.meta.url));
const { packageManager } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const [name, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(commands, name)) {
  console.error(`scripts/pnpm.mjs: unknown command ${name}. Known: ${Object.keys(commands).join(", ")}.`);
  process.exit(2);
}

const env = { ...process.env, TURBO_TELEMETRY_DISABLED: "1" };
const onWindows = process.platform === "win32"; // where npx is a .cmd file, which only a shell can start

/** Runs a program at the root and leaves with its exit status if that is not zero. */
function run(program, args, shell = false) {
  const { status, error } = spawnSync(program, args, { cwd: root, env, stdio: "inherit", shell });
  if (error) console.error(`scripts/pnpm.mjs: ${program} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

const pnpm = (...args) => run("npx", ["--yes", packageManager, ...args], onWindows);
pnpm("install", "--frozen-lockfile");
pnpm("run", "build");
run(process.execPath, [...commands[name], ...rest]);
