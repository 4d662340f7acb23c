import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Session, gpuBackend, requestGpu } from "../../src/backends/webgpu/index.js";
import { installBackend } from "../../src/graph/backend.js";
import { type Tensor, arange, cond, init, jit, roll, switchCase, whileLoop } from "../../src/index.js";
import { gpu } from "./adapter.js";
import { type Expected, expectOnGpu, expectedOf, moved } from "./onGpu.js";

/*
 * Loops and choices in each other, which the GPU decides: the figures of the CPU, bit for bit, and no question to the host but whether the outermost is done. The state is a
 * vector of integers too long for a loop of a single kernel.
 */

const SIZE = 3000;
const start = (seed: number): Tensor => arange(SIZE).astype("i32").mul(7).add(seed).mod(1009);
const stir = (x: Tensor, a: number): Tensor =>
  roll(x, a)
    .mul(2 * a + 3)
    .add(x)
    .add(a)
    .mod(1009);
/** 0 ... n - 1, from all elements. */
const drawn = (x: Tensor, n: number): Tensor => x.sum().mod(n).astype("i32");
const times = (count: Tensor, body: (x: Tensor) => Tensor, x: Tensor): Tensor =>
  whileLoop(
    ([k]: [Tensor, Tensor]) => k.greater(0),
    ([k, y]: [Tensor, Tensor]): [Tensor, Tensor] => [k.sub(1), body(y)],
    [count, x],
  )[1];

type Program = (x: Tensor) => Tensor;
interface Case {
  readonly f: Program;
  /** The most submissions that it may take, one with the result to read left out. */
  readonly submits: number;
}
const rounds =
  (n: number, body: Program): Program =>
  (x) =>
    times(drawn(x, n).add(1), body, x);
const choice =
  (a: Program, b: Program): Program =>
  (x) =>
    cond(drawn(x, 2).equal(0), a, b, x);
const cases: Readonly<Record<string, Case>> = {
  "a choice in a loop": {
    f: rounds(
      40,
      choice(
        (x) => stir(x, 1),
        (x) => stir(x, 2),
      ),
    ),
    submits: 6,
  },
  "a choice in a choice": {
    f: choice(
      choice(
        (x) => stir(x, 1),
        (x) => stir(x, 2),
      ),
      choice(
        (x) => stir(x, 3),
        (x) => stir(x, 4),
      ),
    ),
    submits: 1,
  },
  "a loop in a loop": {
    f: rounds(
      20,
      rounds(40, (x) => stir(x, 1)),
    ),
    submits: 10,
  },
  "loops that end at once": { f: rounds(20, (x) => times(drawn(x, 1), (y) => stir(y, 2), stir(x, 1))), submits: 4 },
  "a loop in a choice": {
    f: choice(
      rounds(50, (x) => stir(x, 1)),
      rounds(60, (x) => stir(x, 2)),
    ),
    submits: 9,
  },
  "a loop after a loop in a loop": {
    f: rounds(10, (x) => rounds(30, (y) => stir(y, 2))(stir(rounds(20, (y) => stir(y, 1))(x), 5))),
    submits: 5,
  },
  "three loops": {
    f: rounds(
      6,
      rounds(
        11,
        rounds(13, (x) => stir(x, 1)),
      ),
    ),
    submits: 6,
  },
  "a loop in a condition": {
    f: (x) =>
      whileLoop(
        (y: Tensor) => drawn(rounds(20, (z) => stir(z, 3))(y), 9).greater(0),
        (y: Tensor) => stir(y, 1),
        x,
      ),
    submits: 5,
  },
  "a loop in a branch of many in a loop": {
    f: rounds(12, (x) =>
      switchCase(
        drawn(x, 3),
        [
          (y) => stir(y, 1),
          rounds(25, (y) => stir(y, 2)),
          choice(
            rounds(9, (y) => stir(y, 5)),
            (y) => y,
          ),
        ],
        x,
      ),
    ),
    submits: 5,
  },
};

/** A program of loops and choices in each other, drawn from a stream of numbers. */
function randomProgram(next: (n: number) => number, depth: number): Program {
  const inner = (): Program => randomProgram(next, depth - 1);
  const kind = depth === 0 ? 0 : next(5);
  if (kind === 0) {
    const a = next(8);
    return (x) => stir(x, a);
  }
  if (kind === 1) return rounds(1 + next(12), inner());
  if (kind === 2) return choice(inner(), inner());
  if (kind === 3) {
    const branches = [inner(), inner(), inner()];
    return (x) => switchCase(drawn(x, 3), branches, x);
  }
  const [a, b] = [inner(), inner()];
  return (x) => b(a(x));
}

describe("regions", () => {
  let session: Session;
  beforeAll(async () => {
    session = new Session(await requestGpu(gpu));
    installBackend(gpuBackend(session));
  });
  afterAll(() => {
    session.destroy();
    return init("cpu");
  });
  for (const [name, { f, submits }] of Object.entries(cases)) {
    const g = jit((x: Tensor) => f(x));
    const seeds = [1, 2, 3, 4];
    const expected = seeds.map((s) => expectedOf([g(start(s))]));
    it(name, async () => {
      for (const [k, s] of seeds.entries()) {
        const [x] = moved([start(s)]);
        await x.data();
        const before = session.counters.submits;
        const y = g(x);
        await y.data();
        expect(session.counters.submits - before).toBeLessThanOrEqual(1 + submits);
        await expectOnGpu([y], expected[k], 0);
      }
    });
  }
  const seeds = Array.from({ length: 40 }, (_, k) => k);
  const programs = seeds.map((seed): [(x: Tensor) => Tensor, Expected[]] => {
    let state = seed + 1;
    const f = randomProgram((n) => (state = (state * 48_271) % 0x7fffffff) % n, 4);
    const g = jit((x: Tensor) => f(x));
    return [g, expectedOf([g(start(seed))])];
  });
  it.each(seeds)("random program %i", async (seed) => {
    const [g, expected] = programs[seed];
    await expectOnGpu([g(moved([start(seed)])[0])], expected, 0);
  });
});
