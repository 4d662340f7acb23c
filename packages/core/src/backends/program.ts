import type { Procedure } from "../kernel/procedure.js";
import type { Storage } from "../tensor/dtype.js";
import type { Contents } from "../tensor/tensor.js";

/** A procedure made ready to run on the host's CPU. The two backends give the same bits (up to the payload of a NaN). */
export interface CompiledProgram {
  readonly procedure: Procedure;
  readonly inputCount: number;
  /**
   * Runs the procedure once.
   *
   * @param inputs one storage an input parameter, of the parameter's dtype and length. They must not change while any
   *   program may still read them: a storage that comes twice stays resident in the program memory.
   * @returns fresh storages, one an output parameter.
   */
  run(inputs: readonly Contents[]): Storage[];
  /**
   * As `run`, where nobody uses the inputs marked in `donated` afterwards: as many outputs of their types stay in the program memory.
   * Absent where there is no such memory.
   */
  runDonated?(inputs: readonly Contents[], donated: readonly boolean[]): Contents[];
  /**
   * Fixed input and output arrays, for callers in a tight loop (samplers): write `inputs`, call `run`, read `outputs`;
   * nothing is allocated.
   *
   * @param captured inputs that never change, by position; the others get a fresh array of the parameter's type.
   */
  bind(captured?: readonly (Storage | undefined)[]): BoundProgram;
}

export interface BoundProgram {
  readonly inputs: readonly Storage[];
  readonly outputs: readonly Storage[];
  run(): void;
}
