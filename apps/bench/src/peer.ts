import * as core from "@cotangent/core";
import type { Case, Peer, Shared } from "./shared.js";
import { calls } from "./cases/calls.js";
import { elementwise } from "./cases/elementwise.js";
import { loops } from "./cases/loops.js";
import { meta } from "./cases/meta.js";
import { products } from "./cases/products.js";
import { leaves, toolsOf } from "./cases/tools.js";
import { training } from "./cases/training.js";

/**
 * Cotangent as one more peer of `lib.mjs`: the same work on the same data, and cases that the peers do not have.
 * @param idle resolves when the GPU has done all that was submitted to it.
 */
export async function makePeer(
  lib: Shared,
  version: string,
  backend: "wasm" | "webgpu" = "wasm",
  idle?: () => Promise<unknown>,
): Promise<Peer> {
  const tools = toolsOf(lib);
  const topics = [products, elementwise, training, calls, meta, loops];
  const cases = Object.assign({}, ...topics.map((topic) => topic(tools))) as Record<string, () => Case>;
  if (backend === "webgpu") {
    // Looked up by name: a build without it still has the cases of the CPU.
    const { init } = core as { init?: (backend: "webgpu") => Promise<unknown> };
    if (init === undefined) throw new Error('this build of @cotangent/core has no init("webgpu").');
    await init(backend);
    for (const [name, make] of Object.entries(cases)) cases[name] = () => onDevice(make(), idle);
  }
  return { peer: "cotangent", version, backend, threads: 1, cases };
}

/** Calls return before the GPU has done their work: a repetition ends when it has, as the peers' do. */
function onDevice(work: Case, idle: (() => Promise<unknown>) | undefined): Case {
  let compiled = false;
  return {
    ...work,
    fn: async () => {
      const results = leaves(await work.fn());
      // Nothing is submitted before its pipelines are compiled, which reading waits for.
      if (!compiled && results.length > 0) await results.reduce((a, b) => (b.size < a.size ? b : a)).data();
      compiled = true;
      await idle?.();
      if (work.keeps !== true) for (const result of results) (result as Partial<Disposable>)[Symbol.dispose]?.();
    },
  };
}
