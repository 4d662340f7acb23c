// unit and types see the source of the packages; integration and browser see what was built, as a user would.
import { accessSync, constants } from "node:fs";
import { tmpdir } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { playwright } from "@vitest/browser-playwright";
import { defaultClientConditions, defaultServerConditions } from "vite";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { digestsInNode, digestsUnderPolicy } from "./test/browser/commands.js";
import { datasets } from "./test/browser/datasets.js";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
/** Names the Vulkan driver of Node's WebGPU: the software one that comes with Chromium, with a loader beside it, or another. */
const vulkanDriver = process.env["VK_ICD_FILENAMES"] ?? "/usr/lib/chromium/vk_swiftshader_icd.json";
const browserTests = "**/*.browser.test.ts";
const webgpuTests = "**/*.webgpu.test.ts";
const memoryTests = "packages/*/test/memory/**/*.test.ts";

const source = "@cotangent/source";

const unit: TestProjectInlineConfiguration = {
  resolve: { conditions: [source, ...defaultClientConditions] },
  ssr: { resolve: { conditions: [source, ...defaultServerConditions] } },
  test: {
    name: "unit",
    include: ["packages/*/test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
    exclude: [browserTests, webgpuTests, memoryTests, "**/node_modules/**"],
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

// On a GPU in Node, by Dawn. The loader of Vulkan is found only by a process that starts with its folder named: hence forks.
const webgpu: TestProjectInlineConfiguration = {
  ...unit,
  test: {
    name: "webgpu",
    include: [`{packages,apps}/*/test/${webgpuTests}`],
    setupFiles: ["packages/core/test/webgpu/noErrors.ts"],
    pool: "forks",
    execArgv: ["--expose-gc"],
    env: {
      VK_ICD_FILENAMES: vulkanDriver,
      XDG_RUNTIME_DIR: process.env["XDG_RUNTIME_DIR"] ?? tmpdir(), // the loader complains without it
      LD_LIBRARY_PATH: [dirname(vulkanDriver), process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":"),
    },
    testTimeout: 60_000,
    hookTimeout: 60_000,
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

/** Pages of headless Chromium. */
const pages = () => ({
  enabled: true,
  headless: true,
  screenshotFailures: false,
  instances: [{ browser: "chromium" as const }],
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
        // A collector that tests can call, and what the heap holds, not rounded.
        "--js-flags=--expose-gc",
        "--enable-precise-memory-info",
      ],
    },
  }),
});

const browser: TestProjectInlineConfiguration = {
  // test/ depends on every package, so bare imports (and what is bundled ahead) resolve from there.
  root: fileURLToPath(new URL("test", import.meta.url)),
  plugins: [datasets()],
  // Threads need an isolated page.
  server: {
    headers: { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
  },
  test: {
    name: "browser",
    include: [browserTests, `../{packages,apps}/*/test/${browserTests}`],
    testTimeout: 60_000,
    browser: { ...pages(), commands: { digestsInNode, digestsUnderPolicy } },
  },
};

/** These variables of the environment for a page, as text. */
const settings = (...names: string[]) =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, process.env[name]])));

// The same files as in Node on the GPU of a page: of one page, which spares each file the loading of the source.
const webgpuInChromium: TestProjectInlineConfiguration = {
  resolve: { conditions: [source, ...defaultClientConditions] },
  define: { "process.env": settings("COTANGENT_FUZZ_SEED", "COTANGENT_GPU_STEPS") },
  // Bundled ahead: what is found while tests run would reload the page. Node's WebGPU is never loaded there.
  optimizeDeps: { include: ["fast-check"], exclude: ["webgpu"] },
  test: {
    name: "webgpu-chromium",
    include: [`packages/*/test/${webgpuTests}`],
    setupFiles: ["packages/core/test/webgpu/noErrors.ts"],
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    browser: pages(),
  },
};

/** The project in a list where its file is there to be used; without it, a warning, or an error where the project is required. */
function where(project: TestProjectInlineConfiguration, file: string, mode: number, required: string, missing: string) {
  try {
    accessSync(file, mode);
    return [project];
  } catch {
    const { name } = project.test ?? {};
    if (process.env[required] === "1")
      throw new Error(`The tests of project ${name as string} are required: ${missing}.`);
    console.warn(`THE TESTS OF PROJECT ${(name as string).toUpperCase()} ARE LEFT OUT: ${missing}.`);
    return [];
  }
}

export default defineConfig({
  test: {
    projects: [
      unit,
      memory,
      types,
      integration,
      ...where(
        browser,
        chromium,
        constants.X_OK,
        "COTANGENT_REQUIRE_BROWSER",
        `no executable Chromium at ${chromium} (set CHROMIUM to name another)`,
      ),
      ...where(
        webgpuInChromium,
        chromium,
        constants.X_OK,
        "COTANGENT_REQUIRE_BROWSER",
        `no executable Chromium at ${chromium} (set CHROMIUM to name another)`,
      ),
      ...where(
        webgpu,
        vulkanDriver,
        constants.R_OK,
        "COTANGENT_REQUIRE_WEBGPU",
        `no Vulkan driver is named by ${vulkanDriver} (install Debian's chromium, or set VK_ICD_FILENAMES)`,
      ),
    ],
    reporters: ["default", "./scripts/tally-reporter.mjs"],
  },
});
