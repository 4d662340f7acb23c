// Packs every public package as it would be published, installs the tarballs into an empty project outside the tree,
// then runs and typechecks a small program there: what a user gets, with nothing of the workspace within reach.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const onWindows = process.platform === "win32"; // where npm and npx are .cmd files, which only a shell can start
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** Runs a program; prints what it said, and throws, only if it fails. */
function run(cwd, program, args, shell = false) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, shell, encoding: "utf8" });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ended with ${status}.\n${stdout}${stderr}`);
  return stdout;
}

const { packageManager } = readJson(join(root, "package.json"));
const folders = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name));
const names = [];
const project = mkdtempSync(join(tmpdir(), "cotangent-pack-"));
try {
  for (const folder of folders) {
    const { name, private: isPrivate } = readJson(join(folder, "package.json"));
    if (isPrivate) continue;
    names.push(name);
    run(folder, "npx", ["--yes", packageManager, "pack", "--pack-destination", project], onWindows);
  }

  const tarballs = readdirSync(project).filter((file) => file.endsWith(".tgz"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
  run(project, "npm", ["install", "--no-audit", "--no-fund", ...tarballs.map((file) => `./${file}`)], onWindows);

  for (const name of names) {
    const { exports } = readJson(join(project, "node_modules", name, "package.json"));
    if (JSON.stringify(exports).includes("@cotangent/source"))
      throw new Error(
        `${name}: the published exports still have the @cotangent/source condition. Give publishConfig.exports.`,
      );
  }

  const program = `${names.map((name, i) => `import * as package${i} from "${name}";`).join("\n")}
import { grad, tensor, type Tensor } from "@cotangent/core";
for (const exported of [${names.map((_, i) => `package${i}`).join(", ")}])
  if (Object.keys(exported).length === 0) throw new Error("a package exports nothing");
const slope: number[] = Array.from(await grad((x: Tensor) => x.mul(x).sum())(tensor([1, 2, 3])).data());
if (slope.join() !== "2,4,6") throw new Error("grad of sum(x * x) at [1, 2, 3] gave " + slope.join());
`;
  writeFileSync(join(project, "consumer.ts"), program);
  const compilerOptions = {
    target: "ES2023",
    module: "NodeNext",
    lib: ["ES2023", "DOM"],
    types: [],
    strict: true,
    outDir: ".",
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
  run(project, process.execPath, [join(root, "node_modules/typescript/bin/tsc")]);
  run(project, process.execPath, ["consumer.js"]);
  console.log(`Installed from their tarballs, typechecked and ran: ${names.join(", ")}.`);
} finally {
  rmSync(project, { recursive: true, force: true });
}
