import { describe, expect, it } from "vitest";
import { explain, profile } from "../../src/debug/index.js";
import { type Tensor, compile, dot, grad, ones, scan, tensor } from "../../src/index.js";

const x = ones([64, 8]);

describe("explain", () => {
  it("counts the work of an elementwise chain", () => {
    const e = explain((a: Tensor, b: Tensor) => a.mul(b).add(1).sqrt())(ones([100]), ones([100]));
    expect(e).toMatchObject({ flops: 300, bytesMoved: 1200, runs: 1, exact: true, arenaBytes: 0, outputBytes: 400 });
    expect(e.inputs.map((i) => [i.name, i.passes, i.loads])).toEqual([
      ["argument [0]", 1, 1],
      ["argument [1]", 1, 1],
    ]);
  });

  it("tells captured inputs from arguments, and how often each is read", () => {
    const loss = (w: Tensor): Tensor => x.matmul(w).tanh().sum();
    const e = explain(grad(loss))(ones([8]));
    expect(e.inputs.map((i) => [i.name, i.type, i.captured])).toEqual([
      ["captured 0", "f32[64, 8]", true],
      ["argument [0]", "f32[8]", false],
    ]);
    expect(e.inputs[0].passes).toBe(2);
    expect(e.residentBytes).toBe(64 * 8 * 4);
  });

  it("counts a loop's kernels with its length, and each of its slices once", () => {
    const body = (c: Tensor, row: Tensor): [Tensor, Tensor] => [dot(c, c).mul(row), row.sum()];
    const e = explain((c: Tensor) => scan(body, c, ones([10, 40])))(ones([40]));
    expect(e.inputs[0].passes).toBeGreaterThanOrEqual(1);
    expect(e.inputs[0].passes).toBeLessThanOrEqual(2);
    expect(e.runs).toBe(e.kernels.reduce((n, k) => n + k.runs, 0));
  });

  it("is a report that a stranger can read", () => {
    const text = String(
      explain(function loss(w: Tensor) {
        return x.matmul(w).square().sum();
      })(ones([8])),
    );
    expect(text).toMatch(/^loss: equations \d+, after simplification \d+; distinct kernels \d+/);
    expect(text).toContain("passes over it");
    expect(text).toMatch(/compiled in [\d.]+ ms: trace [\d.]+, simplify/);
  });

  it("does not run the function's program, and leaves it as it was", () => {
    const f = (a: Tensor): Tensor => a.exp();
    const before = compile(f, tensor([1]))
      .run(tensor([1]))
      .item();
    explain(f)(tensor([1]));
    expect(
      compile(f, tensor([1]))
        .run(tensor([1]))
        .item(),
    ).toBe(before);
  });
});

describe("profile", () => {
  it("times each kernel within the program", () => {
    const step = (h: Tensor, u: Tensor): [Tensor, Tensor] => [h.mul(u).tanh(), h.sum()];
    const p = profile(function recurrence(h: Tensor) {
      return scan(step, h.matmul(ones([300, 300])), ones([20, 300]));
    })(ones([300]));
    const runs = p.kernels.map((k) => k.runs);
    expect(runs).toContain(1);
    expect(runs).toContain(20);
    expect(p.kernels.reduce((sum, k) => sum + k.share, 0)).toBeCloseTo(1, 6);
    expect(p.microseconds).toBeGreaterThan(0);
    expect(String(p)).toMatch(
      /^recurrence: [\d.]+ (us|ms) a call, of which [\d.]+ (us|ms) in \d+ distinct kernels\n\nkernel/,
    );
  });

  it("refuses what is not a function, or a number of calls that is none", () => {
    expect(() => profile(3 as never)).toThrow(/profile: got number/);
    expect(() => profile((a: Tensor) => a, { calls: 0 })).toThrow(/profile: calls is 0, expected a positive integer/);
  });
});
