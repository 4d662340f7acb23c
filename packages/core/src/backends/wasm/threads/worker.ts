import { KEPT_PROGRAMS, type Message, claim, runPart, word } from "./protocol.js";

/* The module that a worker runs: it takes parts of jobs, and sleeps between them. In Node and in pages. */

interface Port {
  onmessage: ((event: { readonly data: Message }) => void) | null;
  postMessage(message: string): void;
}
interface Process {
  getBuiltinModule?(name: string): { readonly parentPort: Port | null } | undefined;
}
const { process } = globalThis as { readonly process?: Process };
const port = process?.getBuiltinModule?.("node:worker_threads")?.parentPort ?? (globalThis as unknown as Port);

/** Looks at the generation before sleeping: a chain of kernels finds its workers awake. */
const SPINS = 4000;

interface Known {
  readonly number: number;
  readonly exports: WebAssembly.Exports;
}
const programs: (Known | undefined)[] = [];
let received = 0;
let started: Extract<Message, { kind: "start" }> | undefined;

port.onmessage = ({ data }) => {
  if (data.kind === "start") {
    started = data;
    received = Atomics.load(data.control, word.posted);
    port.postMessage("ready");
  } else if (started !== undefined) {
    const { exports } = new WebAssembly.Instance(data.module, { env: { memory: started.memory, host() {} } });
    programs[data.number % KEPT_PROGRAMS] = { number: data.number, exports };
    received = data.number;
  }
  if (started !== undefined) work(started);
};

/** Until there is a message to be read. */
function work({ thread, control, memory }: Extract<Message, { kind: "start" }>): void {
  for (;;) {
    const generation = Atomics.load(control, word.generation);
    if (Atomics.load(control, word.posted) !== received) return;
    for (let part = claim(control); part >= 0; part = claim(control)) {
      const number = control[word.program];
      const program = programs[number % KEPT_PROGRAMS];
      if (program?.number !== number) {
        Atomics.store(control, word.declined + thread, part + 1);
        return;
      }
      try {
        runPart(control, memory, program.exports, thread, part);
      } catch {
        Atomics.store(control, word.failed, 1);
      }
      Atomics.add(control, word.done, 1);
    }
    for (let i = 0; i < SPINS && Atomics.load(control, word.generation) === generation; i++);
    Atomics.wait(control, word.generation, generation);
  }
}
