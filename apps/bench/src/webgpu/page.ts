import type { Measurement } from "../report.js";
import type { Peer, Shared } from "../shared.js";
import { type GpuWork, ObservedGpu } from "./observed.js";

/** A case in a page of Chromium: times, the output's digest, and what the library asked of WebGPU for it. */
export interface GpuMeasurement extends Measurement {
  /** One call of a program that has run before. */
  readonly work?: GpuWork;
  /** Pipelines created by the first call, and whatever came before it. */
  readonly pipelines?: number;
  /** Uncaptured errors of WebGPU during the case. */
  readonly gpuErrors: readonly string[];
}
/** What the suite calls in the page of each library, as `bench`. */
export interface Page {
  /** Names of the cases. */
  start(): Promise<string[]>;
  measure(name: string, budgetMs: number): Promise<GpuMeasurement>;
  adapter(): Promise<string>;
}
export type MakePeer = (backend: string, options: { threads: number; idle: () => Promise<unknown> }) => Promise<Peer>;

/** The page of one library, whose peer file gives `make`. */
export function servePage(make: MakePeer, lib: Shared, backend: string): Page {
  const gpu = new ObservedGpu();
  let peer: Peer | undefined;
  return {
    async start() {
      peer = await make(backend, { threads: 1, idle: () => gpu.idle() });
      return Object.keys(peer.cases);
    },
    async measure(name, budgetMs) {
      if (peer === undefined) throw new Error("measure: the page was not started.");
      const setUp = peer.cases[name];
      let work: GpuWork | undefined;
      let pipelines: number | undefined;
      let measurement: Measurement | undefined;
      gpu.errors = [];
      const observed = async () => {
        const before = gpu.work.pipelines;
        const made = await setUp();
        return {
          ...made,
          fn: async () => {
            await made.fn();
            pipelines ??= gpu.work.pipelines - before;
          },
          check: async () => {
            work = await gpu.during(made.fn, made.inner ?? 1);
            return (await made.check?.()) ?? [];
          },
        };
      };
      await lib.runPeer({ ...peer, cases: { [name]: observed } }, { budgetMs, emit: (m) => (measurement = m) });
      return {
        ...(measurement as unknown as Measurement),
        ...(work !== undefined && { work, dispatches: work.dispatches }),
        ...(pipelines !== undefined && { pipelines }),
        gpuErrors: gpu.errors,
      };
    },
    async adapter() {
      const info = (await navigator.gpu.requestAdapter())?.info;
      return info === undefined
        ? "no adapter"
        : [info.vendor, info.architecture, info.description].filter(Boolean).join(" ");
    },
  };
}
