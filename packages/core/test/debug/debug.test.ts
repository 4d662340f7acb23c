import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Tensor,
  assertMaxTraces,
  checkGrads,
  checkpoint,
  cond,
  customJvp,
  debugCallback,
  debugNans,
  debugPrint,
  grad,
  jit,
  scan,
  stopGradient,
  tensor,
  vmap,
  whileLoop,
} from "../../src/index.js";
import { interpretedProgram } from "../../src/backends/interpreter/interpretedProgram.js";
import { schedule } from "../../src/compiler/schedule.js";
import { makeGraph } from "../../src/index.js";

const f64 = (values: number | readonly number[]): Tensor => tensor(values as number[], { dtype: "f64" });

describe("debugPrint", () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
  const printed = (): string[] => log.mock.calls.map(([line]) => String(line));
  afterEach(() => log.mockClear());

  it("prints eagerly and compiled, in order, though nothing reads it", () => {
    const f = (x: Tensor): Tensor => {
      debugPrint("x = {}", x);
      const y = x.mul(2);
      debugPrint("{} and {}, {}", y, x, "text");
      return y;
    };
    f(f64(3));
    expect(printed()).toEqual(["x = f64[] 3", "f64[] 6 and f64[] 3, text"]);
    log.mockClear();
    const compiled = jit(f);
    compiled(f64(3));
    compiled(f64(4));
    expect(printed()).toEqual(["x = f64[] 3", "f64[] 6 and f64[] 3, text", "x = f64[] 4", "f64[] 8 and f64[] 4, text"]);
  });
  it("prints in every step of a scan and in the branch that is taken", () => {
    const f = jit((xs: Tensor) => {
      const [last] = scan(
        (c: Tensor, x: Tensor) => {
          const next = c.add(x);
          debugPrint("at {}", next);
          return [next, undefined];
        },
        f64(0),
        xs,
      );
      return cond(
        last.greater(5),
        (v: Tensor) => {
          debugPrint("large {}", v);
          return v;
        },
        (v: Tensor) => v.neg(),
        last,
      );
    });
    expect(f(f64([1, 2, 3])).item()).toBe(6);
    expect(printed()).toEqual(["at f64[] 1", "at f64[] 3", "at f64[] 6", "large f64[] 6"]);
    log.mockClear();
    expect(f(f64([1, 2, -3])).item()).toBe(-0);
    expect(printed()).toEqual(["at f64[] 1", "at f64[] 3", "at f64[] 0"]);
  });
  it("prints the batch under vmap, and the forward pass only under grad", () => {
    const f = (x: Tensor): Tensor => {
      debugPrint("x {}", x);
      return x.square();
    };
    vmap(f)(f64([1, 2]));
    jit(vmap(f))(f64([1, 2]));
    expect(printed()).toEqual(["x f64[2] [1, 2]", "x f64[2] [1, 2]"]);
    log.mockClear();
    expect(jit(grad(f))(f64(3)).item()).toBe(6);
    expect(grad(jit(f))(f64(3)).item()).toBe(6);
    expect(grad(grad(f))(f64(3)).item()).toBe(2);
    expect(printed()).toEqual(["x f64[] 3", "x f64[] 3", "x f64[] 3"]);
  });
  it("stays in a jitted function called by another, and is not repeated where checkpoint recomputes", () => {
    const inner = jit((x: Tensor) => {
      debugPrint("inner {}", x);
      return x.sin();
    });
    jit((x: Tensor) => inner(inner(x)).mul(0).add(1))(f64(0));
    expect(printed()).toEqual(["inner f64[] 0", "inner f64[] 0"]);
    log.mockClear();
    jit(grad(checkpoint((x: Tensor) => inner(x))))(f64(0));
    expect(printed()).toEqual(["inner f64[] 0"]);
  });
  it("runs in the interpreter as well", () => {
    const seen: number[][] = [];
    const graph = makeGraph((x: Tensor) => {
      debugCallback((v) => seen.push(v.toArray() as number[]), x.mul(2));
      debugCallback(() => seen.push([]));
      return x;
    })(f64([1, 2]));
    interpretedProgram(schedule(graph), 1).run([Float64Array.of(1, 2)]);
    expect(seen).toEqual([[2, 4], []]);
  });
});

it("a callback may run programs without disturbing the one that called it", () => {
  const other = jit((x: Tensor) => x.mul(3).add(1).sum());
  const seen: number[] = [];
  const f = jit((x: Tensor) => {
    const y = x.sin().add(1);
    debugCallback(
      (v) =>
        seen.push(
          other(v).item(),
          grad((u: Tensor) => u.square().sum())(v)
            .sum()
            .item(),
        ),
      y,
    );
    return y.mul(x).sum();
  });
  const x = tensor(Float64Array.from({ length: 5000 }, (_, i) => i / 5000));
  const expected = x.sin().add(1).mul(x).sum().item();
  expect(f(x).item()).toBe(expected);
  expect(f(x).item()).toBe(expected);
  expect(seen).toHaveLength(4);
  expect(seen[0]).toBeCloseTo(x.sin().add(1).mul(3).add(1).sum().item(), 8);
});

it("an error in a callback reaches the caller, and the next call is whole", () => {
  let fail = true;
  const f = jit((x: Tensor) => {
    debugCallback(() => {
      if (fail) throw new Error("from the callback");
    }, x);
    return x.add(1);
  });
  expect(() => f(f64(1))).toThrow("from the callback");
  fail = false;
  expect(f(f64(1)).item()).toBe(2);
});

