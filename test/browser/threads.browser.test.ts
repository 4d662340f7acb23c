import { jit, random } from "@cotangent/core";
import { init } from "@cotangent/core/threads";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { digests } from "./programs.js";

const large = (): Promise<unknown> =>
  jit((x: ReturnType<typeof random.normal>) => x.matmul(x).sin().softmax(-1))(
    random.normal(random.key(1), [700, 700]),
  ).data();

test("threads in a cross-origin isolated page give the bits of one thread in Node", async () => {
  expect(globalThis.crossOriginIsolated).toBe(true);
  await init({ threads: 3 });
  expect(digests()).toEqual(await commands.digestsInNode());
  const three = await large();
  await init({ threads: 1 });
  expect(await large()).toEqual(three);
});
