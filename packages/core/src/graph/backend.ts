import type { Tensor } from "../tensor/tensor.js";
import type { Graph } from "./graph.js";
import type { Primitive } from "./primitive.js";

/**
 * What executes programs. The compiler and the backends stand below everything that calls them, so this small interface
 * is filled in by the root module when it is loaded.
 */
export interface Backend {
  readonly name: string;
  /** Runs one primitive on concrete tensors. */
  evaluate<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[];
  /** Runs a whole graph on concrete tensors; compiled once per graph object. Nobody uses the inputs marked in `donated` afterwards; errors say `name`. */
  run(graph: Graph, inputs: readonly Tensor[], donated?: readonly boolean[], name?: string): Tensor[];
}

let installed: Backend | undefined;
/** What was installed first: that of the CPU, by the root module. */
let ofCpu: Backend | undefined;

/** What is installed, or that of the CPU. */
export function backend(device?: "cpu"): Backend {
  const asked = device === "cpu" ? ofCpu : installed;
  if (asked === undefined)
    throw new Error('backend: none is installed. Import from "@cotangent/core", whose index installs the CPU backend.');
  return asked;
}

export function installBackend(next: Backend): void {
  ofCpu ??= next;
  installed = next;
}
