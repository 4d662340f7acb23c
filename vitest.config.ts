// unit and types see the source of the packages; integration and browser see what was built, as a user would.
import { accessSync, constants } from "node:fs";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { digestsInNode, digestsUnderPolicy } from "./test/browser/commands.js";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
const browserTests = "**/*.browser.test.ts";
const memoryTests = "packages/*/test/memory/**/*.test.ts";

const source = "@cotangent/source";

const unit: TestProjectInlineConfiguration = {
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: "unit",
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
    exclude: [browserTests, memoryTests, "**/node_modules/**"],
    testTimeout: 30_000,
  },
};

// Whether synchronous loops leave anything behind: one file after the other, with a collector that can be called.
const memory: TestProjectInlineConfiguration = {
  ...unit,
  test: {
    name: "memory",
    include: [memoryTests],
    pool: "forks",
    execArgv: ["--expose-gc"],
    fileParallelism: false,
    testTimeout: 60_000,
  },
};

const integration: TestProjectInlineConfiguration = {
  test: {
    name: "integration",
    include: ["test/**/*.test.ts"],
    exclude: [browserTests, "**/node_modules/**"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Node loads what was built, as it would for a user; only the tests themselves go through vite.
    server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
  },
};

// vitest runs tsc over the *.test-d.ts files, which are never executed, and reports a type error at the test it is in.
const types: TestProjectInlineConfiguration = {
  test: {
    name: "types",
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: ["packages/*/test/**/*.test-d.ts"],
      tsconfig: "./tsconfig.types.json",
    },
  },
};

const browser: TestProjectInlineConfiguration = {
  // test/ depends on every package, so bare imports (and what is bundled ahead) resolve from there.
  root: fileURLToPath(new URL("test", import.meta.url)),
  // Threads need an isolated page.
  server: {
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  },
  test: {
    name: "browser",
    include: [browserTests, `../packages/*/test/${browserTests}`],
    testTimeout: 60_000,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      instances: [{ browser: "chromium" }],
      commands: { digestsInNode, digestsUnderPolicy },
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: [
            "--no-sandbox",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // Compute shaders on a software adapter, where there is no GPU.
            "--enable-unsafe-webgpu",
            "--use-webgpu-adapter=swiftshader",
            "--enable-features=Vulkan",
          ],
        },
      }),
    },
  },
};

/** Whether browser tests can run here; throws where they must. */
function browserIsPresent(): boolean {
  try {
    accessSync(chromium, constants.X_OK);
    return true;
  } catch {
    const message = `no executable Chromium at ${chromium} (set CHROMIUM to name another)`;
    if (process.env["COTANGENT_REQUIRE_BROWSER"] === "1") throw new Error(`Browser tests are required: ${message}.`);
    console.warn(`Browser tests are left out: ${message}.`);
    return false;
  }
}

export default defineConfig({
  test: {
    projects: browserIsPresent() ? [unit, memory, types, integration, browser] : [unit, memory, types, integration],
    reporters: ["default", "./scripts/tally-reporter.mjs"],
  },
});
