import type { Kernel } from "../../kernel/kernel.js";
import { type Phased, type ShaderFacts, phasesOf } from "./phases.js";

/** What the scheduler of the compiler asks of the GPU: how kernels are cut into dispatches, and which scratch that takes. */
export interface Target {
  readonly phased: (kernel: Kernel) => Phased;
}

/** Kernels are cut once, however often they are called. */
export function targetOf(facts: ShaderFacts): Target {
  const known = new WeakMap<Kernel, Phased>();
  return {
    phased(kernel) {
      let phased = known.get(kernel);
      if (phased === undefined) {
        refuseF64(kernel);
        phased = phasesOf(kernel, facts);
        known.set(kernel, phased);
        // The kernel as the scheduler places it is asked for again when it is called.
        known.set(phased.kernel, phased);
      }
      return phased;
    },
  };
}

function refuseF64({ name, buffers }: Kernel): void {
  if (buffers.some((b) => b.dtype === "f64"))
    throw new TypeError(
      `webgpu: ${name} works on f64, which GPUs do not have. Cast with x.cast("f32") before, or use init("cpu") for double precision.`,
    );
}
