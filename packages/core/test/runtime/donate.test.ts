import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type Tensor,
  compile,
  debugCallback,
  grad,
  jit,
  makeGraph,
  ones,
  tensor,
  vmap,
  zeros,
} from "../../src/index.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { type Resident, residency, setResidentBudget } from "../../src/backends/wasm/residents.js";
import { compileToWasm } from "../../src/backends/wasm/runtime.js";
import { procedureOf } from "../../src/compiler/schedule.js";

// 8 kB: large enough for a slot.
const n = 2048;
const filled = (value: number): Tensor => tensor(new Float32Array(n).fill(value));
const first = (x: Tensor): number => x.storage[0];
const addTo = (state: Tensor, x: Tensor): Tensor => state.add(x);

describe("jit with donate", () => {
  it("gives what it gives without", () => {
    const step = (s: { w: Tensor; m: Tensor }, x: Tensor): { w: Tensor; m: Tensor } => {
      const m = s.m.mul(0.9).add(x);
      return { w: s.w.sub(m.mul(0.1)), m };
    };
    const [plain, donating] = [jit(step), jit(step, { donate: [0] })];
    let [a, b] = [1, 2].map(() => ({ w: filled(1), m: zeros([n]) }));
    for (let i = 0; i < 10; i++) {
      a = plain(a, filled(i));
      b = donating(b, filled(i));
    }
    expect(b.w.toArray()).toEqual(a.w.toArray());
    expect(b.m.toArray()).toEqual(a.m.toArray());
  });

  it("keeps the state in the program memory, in as many slots as it has leaves", () => {
    const step = jit(addTo, { donate: [0] });
    const x = filled(1);
    let state = step(step(filled(0), x), x);
    const { slots } = residency();
    for (let i = 0; i < 20; i++) state = step(state, x);
    expect(residency().slots).toBe(slots);
    expect(first(state)).toBe(22);
  });

  it("computes elementwise updates in the place of the state, and others beside it", () => {
    const moved = (step: (s: Tensor) => Tensor): number => {
      setResidentBudget(0);
      setResidentBudget(Infinity);
      const donating = jit(step, { donate: [0] });
      let state = donating(donating(filled(1)));
      const { address } = state.contents as Resident;
      state = donating(state);
      return (state.contents as Resident).address - address;
    };
    expect(moved((s) => s.mul(2))).toBe(0);
    expect(moved((s) => s.flip())).not.toBe(0);
    // Read again after the first result is there.
    const both = jit((s: Tensor) => [s.mul(2), s.cumsum(0)], { donate: [0] });
    const [state] = both(filled(1));
    expect(both(state).map((t) => t.storage[n - 1])).toEqual([4, 2 * n]);
  });

  it("leaves results of other types, and small ones, outside", () => {
    const before = residency().slots;
    const step = jit((s: Tensor, small: Tensor) => [s.add(1), s.sum(), small.add(1), s.astype("f64")], {
      donate: [0, 1],
    });
    step(filled(0), tensor([1]));
    expect(residency().slots).toBe(before + 1);
  });

  describe("a donated tensor", () => {
    const taken = (): Tensor => {
      const x = filled(1);
      jit(addTo, { donate: [0] })(x, filled(2));
      return x;
    };
    const message = "this f32[2048] was donated to jit(addTo) and is used up";

    it.each<[string, (x: Tensor) => unknown]>([
      ["toArray", (x) => x.toArray()],
      ["an operation", (x) => x.add(1)],
      ["printing", (x) => x.toString()],
      ["another call", (x) => jit(addTo)(x, filled(1))],
      ["the same call", (x) => jit(addTo, { donate: [0] })(x, filled(1))],
      ["a capture", (x) => jit((y: Tensor) => y.add(x))(filled(1))],
      ["a derivative", (x) => grad((y: Tensor) => y.mul(x).sum())(filled(1))],
      ["a program", (x) => compile(addTo, filled(0), filled(0)).run(x, filled(1))],
    ])("cannot be used by %s", (_, use) => expect(() => use(taken())).toThrow(message));

    it("cannot be read by data()", async () => {
      await expect(taken().data()).rejects.toThrow(message);
    });

    it("still says its type", () => {
      const x = taken();
      expect([x.shape, x.dtype]).toEqual([[n], "f32"]);
    });

    it("may also be another argument, or the same twice: the result is right and nothing is aliased", () => {
      const step = jit((s: Tensor[], x: Tensor) => [s[0].add(x), s[1].mul(2)], { donate: [0] });
      const start = jit(addTo, { donate: [0] })(filled(1), filled(2));
      const [a, b] = step([start, start], start);
      expect([first(a), first(b)]).toEqual([6, 6]);
      expect(step([a, b], filled(1)).map(first)).toEqual([7, 12]);
      expect(() => start.sum()).toThrow("donated to jit");
    });

    it("may be a capture, which keeps its value", () => {
      const make = jit(addTo, { donate: [0] });
      const captured = make(filled(1), filled(2));
      const step = jit((s: Tensor) => s.add(captured), { donate: [0] });
      expect(first(step(captured))).toBe(6);
      expect(first(step(filled(1)))).toBe(4);
      expect(() => captured.sum()).toThrow("donated to jit");
    });
  });

  it("is used up when the program fails on its way", () => {
    const bad = jit(
      (s: Tensor) => {
        debugCallback(() => {
          throw new Error("stop");
        }, s);
        return s.add(1);
      },
      { donate: [0] },
    );
    const x = jit(addTo, { donate: [0] })(filled(1), filled(1));
    expect(() => bad(x)).toThrow("stop");
    expect(() => x.sum()).toThrow("donated to jit");
  });

  it("takes nothing when the function cannot be traced", () => {
    const x = filled(1);
    const bad = jit(
      (s: Tensor) => {
        if (s.item() > 0) return s;
        return s.neg();
      },
      { donate: [0] },
    );
    expect(() => bad(x)).toThrow();
    expect(first(x.add(1))).toBe(2);
  });

  it("takes nothing within another transform", () => {
    const step = jit((s: Tensor, x: Tensor) => s.mul(x).sum(), { donate: [0] });
    const x = filled(2);
    expect(first(grad((y: Tensor) => step(x, y))(ones([n])))).toBe(2);
    vmap((y: Tensor) => step(y, y))(ones([2, 3]));
    makeGraph((y: Tensor) => step(x, y))(ones([n]));
    expect(first(x)).toBe(2);
  });

  it("hands on what was not donated, unharmed", () => {
    const step = jit((s: Tensor, x: Tensor) => [x, s], { donate: [0] });
    const [s, x] = [filled(1), filled(2)];
    const [a, b] = step(s, x);
    expect([first(a), first(b), first(x)]).toEqual([2, 1, 2]);
  });
});

