/** A stream of text that may be a terminal, as process.stdout is. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}
