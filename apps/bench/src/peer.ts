import type { Peer, Shared } from "./shared.js";
import { calls } from "./cases/calls.js";
import { elementwise } from "./cases/elementwise.js";
import { loops } from "./cases/loops.js";
import { meta } from "./cases/meta.js";
import { products } from "./cases/products.js";
import { toolsOf } from "./cases/tools.js";
import { training } from "./cases/training.js";

/** Cotangent as one more peer of `lib.mjs`: the same work on the same data, and cases that the peers do not have. */
export function makePeer(lib: Shared, version: string): Peer {
  const tools = toolsOf(lib);
  const topics = [products, elementwise, training, calls, meta, loops];
  return {
    peer: "cotangent",
    version,
    backend: "wasm",
    threads: 1,
    cases: Object.assign({}, ...topics.map((topic) => topic(tools))) as Peer["cases"],
  };
}