describe("the slot table", () => {
  const donating = jit(addTo, { donate: [0] });
  beforeEach(() => setResidentBudget(0));
  afterEach(() => setResidentBudget(Infinity));

  it("moves state that lies nowhere else out of a full memory, and in again", () => {
    setResidentBudget(5 * 4 * n);
    const x = filled(1);
    let states = Array.from({ length: 12 }, (_, i) => filled(i));
    for (let k = 0; k < 3; k++) states = states.map((s) => donating(s, x));
    expect(residency().bytes).toBeLessThanOrEqual(5 * 4 * n);
    expect(states.map(first)).toEqual(states.map((_, i) => i + 3));
    expect(states[3].toArray()).toEqual(Array.from({ length: n }, () => 6));
  });

  it("keeps what was used last", () => {
    setResidentBudget(4 * 4 * n);
    const [often, x] = [filled(1), filled(2)];
    const sum = jit((a: Tensor, b: Tensor) => a.add(b).sum());
    for (let k = 0; k < 3; k++) sum(often, x);
    const { slots } = residency();
    expect(slots).toBe(2);
    for (let k = 0; k < 8; k++) {
      const other = filled(k);
      for (let again = 0; again < 2; again++) expect(sum(often, other).item()).toBe(n * (1 + k));
    }
    expect(residency().slots).toBe(4);
  });

  it("works without any slot", () => {
    let state = filled(0);
    for (let k = 0; k < 5; k++) state = donating(state, filled(1));
    expect(residency()).toEqual({ slots: 0, bytes: 0 });
    expect(first(state)).toBe(5);
  });

  it("is not misled by what callers do with arrays they gave or got", () => {
    setResidentBudget(Infinity);
    const array = new Float32Array(n).fill(1);
    const x = tensor(array);
    const sum = jit((a: Tensor) => a.sum());
    for (let k = 0; k < 3; k++) expect(sum(x).item()).toBe(n);
    array.fill(7);
    (x.toArray() as number[])[0] = 7;
    expect(sum(x).item()).toBe(n);
  });

  it("is not misled by what callers do with data()", async () => {
    setResidentBudget(Infinity);
    const sum = jit((a: Tensor) => a.sum());
    const state = donating(filled(1), filled(1));
    (await state.data()).fill(9);
    expect(sum(state).item()).toBe(2 * n);
  });

  it("frees and reuses places of mixed sizes", () => {
    setResidentBudget(2 ** 20);
    const step = jit((s: Tensor) => s.add(1), { donate: [0] });
    const states = Array.from({ length: 20 }, (_, i) => zeros([1024 + 512 * i]));
    // A fixed pseudo-random order (x -> 7 x + 3 mod 20), many times round.
    const calls = new Array<number>(20).fill(0);
    let next = 0;
    for (let k = 0; k < 400; k++) {
      next = (7 * next + 3 + (k >> 4)) % 20;
      states[next] = step(states[next]);
      calls[next]++;
    }
    expect(states.map((s) => s.storage[s.size - 1])).toEqual(calls);
    expect(residency().bytes).toBeLessThanOrEqual(2 ** 20);
  });
});

it("without wasm a donating program is an ordinary one", () => {
  const graph = makeGraph(addTo)(filled(1), filled(2));
  const procedure = procedureOf(graph, "main");
  const [plain, resident] = [interpretedProgram(procedure, 2), compileToWasm(procedure, 2)];
  expect("runDonated" in plain).toBe(false);
  const inputs = [filled(1).storage, filled(2).storage];
  const [output] = resident.runDonated?.(inputs, [true, false]) ?? [];
  // What stays in the wasm memory can go on in the interpreter.
  expect(plain.run([output, inputs[1]])[0][0]).toBe(5);
});
