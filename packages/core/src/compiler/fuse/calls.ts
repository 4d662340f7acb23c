import type { Atom, Variable } from "../../graph/graph.js";
import type { Kernel } from "../../kernel/kernel.js";
import type { Simplified } from "../simplify/simplify.js";
import type { Fusion } from "./fuse.js";
import { fusedKernel } from "./fusedKernel.js";
import type { Group, Item } from "./group.js";
import { groupKey } from "./groupKey.js";

/** A kernel with what it is called on. */
export interface KernelCall {
  readonly kind: "call";
  readonly kernel: Kernel;
  /** The kernel's buffers in this order: inputs, outputs, then scratch. */
  readonly inputs: readonly Atom[];
  readonly outputs: readonly Variable[];
  /** What it was made of, if it is a fused kernel. */
  readonly group?: Group;
}

/** What is run, in order: calls of fused kernels, and equations that are not fused. */
export type Work = KernelCall | Extract<Item, { kind: "equation" }>;

/** The kernels of all groups; equal groups have one. */
export function callsOf(items: readonly Item[], simplified: Simplified, fusion: Fusion, wholeSums?: boolean): Work[] {
  const kernels = new Map<string, Kernel>();
  return items.map((item): Work => {
    if (item.kind === "equation") return item;
    const { group } = item;
    const key = groupKey(group, fusion);
    let kernel = kernels.get(key);
    if (kernel === undefined) kernels.set(key, (kernel = fusedKernel(group, simplified, fusion, wholeSums)));
    return { kind: "call", kernel, inputs: group.inputs, outputs: group.outputs, group };
  });
}
