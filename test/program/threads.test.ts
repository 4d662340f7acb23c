import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = async (...args: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, args, { timeout: 110_000 })).stdout;
const program = fileURLToPath(new URL("threads.mjs", import.meta.url));
const evaluate = (code: string): Promise<string> =>
  run(
    "--input-type=module",
    "-e",
    `import { tensor, jit } from ${JSON.stringify(core)};\nimport { init } from ${JSON.stringify(threads)};\n${code}`,
  );
const core = import.meta.resolve("@cotangent/core");
const threads = import.meta.resolve("@cotangent/core/threads");

const single = run(program, "1");

// That the process ends is part of the test: workers must not keep it.
test.each([2, 3, 4])("%i threads give the bits of one", async (threads) => {
  expect(JSON.parse(await run(program, String(threads)))).toEqual(JSON.parse(await single));
});

const messageOf = (call: string): Promise<string> => evaluate(`console.log(await (${call}).catch((e) => e.message));`);

test("init says what is wrong", async () => {
  expect(await messageOf("init({ threads: 0 })")).toMatch(/threads is 0; expected an integer from 1 to 64/);
  expect(await messageOf("(delete globalThis.SharedArrayBuffer, init({ threads: 2 }))")).toMatch(
    /Cross-Origin-Opener-Policy: same-origin/,
  );
  expect(await messageOf("(jit((x) => x.exp())(tensor([1])), init({ threads: 2 }))")).toMatch(/compiled before/);
  expect(await messageOf("init({ threads: 2 }).then(() => init({ threads: 3 }))")).toMatch(/3 threads after 2/);
  expect(await messageOf("init({ threads: 2, worker: new URL('file:///nowhere.js') })")).toMatch(/did not start/);
});
