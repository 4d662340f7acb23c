/**
 * One run of a program on the GPU. It may fail after it has returned its tensors: the failure then belongs to it and to what was computed from them,
 * and is thrown where one of those is read.
 */
export class Call {
  readonly name: string;
  /** Where it was made. */
  readonly stack: string;
  #error: Error | undefined;
  #settled = false;
  readonly #dependents = new Set<Call>();

  constructor(name: string, stack: string = new Error(name).stack ?? "") {
    this.name = name;
    this.stack = stack;
  }

  get error(): Error | undefined {
    return this.#error;
  }
  /** Fails as `source` has, or will. */
  dependOn(source: Call): void {
    if (source.#error !== undefined) this.fail(source.#error);
    else if (!source.#settled) source.#dependents.add(this);
  }
  succeed(): void {
    this.#settled = true;
    this.#dependents.clear();
  }
  fail(error: Error): void {
    // A list, which grows on the way: a loop that never awaits makes chains that are deeper than the stack.
    const failing: Call[] = [this];
    for (const call of failing) {
      if (call.#error !== undefined) continue;
      call.#error = error;
      call.#settled = true;
      for (const d of call.#dependents) failing.push(d);
      call.#dependents.clear();
    }
  }
}

/** The GPU refused or lost a call. */
export class WebGpuError extends Error {
  override readonly name = "WebGpuError";
  /** `lost`: the device is gone; `out-of-memory`; `failed`: a program could not be compiled or run. */
  readonly code: "lost" | "out-of-memory" | "failed";
  /** The program, as in `jit(step)`. */
  readonly program: string;

  constructor(code: WebGpuError["code"], program: string, message: string, call?: Call) {
    super(message);
    this.code = code;
    this.program = program;
    // The stack that helps is that of the call, not that of the read.
    if (call !== undefined) this.stack = `WebGpuError: ${message}\n${call.stack.split("\n").slice(1).join("\n")}`;
  }
}
