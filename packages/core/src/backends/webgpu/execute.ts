import type { BufferType } from "../../kernel/procedure.js";
import { type Storage, dtypes } from "../../tensor/dtype.js";
import type { Address, Command } from "./commands.js";
import { dtypeThere } from "./contents.js";
import { Encoding } from "./encoding.js";
import type { Region } from "./gate.js";
import { hostKernel } from "./hostKernel.js";
import type { GpuMemory } from "./memory.js";
import type { ProgramPlan } from "./plan.js";
import type { ReadRequest, Session } from "./session.js";

/** Work that goes on once it has been given the bytes that it yields for. */
type Asking<T> = Generator<ReadRequest, T, ArrayBuffer>;

/** Encodes and submits one run of a program over its memories: frame, inputs, outputs, more frames. What the host must know in between is asked for by yielding. */
export function* execute(
  session: Session,
  plan: ProgramPlan,
  memories: readonly (GpuMemory | Storage)[],
): Asking<void> {
  const encoding = new Encoding(session, plan, memories);
  encoding.stage("inputs");
  yield* all(plan.commands, plan, encoding);
  encoding.stage("outputs");
  encoding.submit();
}

function* all(commands: readonly Command[], plan: ProgramPlan, encoding: Encoding): Asking<void> {
  const word = function* (address: Address): Asking<number> {
    const [values] = yield* valuesAt([{ dtype: "i32", length: 1 }], [address], encoding);
    return values[0];
  };
  for (const c of commands) {
    const region = plan.regions.get(c);
    if (region !== undefined) yield* through(region, encoding);
    else
      switch (c.kind) {
        case "dispatch": {
          const d = plan.dispatches.get(c);
          if (d !== undefined) encoding.dispatch(d);
          break;
        }
        case "while":
          for (let i = 0; i < c.limit; i++) {
            yield* all(c.condition, plan, encoding);
            if ((yield* word(c.predicate)) === 0) break;
            yield* all(c.body, plan, encoding);
          }
          break;
        case "switch": {
          const chosen = yield* word(c.index);
          yield* all(c.branches[Math.max(0, Math.min(chosen, c.branches.length - 1))], plan, encoding);
          break;
        }
        case "host": {
          const { types, call } = c.step;
          const values = yield* valuesAt(types, c.at, encoding);
          call(values.map((s, k) => (types[k].dtype === "f64" ? Float64Array.from(s) : s)));
          break;
        }
        case "cpu": {
          const { taken, given, program } = hostKernel(c.kernel);
          const at = (k: number): Address => c.at[k];
          const inputs = yield* valuesAt(
            taken.map((k) => c.kernel.buffers[k]),
            taken.map(at),
            encoding,
          );
          program.run(inputs).forEach((y, k) => encoding.write(at(given[k]), y));
          break;
        }
      }
  }
}

/** Passes ahead of the answer, whether it is done; more of them, the longer it goes on. */
function* through({ opening, pass, state, ahead, limit }: Region, encoding: Encoding): Asking<void> {
  encoding.gated(opening);
  let more = ahead;
  for (let done = 0; done < limit; done += more, more = Math.min(2 * more, 256)) {
    for (let i = done; i < Math.min(limit, done + more); i++) pass.forEach((step) => encoding.gated(step));
    if (state === undefined) return;
    encoding.submit();
    const slot = yield { memory: { buffer: encoding.slots }, byteOffset: 16 * state, bytes: 16 };
    const [, running, stalled] = new Uint32Array(slot);
    if ((running | stalled) === 0) return;
  }
}

/** Elements as they are after all that was encoded so far, which is submitted. */
function* valuesAt(types: readonly BufferType[], at: readonly Address[], encoding: Encoding): Asking<Storage[]> {
  encoding.submit();
  const storages: Storage[] = [];
  for (const [k, { dtype, length }] of types.entries()) {
    const { bytes, view } = dtypes[dtypeThere(dtype)];
    const buffer = length === 0 ? new ArrayBuffer(0) : yield encoding.requestFor(at[k], bytes * length);
    storages.push(view(buffer, 0, length));
  }
  return storages;
}
