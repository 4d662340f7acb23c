import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the peers: `shared/bench` copied, its packages installed by the first run, and this checkout as one more peer. */
export class Peers {
  readonly folder: string = `${fileURLToPath(new URL("..", import.meta.url))}.peers`;

  constructor() {
    const { folder } = this;
    const source = fileURLToPath(new URL("../../../../shared/bench", import.meta.url));
    if (!existsSync(source))
      fail("the peers' scripts (shared/bench) are not beside this checkout, so there is nothing to compare with.");
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(source))
      cpSync(`${source}/${name}`, `${folder}/${name}`, { force: true, recursive: true });
    if (!existsSync(`${folder}/node_modules`)) {
      console.log("Installing the peers (once) ...");
      this.run("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock"], "inherit");
    }
    const peerModule = fileURLToPath(new URL("peer.js", import.meta.url));
    writeFileSync(
      `${folder}/cotangent_peer.mjs`,
      `import * as lib from "./lib.mjs";\nimport { makePeer } from ${JSON.stringify(peerModule)};\nexport const make = (backend, { idle }) => makePeer(lib, "this checkout", backend, idle);\n`,
    );
  }

  /** What a program that runs there prints. */
  run(command: string, args: readonly string[], out: "inherit" | "pipe"): string {
    const { status, stdout, error } = spawnSync(command, args, {
      cwd: this.folder,
      stdio: ["ignore", out, "inherit"],
      encoding: "utf8",
      maxBuffer: 2 ** 26,
    });
    if (error !== undefined) fail(`${command} did not start: ${error.message}`);
    if (status !== 0) fail(`${command} ${args.join(" ")} ended with status ${status}.`);
    return stdout ?? "";
  }
}

export function fail(message: string): never {
  console.error(`bench: ${message}`);
  process.exit(1);
}
