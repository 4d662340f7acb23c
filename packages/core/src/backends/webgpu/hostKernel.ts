import type { Kernel } from "../../kernel/kernel.js";
import type { Place, Step } from "../../kernel/procedure.js";
import { dtypes } from "../../tensor/dtype.js";
import { compiled } from "../cpu.js";
import { align16 } from "../programLayout.js";
import type { CompiledProgram } from "../program.js";

/** A kernel for the CPU. It takes what is in its buffers, scratch left out, and gives what is then in those that it writes. */
export interface HostKernel {
  /** Which buffers it takes and gives. */
  readonly taken: readonly number[];
  readonly given: readonly number[];
  readonly program: CompiledProgram;
}

const known = new WeakMap<Kernel, HostKernel>();

/** Results start as what lies in their place: a kernel in place leaves some of it as it is. */
export function hostKernel(kernel: Kernel): HostKernel {
  let found = known.get(kernel);
  if (found === undefined) {
    const all = kernel.buffers.map((_, k) => k);
    const taken = all.filter((k) => kernel.buffers[k].access !== "scratch");
    const given = all.filter((k) => kernel.buffers[k].access === "out");
    let frameBytes = 0;
    const buffers = kernel.buffers.map(({ access, dtype, length }, k): Place => {
      if (access === "in") return { kind: "parameter", index: taken.indexOf(k), byteOffset: 0 };
      if (access === "out") return { kind: "parameter", index: taken.length + given.indexOf(k), byteOffset: 0 };
      const byteOffset = frameBytes;
      frameBytes += align16(length * dtypes[dtype].bytes);
      return { kind: "frame", byteOffset };
    });
    const copies = given.map((k): Step => {
      const { dtype, length } = kernel.buffers[k];
      const from = { kind: "parameter", index: taken.indexOf(k), byteOffset: 0 } as const;
      return { kind: "copy", from, to: buffers[k], bytes: length * dtypes[dtype].bytes };
    });
    const procedure = {
      name: kernel.name,
      parameters: [...taken, ...given].map((k) => kernel.buffers[k]),
      steps: [...copies, { kind: "kernel", kernel, buffers } as const],
      frameBytes,
    };
    found = { taken, given, program: compiled(procedure, taken.length) };
    known.set(kernel, found);
  }
  return found;
}
