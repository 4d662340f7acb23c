import { describe, expect, it } from "vitest";
import { schedule } from "../../src/compiler/schedule.js";
import {
  type ScanCheckpoint,
  type ScanOptions,
  type Tensor,
  grad,
  jit,
  jvp,
  makeGraph,
  countCalls,
  scan,
  stack,
  tensor,
  vmap,
} from "../../src/index.js";
import { sizeOf } from "../../src/tensor/shape.js";
import { linearizeGraph } from "../../src/transforms/graphs.js";
import { expectClose } from "../support.js";

const f64 = (x: number | number[]): Tensor => tensor(x, { dtype: "f64" });

type Inputs = { readonly w: Tensor; readonly h: Tensor; readonly xs: Tensor };
/** A captured weight, a counter without a tangent, slices, and outputs in place. */
const loop =
  (options: ScanOptions) =>
  ({ w, h, xs }: Inputs): Tensor => {
    const [last, path] = scan(
      (c: { h: Tensor; n: Tensor }, x: Tensor) => {
        const next = c.h.mul(w).add(x).tanh().mul(x.sin().add(1));
        return [{ h: next, n: c.n.add(1) }, next.mul(c.n)];
      },
      { h, n: tensor(1, { dtype: "i32" }) },
      xs,
      options,
    );
    const weights = tensor(
      Float64Array.from({ length: path.shape[0] }, (_, i) => 1 + i),
      { dtype: "f64" },
    );
    return last.h.sum().mul(2).add(path.sum(1).mul(weights).sum());
  };
const inputs = (length: number): Inputs => ({
  w: f64(0.8),
  h: f64([0.1, -0.4]),
  xs: tensor(
    Float64Array.from({ length }, (_, i) => Math.cos(2 * i)),
    { dtype: "f64" },
  ),
});
const modes: ScanCheckpoint[] = ["step", "sqrt", 1, 3, 100];

describe.each(modes)("scan with checkpoint %j", (checkpoint) => {
  it.each([0, 1, 2, 6, 7, 11])("computes what it does without, and the same derivatives, for %i steps", (length) => {
    for (const reverse of [false, true]) {
      const [plain, checked] = [loop({ reverse }), loop({ reverse, checkpoint })];
      const at = inputs(length);
      expectClose(checked(at), plain(at), 1e-13);
      expectClose(grad(checked)(at), grad(plain)(at), 1e-12);
      expectClose(jit(grad(checked))(at), grad(plain)(at), 1e-12);
    }
  });
  it("has higher derivatives, in both modes, and maps", () => {
    const at = inputs(7);
    const [plain, checked] = [loop({}), loop({ checkpoint })].map((f) => (w: Tensor) => f({ ...at, w }));
    const second = (f: (w: Tensor) => Tensor) => grad((w: Tensor) => grad(f)(w));
    const third = (f: (w: Tensor) => Tensor) => jvp(second(f), [at.w], [f64(1)])[1];
    expectClose(second(checked)(at.w), second(plain)(at.w), 1e-11);
    expectClose(third(checked), third(plain), 1e-10);
    expectClose(jvp(checked, [at.w], [f64(1)]), jvp(plain, [at.w], [f64(1)]), 1e-12);
    const many = { w: stack([at.w, at.w.neg()]), h: at.h, xs: stack([at.xs, at.xs.mul(2)]) };
    const mapped = (f: (i: Inputs) => Tensor) => vmap(grad(f), { inAxes: [{ w: 0, h: null, xs: 0 }] })(many);
    expectClose(jit(() => mapped(loop({ checkpoint })))(), mapped(loop({})), 1e-12);
    const total = (f: (i: Inputs) => Tensor) => (i: Inputs) => vmap(f, { inAxes: [{ w: 0, h: null, xs: 0 }] })(i).sum();
    expectClose(grad(total(loop({ checkpoint })))(many), grad(total(loop({})))(many), 1e-12);
  });
  it("is one wasm call", () => {
    const g = jit(grad(loop({ checkpoint })));
    g(inputs(7));
    expect(countCalls(() => g(inputs(7)))).toMatchObject({ wasmCalls: 1, interpretedKernels: 0 });
  });
});

describe("the memory of a scan of 400 steps", () => {
  const wide = 1000;
  // Each step has five intermediate values that its derivative needs.
  const f =
    (checkpoint: ScanCheckpoint) =>
    (h: Tensor): Tensor =>
      scan((c: Tensor) => [c.sin().exp().cos().tanh().mul(c), undefined], h, null, {
        length: 400,
        checkpoint,
      })[0].sum();
  const h = tensor(new Float64Array(wide).fill(0.3), { dtype: "f64" });
  /** In carries: what the forward pass leaves for the backward pass. */
  const kept = (checkpoint: ScanCheckpoint): number => {
    const graph = makeGraph(f(checkpoint))(h);
    const { primal, residuals } = linearizeGraph(graph, [true]);
    return primal.outputs.slice(-residuals).reduce((n, a) => n + sizeOf(a.shape), 0) / wide;
  };
  /** In carries: the whole frame of the compiled gradient. */
  const frame = (checkpoint: ScanCheckpoint): number =>
    schedule(makeGraph(grad(f(checkpoint)))(h)).frameBytes / (8 * wide);

  it("is one carry a step, or about two times the square root of the steps", () => {
    expect(kept("none")).toBeGreaterThanOrEqual(4 * 400);
    expect(kept("step")).toBeLessThanOrEqual(402);
    expect(kept("sqrt")).toBeLessThanOrEqual(22);
    expect(kept(50)).toBeLessThanOrEqual(10);
    expect(frame("none")).toBeGreaterThanOrEqual(4 * 400);
    expect(frame("step")).toBeLessThanOrEqual(400 + 20);
    expect(frame("sqrt")).toBeLessThanOrEqual(2 * 20 + 20);
    expect(frame(50)).toBeLessThanOrEqual(8 + 50 + 20);
  });
  it("says what it expects", () => {
    expect(() => f("all" as "sqrt")(h)).toThrow('scan: checkpoint is "all"');
    expect(() => f(0)(h)).toThrow("scan: checkpoint is 0");
  });
});
