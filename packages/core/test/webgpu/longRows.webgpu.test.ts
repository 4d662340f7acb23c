import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type Tensor,
  arange,
  argsort,
  cumargmax,
  cumprod,
  cumsum,
  equal,
  init,
  jit,
  linearRecurrence,
  memory,
  random,
  tensor,
  where,
} from "../../src/index.js";
import { gpu, softwareGpu } from "./adapter.js";
import { expectOnGpu, expectedOf, moved } from "./onGpu.js";

/*
 * Rows that all threads work on at once: lengths around what a thread walks, what a workgroup holds, and a level of blocks more. Orders and positions are those of the CPU,
 * sums within rounding, and those of integers equal.
 */
const lengths = { real: [1, 65, 1025, 2049], software: [1025, 4097] };
/** Two levels of blocks. */
const LONG = 65_537;
const key = (seed: number): Tensor => random.key(seed);
const uniform = (...shape: number[]): Tensor => random.uniform(key(shape.length * 31 + shape[0]), shape);

/** Few different numbers, the zeros of both signs, infinities and NaN among them. */
function awkward(n: number): Tensor {
  const odd = [0, -0, NaN, Infinity, -Infinity, 1e-30, -1e30];
  return tensor(
    Float32Array.from({ length: n }, (_, i) => (i % 11 === 3 ? odd[(i * 7) % odd.length] : ((i * 7919) % 101) - 50)),
  );
}

interface Case {
  readonly f: (...xs: Tensor[]) => Tensor;
  readonly xs: (n: number) => Tensor[];
  /** Of its own size. */
  readonly tolerance?: number;
  readonly long?: boolean;
}
const cases: Readonly<Record<string, Case>> = {
  "cumsum of integers": { long: true, f: (x) => cumsum(x), xs: (n) => [uniform(n).mul(1000).astype("i32")] },
  "cumsum from the end": { f: (x) => cumsum(x, 0, { reverse: true }), xs: (n) => [uniform(n).mul(1000).astype("i32")] },
  "cumsum of floats": { f: (x) => cumsum(x.sub(0.5)), xs: (n) => [uniform(n)], tolerance: 1e-4 },
  "cumsum along columns": { f: (x) => cumsum(x.mul(100).astype("i32"), 1), xs: (n) => [uniform(2, n, 3)] },
  "cumsum along wide columns": { f: (x) => cumsum(x.mul(100).astype("i32")), xs: (n) => [uniform(n, 17)] },
  cumprod: { long: true, f: (x) => cumprod(x.sub(0.5).div(100).exp()), xs: (n) => [uniform(n)], tolerance: 1e-3 },
  "linear recurrence": {
    f: (x) => linearRecurrence(x.mul(2).sub(1), x.flip([0])),
    xs: (n) => [uniform(n)],
    tolerance: 1e-5,
  },
  "linear recurrence from the end": {
    f: (x) => linearRecurrence(x.mul(2).sub(1), x.flip([0]), 0, { reverse: true }),
    xs: (n) => [uniform(n)],
    tolerance: 1e-5,
  },
  "linear recurrence of integers": {
    f: (x) => linearRecurrence(x.sub(500), x),
    xs: (n) => [uniform(n).mul(1000).astype("i32")],
  },
  "a product that is 0 from the start, by factors that overflow": {
    f: (x) =>
      cumprod(
        x
          .mul(0)
          .add(30)
          .mul(tensor(Float32Array.from({ length: x.size }, (_, i) => (i === 0 ? 0 : 1)))),
      ),
    xs: (n) => [uniform(n)],
  },
  "products that become infinite, and NaN where they meet 0": {
    f: (x) => {
      const at = arange(x.size);
      return cumprod(where(equal(at, 900), -Infinity, where(equal(at, 950), 0, where(x.less(0.5), -1, 1))));
    },
    xs: (n) => [uniform(n)],
  },
  cumargmax: {
    long: true,
    f: (x) => cumargmax(x),
    xs: (n) => [uniform(n).sub(tensor(Float32Array.from({ length: n }, (_, i) => (i > n / 2 ? 2 : 0))))],
  },
  "cumargmax of awkward numbers": { f: (x) => cumargmax(x), xs: (n) => [awkward(n)] },
  "cumargmax from the end": { f: (x) => cumargmax(x, 0, { reverse: true }), xs: (n) => [uniform(n)] },
  "argsort with ties": { long: true, f: (x) => argsort(x.mul(50).astype("i32")), xs: (n) => [uniform(n)] },
  "argsort of awkward numbers": { f: (x) => argsort(x), xs: (n) => [awkward(n)] },
  "argsort of u32, descending": {
    f: (x) => argsort(x, -1, { descending: true }),
    xs: (n) => [random.bits(key(n), [n])],
  },
  "argsort of rows": { f: (x) => argsort(x), xs: (n) => [uniform(3, n)] },
  sort: { f: (x) => x.sort(), xs: (n) => [uniform(n)] },
  "scatter sum of integers": {
    f: (x) => scattered(x, 37, 1, "add"),
    xs: (n) => [uniform(n)],
  },
  "scatter sum, all to one": { long: true, f: (x) => scattered(x, 1, 1, "add"), xs: (n) => [uniform(n)] },
  "scatter sum of rows": { f: (x) => scattered(x, 1000, 5, "add"), xs: (n) => [uniform(n)] },
  "scatter sum of wide rows": { f: (x) => scattered(x, 7, 20, "add"), xs: (n) => [uniform(n)] },
  "scatter max": { f: (x) => scattered(x, 1000, 2, "max"), xs: (n) => [uniform(n)] },
};

