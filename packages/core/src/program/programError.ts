export type ProgramErrorCode =
  | "magic"
  | "version"
  | "checksum"
  | "truncated"
  | "primitive"
  | "params"
  | "types"
  | "structure"
  | "limit"
  | "fma"
  | "effects";

/** Why bytes are no program, or a program cannot be bytes. */
export class ProgramError extends Error {
  override readonly name: string = "ProgramError";
  readonly code: ProgramErrorCode;
  constructor(code: ProgramErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
