import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { type Server, createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Page } from "./page.js";

/** What is used of the bundler and of the driver of browsers, which are installed with the peers and not with this repository. */
interface Esbuild {
  build(options: object): Promise<unknown>;
}
interface Playwright {
  chromium: { launch(options: object): Promise<PlaywrightBrowser> };
}
interface PlaywrightBrowser {
  version(): string;
  newPage(): Promise<PlaywrightPage>;
  close(): Promise<void>;
}
interface PlaywrightPage {
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  goto(url: string): Promise<unknown>;
  bringToFront(): Promise<void>;
  waitForFunction(expression: string): Promise<unknown>;
  evaluate<T>(f: (argument: readonly unknown[]) => Promise<T>, argument: readonly unknown[]): Promise<T>;
}

/** One library in a page of its own. */
export class LibraryPage {
  readonly #page: PlaywrightPage;
  /** Warnings and errors that the page printed, and what it threw outside of calls. */
  readonly complaints: string[] = [];

  constructor(page: PlaywrightPage) {
    this.#page = page;
    page.on("console", (m) => {
      if (["error", "warning"].includes(m.type())) this.complaints.push(m.text().split("\n")[0].slice(0, 300));
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
  }

  /** A method of the page's `bench`; the page is in front while it runs. */
  async call<K extends keyof Page>(method: K, ...args: Parameters<Page[K]>): Promise<Awaited<ReturnType<Page[K]>>> {
    await this.#page.bringToFront();
    return (await this.#page.evaluate(
      ([name, ...rest]) => {
        const { bench } = globalThis as unknown as {
          bench: Record<string, (...values: unknown[]) => Promise<unknown>>;
        };
        return bench[name as string](...rest);
      },
      [method, ...args],
    )) as Awaited<ReturnType<Page[K]>>;
  }
}

const types: Readonly<Record<string, string>> = { ".js": "text/javascript", ".html": "text/html" };

/** Headless Chromium with WebGPU (on its software adapter where there is no GPU), and a server of bundles on this machine. */
export class Browser {
  readonly version: string;
  readonly #esbuild: Esbuild;
  readonly #browser: PlaywrightBrowser;
  readonly #server: Server;
  readonly #folder: string;
  readonly #peers: string;

  private constructor(peers: string, esbuild: Esbuild, browser: PlaywrightBrowser, server: Server, folder: string) {
    this.#peers = peers;
    this.#esbuild = esbuild;
    this.#browser = browser;
    this.#server = server;
    this.#folder = folder;
    this.version = browser.version();
  }

  /** @param peers the folder where the peers are installed. */
  static async start(peers: string): Promise<Browser> {
    const resolve = createRequire(`${peers}/package.json`).resolve;
    const load = async (name: string): Promise<unknown> => {
      const module = (await import(pathToFileURL(resolve(name)).href)) as { default?: unknown };
      return module.default ?? module;
    };
    const [esbuild, playwright] = [(await load("esbuild")) as Esbuild, (await load("playwright-core")) as Playwright];
    const folder = mkdtempSync(join(tmpdir(), "cotangent-bench-"));
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? "/", "http://bench").pathname;
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
      response.setHeader("Content-Type", types[extname(path)] ?? "text/html");
      if (extname(path) === "")
        return response.end(
          `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${path}.js"></script>`,
        );
      const file = join(folder, path);
      if (existsSync(file)) return createReadStream(file).pipe(response);
      response.statusCode = 404;
      return response.end();
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const browser = await playwright.chromium.launch({
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      headless: true,
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-unsafe-webgpu",
      ],
    });
    return new Browser(peers, esbuild, browser, server, folder);
  }

  /** The page of `PEER_peer.mjs`. */
  async open(peer: string, backend: string): Promise<LibraryPage> {
    const name = `${peer}-${backend}`;
    await this.#esbuild.build({
      stdin: {
        resolveDir: this.#peers,
        contents: `import { make } from "./${peer}_peer.mjs"; import * as lib from "./lib.mjs";
          import { servePage } from ${JSON.stringify(fileURLToPath(new URL("page.js", import.meta.url)))};
          globalThis.bench = servePage(make, lib, ${JSON.stringify(backend)});`,
      },
      bundle: true,
      format: "esm",
      splitting: true,
      outdir: this.#folder,
      entryNames: name,
      chunkNames: `${name}-[hash]`,
      logLevel: "error",
      target: "es2024",
      loader: { ".wasm": "file" },
    });
    const page = await this.#browser.newPage();
    const library = new LibraryPage(page);
    await page.goto(`http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`);
    await page.waitForFunction("globalThis.bench !== undefined");
    return library;
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
