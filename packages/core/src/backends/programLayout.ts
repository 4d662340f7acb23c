import type { BufferType, Procedure } from "../kernel/procedure.js";
import { dtypes } from "../tensor/dtype.js";

/** Where the parameters and the frame of a program lie, in bytes from the start of its region. */
export interface ProgramLayout {
  readonly parameters: readonly number[];
  readonly frame: number;
  readonly bytes: number;
}

const limit = 2 ** 31;
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
export const align16 = (bytes: number): number => Math.ceil(bytes / 16) * 16;
const bytesOf = ({ dtype, length }: BufferType): number => align16(dtypes[dtype].bytes * length);

/**
 * Parameters first, then the frame, each at a multiple of 16.
 *
 * @param caller name for the error message.
 * @param reserved bytes kept free at the start of the region.
 * @throws RangeError above 2 GiB.
 */
export function programLayout(caller: string, procedure: Procedure, inputCount: number, reserved = 0): ProgramLayout {
  let bytes = align16(reserved);
  let inputBytes = 0;
  const parameters = procedure.parameters.map((parameter, k) => {
    const start = bytes;
    bytes += bytesOf(parameter);
    if (k < inputCount) inputBytes = bytes;
    return start;
  });
  const frame = bytes;
  bytes += align16(procedure.frameBytes);
  if (!(bytes <= limit))
    throw new RangeError(
      `${caller}: program "${procedure.name}" needs ${mebibytes(bytes)} (inputs ${mebibytes(inputBytes)}, outputs ` +
        `${mebibytes(frame - inputBytes)}, temporaries ${mebibytes(procedure.frameBytes)}); the limit is ${mebibytes(limit)}. ` +
        "Use a smaller batch, f32 instead of f64, or checkpoint.",
    );
  return { parameters, frame, bytes };
}
