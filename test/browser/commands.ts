import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "vite";
import type {} from "@vitest/browser-playwright";
import type { BrowserCommand } from "vitest/node";
import type { Digests } from "./programs.js";

/* What a browser test asks of the machine that it runs on. */

/** What a page without the right to compile has to say. */
export interface PolicyReport {
  /** The error of compiling the smallest wasm module, and of `eval`; null where it was allowed. */
  readonly wasm: string | null;
  readonly code: string | null;
  /** What the policy stopped while the programs ran. */
  readonly violations: readonly string[];
  readonly digests: Digests;
}

declare module "vitest/browser" {
  interface BrowserCommands {
    digestsInNode: () => Promise<Digests>;
    digestsUnderPolicy: () => Promise<PolicyReport>;
  }
}

let bundle: Promise<string> | undefined;
/** `programs.ts` and what it needs of the built core, as one module: Node and the page without wasm run the same text. */
const bundled = (): Promise<string> =>
  (bundle ??= build({
    configFile: false,
    logLevel: "silent",
    build: {
      write: false,
      minify: false,
      lib: { entry: fileURLToPath(new URL("programs.ts", import.meta.url)), formats: ["es"] },
    },
  }).then((built) => {
    const [output] = [built].flat();
    if (output === undefined || !("output" in output)) throw new Error("vite built nothing");
    return output.output[0].code;
  }));

export const digestsInNode: BrowserCommand<[]> = async () => {
  const folder = await mkdtemp(join(tmpdir(), "cotangent-"));
  try {
    const file = join(folder, "programs.mjs");
    await writeFile(file, `${await bundled()}\nconsole.log(JSON.stringify(digests()));\n`);
    const { stdout } = await promisify(execFile)(process.execPath, [file]);
    return JSON.parse(stdout) as Digests;
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** Neither wasm nor `eval` nor blobs: only files of the server itself. */
const POLICY = "default-src 'none'; script-src 'self'";
const PAGE = `<!doctype html><title>policy</title><script type="module" src="/page.js"></script>`;
const SCRIPT = `
const violations = [];
const attempt = (f) => {
  try {
    f();
    return null;
  } catch (error) {
    return error.name + ": " + error.message;
  }
};
const code = attempt(() => (0, eval)("1"));
const wasm = attempt(() => new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
document.addEventListener("securitypolicyviolation", (e) => violations.push(e.effectiveDirective + " " + e.blockedURI));
// What the attempts above are reported for arrives first.
await new Promise((done) => setTimeout(done, 100));
violations.length = 0;
const { digests } = await import("/programs.js");
const result = digests();
await new Promise((done) => setTimeout(done, 100));
console.info(JSON.stringify({ wasm, code, violations, digests: result }));
`;

export const digestsUnderPolicy: BrowserCommand<[]> = async ({ context }) => {
  const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
    "/": ["text/html", PAGE],
    "/page.js": ["text/javascript", SCRIPT],
    "/programs.js": ["text/javascript", await bundled()],
  };
  const server = createServer((request, response) => {
    const [type, text] = files[request.url ?? ""] ?? [];
    response.writeHead(text === undefined ? 404 : 200, {
      "content-type": type ?? "text/plain",
      "content-security-policy": POLICY,
    });
    response.end(text);
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const page = await context.newPage();
  try {
    const reported = new Promise<string>((resolve, reject) => {
      page.on("pageerror", reject);
      page.on("console", (message) => {
        if (message.type() === "info") resolve(message.text());
      });
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return JSON.parse(await reported) as PolicyReport;
  } finally {
    await page.close();
    server.close();
  }
};