/** Updates for `size` places out of a vector of n, some of which lie outside. */
function scattered(x: Tensor, size: number, width: number, what: "add" | "max"): Tensor {
  const n = x.size;
  const at = x
    .mul(size * 7919)
    .astype("i32")
    .remainder(size + 2)
    .sub(1);
  const u = x
    .mul(1e4)
    .astype("i32")
    .reshape([n, 1])
    .add(tensor(Int32Array.from({ length: width }, (_, i) => i)));
  const start = tensor(new Int32Array(size * width), { shape: [size, width] });
  return start.updateAt([at], u, { mode: what });
}

describe.each([
  ["as on a real GPU", gpu, lengths.real],
  ["as on a software one", softwareGpu, lengths.software],
] as const)("%s", (_, adapter, sizes) => {
  beforeAll(() => init("webgpu", { gpu: adapter }));
  afterAll(() => init("cpu"));
  describe.each(Object.entries(cases))("%s", (_name, { f, xs, tolerance, long }) => {
    const g = jit((...inputs: Tensor[]) => f(...inputs));
    for (const n of long === true ? [...sizes, LONG] : sizes) {
      const inputs = xs(n);
      const expected = expectedOf([g(...inputs)]);
      it(`of ${n}`, () => expectOnGpu([g(...moved(inputs))], expected, tolerance ?? 0));
    }
  });
});

/* Dispatches of rows as long as a graphics card is bought for: they grow with the logarithm, or not at all. */
describe("dispatches", () => {
  beforeAll(() => init("webgpu", { gpu }));
  afterAll(() => init("cpu"));
  const counted: Readonly<Record<string, [f: (x: Tensor) => Tensor, n: number, dispatches: number]>> = {
    "a running sum in one workgroup": [(x) => cumsum(x), 2048, 1],
    "a running sum of 65,536": [(x) => cumsum(x), 65_536, 3],
    "an order in one workgroup": [(x) => argsort(x), 1024, 1],
    "an order of 65,536": [(x) => argsort(x), 65_536, 7],
    // The updates, a copy of what they change, 7 for the order of their indices, 3 for sums.
    "a scatter of 65,536": [(x) => scattered(x, 1000, 1, "add"), 65_536, 12],
  };
  it.each(Object.entries(counted))("%s", async (_, [f, n, dispatches]) => {
    const g = jit(f);
    const [x] = moved([uniform(n)]);
    await x.data();
    const before = memory().dispatches;
    await g(x).data();
    expect(memory().dispatches - before).toBe(dispatches);
  });
});
