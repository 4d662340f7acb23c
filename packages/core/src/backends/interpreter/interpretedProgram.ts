import type { Procedure } from "../../kernel/procedure.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import { type Contents, arrayOf } from "../../tensor/tensor.js";
import type { CompiledProgram } from "../program.js";
import { programLayout } from "../programLayout.js";
import { interpretProcedure } from "./interpretProcedure.js";

/** A procedure that runs in the interpreter, in a memory of its own. For hosts that forbid wasm, and as the wasm backend's oracle. */
export function interpretedProgram(procedure: Procedure, inputCount: number): CompiledProgram {
  const layout = programLayout("interpretedProgram", procedure, inputCount);
  // Allocated at the first call: a program may be compiled and never run.
  let memory: ArrayBuffer | undefined;
  const view = (k: number): Storage => {
    const { dtype, length } = procedure.parameters[k];
    memory ??= new ArrayBuffer(layout.bytes);
    return dtypes[dtype].view(memory, layout.parameters[k], length);
  };
  const execute = (inputs: readonly Contents[]): void => {
    inputs.forEach((contents, k) => view(k).set(arrayOf(contents)));
    memory ??= new ArrayBuffer(layout.bytes);
    interpretProcedure(procedure, memory, layout.frame, layout.parameters);
  };
  const outputs = procedure.parameters.slice(inputCount);

  return {
    procedure,
    inputCount,
    run(inputs) {
      execute(inputs);
      return outputs.map((_, k) => view(inputCount + k).slice());
    },
    bind(captured = []) {
      const allocate = (k: number): Storage => {
        const { dtype, length } = procedure.parameters[k];
        return dtypes[dtype].allocate(length);
      };
      const boundInputs = Array.from({ length: inputCount }, (_, k) => captured[k] ?? allocate(k));
      const boundOutputs = outputs.map((_, k) => allocate(inputCount + k));
      return {
        inputs: boundInputs,
        outputs: boundOutputs,
        run() {
          execute(boundInputs);
          boundOutputs.forEach((storage, k) => storage.set(view(inputCount + k)));
        },
      };
    },
  };
}