describe("debugNans", () => {
  it.each([
    ["eager", (f: (x: Tensor) => Tensor) => f],
    ["compiled", (f: (x: Tensor) => Tensor) => jit(f)],
  ])("names the first operation that makes one, %s", (_, wrap) => {
    const f = wrap((x) => x.add(1).log().mul(2).sum());
    expect(() => debugNans(f)(f64([0, -3, 1]))).toThrow(
      /debugNans: log gave NaN at \[1\] \(1 of 3\), f64\[3\].*Its inputs are f64\[3\] 1 -2 2\./,
    );
    expect(debugNans(f)(f64([0, 1])).item()).toBe(f(f64([0, 1])).item());
  });
  it("looks into scans, branches and derivatives, and says where", () => {
    const f = jit(function model(x: Tensor): Tensor {
      const [last] = scan((c: Tensor, s: Tensor) => [c.sub(s).sqrt(), undefined], x, f64([1, 2, 3]));
      return last;
    });
    expect(() => debugNans(f)(f64(5))).toThrow(/sqrt gave NaN.* in jit\(.*\) > scan step 2\./);
    const g = (x: Tensor): Tensor =>
      cond(
        x.greater(0),
        (v: Tensor) => v,
        (v: Tensor) => v.log(),
        x,
      );
    expect(() => debugNans(g)(f64(-1))).toThrow("cond branch 0");
    const h = jit((x: Tensor) =>
      whileLoop(
        (c: Tensor) => c.less(100),
        (c: Tensor) => c.sub(3).sqrt().add(c),
        x,
      ),
    );
    expect(() => debugNans(h)(f64(2))).toThrow(/sqrt gave NaN.* in jit\(.*\) > while round 0\./);
    expect(debugNans(h)(f64(4)).item()).toBe(h(f64(4)).item());
    // The derivative of sqrt at 0 is infinite: 0 times it is the NaN.
    expect(() => debugNans(grad((x: Tensor) => x.mul(0).sqrt().mul(x)))(f64(1))).toThrow(/gave NaN/);
    expect(debugNans(grad(jit((x: Tensor) => x.sin())))(f64(0)).item()).toBe(1);
  });
  it("takes constants for intended, arguments not, infinities if asked", () => {
    const f = (x: Tensor): Tensor => x.add(NaN);
    expect(debugNans(f)(f64(1)).item()).toBeNaN();
    expect(() => debugNans((p: { w: Tensor }) => p.w)({ w: f64([1, NaN]) })).toThrow(
      "argument 0 leaf w, f64[2], already holds NaN at [1]",
    );
    expect(debugNans((x: Tensor) => x.log())(f64(0)).item()).toBe(-Infinity);
    expect(() => debugNans((x: Tensor) => x.log(), { infinities: true })(f64(0))).toThrow("log gave -Infinity");
    expect(() => jit((x: Tensor) => debugNans((y: Tensor) => y)(x))(f64(0))).toThrow("Put it outermost");
  });
});

describe("assertMaxTraces", () => {
  it("lets the same types pass and names the leaf that changed", () => {
    const step = jit(
      assertMaxTraces(function update(p: { w: Tensor }, x: Tensor): Tensor {
        return p.w.mul(x).sum();
      }, 1),
    );
    step({ w: f64([1, 2]) }, f64(1));
    step({ w: f64([3, 4]) }, f64(2));
    expect(() => step({ w: f64([1, 2, 3]) }, f64(1))).toThrow(
      "assertMaxTraces: update is traced for the 2nd time, at most 1 allowed. Argument [0].w was f64[2] and is f64[3].",
    );
  });
});

describe("checkGrads", () => {
  it("passes right derivatives, in both precisions and over trees", () => {
    checkGrads((x: Tensor) => x.sin().mul(x), [f64([0.3, -1])], { order: 3 });
    checkGrads((x: Tensor) => x.tanh().sum(), [tensor([0.3, -1])]);
    checkGrads(
      (p: { a: Tensor; n: Tensor }, y: Tensor) => ({ z: p.a.mul(p.n).exp(), w: y.mul(p.a) }),
      [{ a: f64(0.5), n: tensor([2], { dtype: "i32" }) }, f64([1, 2])],
    );
  });
  it("names a wrong one, of first and of second order", () => {
    const wrong = customJvp(
      (x: Tensor) => x.sin(),
      ([x], [t]) => [x.sin(), t.mul(x.cos()).mul(1.01)],
    );
    expect(() => checkGrads(wrong, [f64([0.3])])).toThrow(
      /checkGrads: forward.*the derivative is .*, the difference quotient/,
    );
    expect(() => checkGrads(wrong, [f64([0.3])], { modes: ["reverse"] })).toThrow("checkGrads: reverse");
    const secondOnly = customJvp(
      (x: Tensor) => x.sin(),
      ([x], [t]) => [x.sin(), t.mul(x.cos().add(x.sin().sub(stopGradient(x.sin()))))],
    );
    checkGrads(secondOnly, [f64([0.3])], { order: 1 });
    expect(() => checkGrads(secondOnly, [f64([0.3])])).toThrow(/over (forward|reverse)/);
  });
});
