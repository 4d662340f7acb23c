import { describe, expect, it } from "vitest";
import {
  type Tensor,
  compile,
  cond,
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
import { scanPrimitive } from "../../src/control/scan.js";
import { expectClose, numbers, slope } from "../support.js";

const f64 = (x: number | number[] | number[][]): Tensor => tensor(x, { dtype: "f64" });
const xs = f64([0.3, -0.2, 0.5, 0.1]);
const matrix = f64([
  [0.5, -0.3],
  [0.2, 0.7],
]);

/** A recurrence with everything at once: a captured tensor, two carries of which one has no tangent at first, an i32 counter. */
function recurrence(w: Tensor, h0: Tensor, inputs: Tensor, reverse = false): Tensor {
  const [last, path] = scan(
    ({ h, total, n }: { h: Tensor; total: Tensor; n: Tensor }, x: Tensor) => {
      const next = matrix.matmul(h).mul(w).add(x).tanh();
      return [{ h: next, total: total.add(next.sum()), n: n.add(1) }, next.mul(n)];
    },
    { h: h0, total: f64(0), n: tensor(1, { dtype: "i32" }) },
    inputs,
    { reverse },
  );
  return last.total.mul(2).add(path.square().sum());
}
function unrolled(w: Tensor, h0: Tensor, inputs: Tensor): Tensor {
  let h = h0;
  let total = f64(0);
  const path: Tensor[] = [];
  [...inputs].forEach((x, i) => {
    h = matrix.matmul(h).mul(w).add(x).tanh();
    total = total.add(h.sum());
    path.push(h.mul(i + 1));
  });
  return total.mul(2).add(stack(path).square().sum());
}
const h0 = f64([0.1, -0.4]);
const w = f64(0.9);

describe("scan", () => {
  it("computes what the unrolled loop does", () => {
    expectClose(recurrence(w, h0, xs), unrolled(w, h0, xs));
    expectClose(jit(recurrence)(w, h0, xs), unrolled(w, h0, xs));
  });

  it("has the derivatives of the unrolled loop, to third order, forward and reverse", () => {
    const argnums = [0, 1, 2] as const;
    expectClose(grad(recurrence, { argnums })(w, h0, xs), grad(unrolled, { argnums })(w, h0, xs));
    expectClose(jit(grad(recurrence, { argnums }))(w, h0, xs), grad(unrolled, { argnums })(w, h0, xs));
    const tangents: [Tensor, Tensor, Tensor] = [f64(1), f64([1, 2]), f64([1, 0, -1, 2])];
    expectClose(
      jvp((a: Tensor, b: Tensor, c: Tensor) => recurrence(a, b, c), [w, h0, xs], tangents)[1],
      jvp(unrolled, [w, h0, xs], tangents)[1],
    );
    const second = (f: typeof unrolled) => grad((a: Tensor) => grad((b: Tensor) => f(b, h0, xs))(a));
    expectClose(second(recurrence)(w), second(unrolled)(w));
    const mixed = (f: typeof unrolled) => (a: Tensor) =>
      jvp((b: Tensor) => grad((c: Tensor) => f(c, h0, xs))(b), [a], [f64(1)])[1];
    expectClose(mixed(recurrence)(w), mixed(unrolled)(w));
    const third = (f: typeof unrolled) => grad((a: Tensor) => second(f)(a));
    expectClose(third(recurrence)(w), third(unrolled)(w), 1e-9);
    expectClose(jit(third(recurrence))(w), third(unrolled)(w), 1e-9);
  });

  it("agrees with finite differences", () => {
    const numeric = slope((v) => recurrence(f64(v), h0, xs).item(), 0.9);
    expectClose(grad(recurrence)(w, h0, xs), f64(numeric), 1e-9);
  });

  it("maps over constants, carries and inputs", () => {
    const ws = f64([0.9, -0.5, 0.2]);
    const starts = stack([h0, h0.mul(2), h0.neg()]);
    const sequences = stack([xs, xs.mul(2), xs.add(1)], 1);
    const loop = (f: (i: number) => Tensor): Tensor => stack([0, 1, 2].map(f));
    const r = (a: Tensor, b: Tensor, c: Tensor) => recurrence(a, b, c);
    expectClose(
      vmap(r, { inAxes: [0, null, null] })(ws, h0, xs),
      loop((i) => recurrence(ws.at(i), h0, xs)),
    );
    expectClose(
      vmap(r, { inAxes: [null, 0, null] })(w, starts, xs),
      loop((i) => recurrence(w, starts.at(i), xs)),
    );
    expectClose(
      vmap(r, { inAxes: [null, null, 1] })(w, h0, sequences),
      loop((i) => recurrence(w, h0, sequences.at(null, i))),
    );
    const g = grad(r);
    expectClose(
      jit(vmap(g, { inAxes: [0, 0, 1] }))(ws, starts, sequences),
      loop((i) => g(ws.at(i), starts.at(i), sequences.at(null, i))),
    );
    expectClose(
      grad((a: Tensor) => vmap(r, { inAxes: [0, 0, 1] })(a, starts, sequences).sum())(ws),
      loop((i) => g(ws.at(i), starts.at(i), sequences.at(null, i))),
    );
  });

  it("runs backwards over reversed inputs, outputs staying in place", () => {
    const step = (c: Tensor, x: Tensor): [Tensor, Tensor] => [c.mul(0.5).add(x), c];
    const [a, ya] = scan(step, f64(1), xs, { reverse: true });
    const [b, yb] = scan(step, f64(1), xs.flip());
    expectClose(a, b);
    expectClose(ya, yb.flip());
    // The last carry is x0 + x1/2 + x2/4 + x3/8 + 1/16.
    expectClose(grad((v: Tensor) => scan(step, f64(1), v, { reverse: true })[0])(xs), f64([1, 0.5, 0.25, 0.125]));
  });

  it("nests, with conditions inside", () => {
    const f = (a: Tensor): Tensor =>
      scan(
        (c: Tensor, x: Tensor) => {
          const [inner] = scan((d: Tensor, y: Tensor) => [d.mul(a).add(y), undefined], x, xs);
          return [
            cond(
              c.greater(0.4),
              (v: Tensor) => v.mul(inner),
              (v: Tensor) => v.add(inner),
              c,
            ),
            undefined,
          ];
        },
        f64(0.3),
        xs,
      )[0];
    const numeric = slope((v) => f(f64(v)).item(), 0.7, 1e-4);
    expectClose(grad(f)(f64(0.7)), f64(numeric), 1e-7);
    expectClose(jit(grad(f))(f64(0.7)), f64(numeric), 1e-7);
    expectClose(vmap(grad(f))(f64([0.7, -0.3])), stack([grad(f)(f64(0.7)), grad(f)(f64(-0.3))]));
  });

  it("takes the gradient of a weight out of the loop, as one product", () => {
    const weight = tensor(
      Float64Array.from({ length: 12 }, (_, i) => Math.sin(i) / 2),
      { shape: [3, 4] },
    );
    const inputs = tensor(
      Float64Array.from({ length: 28 }, (_, i) => Math.cos(i)),
      { shape: [7, 4] },
    );
    // Rows and columns of the weight meet the slices; in the second the factors are the carry and its cotangent.
    const feedforward = (a: Tensor, v: Tensor): Tensor =>
      scan((c: Tensor, u: Tensor) => [a.matmul(u).tanh().add(c.sin()), c], f64([1, 2, 3]), v)[0].sum();
    const recurrent = (a: Tensor, v: Tensor): Tensor => {
      const square = a.T.matmul(a);
      return scan((c: Tensor, u: Tensor) => [square.matmul(c).mul(0.2).tanh().add(u), c], v.at(0), v)[1]
        .square()
        .sum();
    };
    const sumOfSteps =
      (f: (a: Tensor, v: Tensor) => Tensor) =>
      (...args: [Tensor, Tensor]) =>
        grad(f, { argnums: [0, 1] })(...args);
    for (const [f, g] of [
      [
        feedforward,
        (a: Tensor, v: Tensor) => [...v].reduce((c, u) => a.matmul(u).tanh().add(c.sin()), f64([1, 2, 3])).sum(),
      ],
      [
        recurrent,
        (a: Tensor, v: Tensor) => {
          const square = a.T.matmul(a);
          let c = v.at(0);
          return [...v]
            .map((u) => {
              const before = c;
              c = square.matmul(c).mul(0.2).tanh().add(u);
              return before.square().sum();
            })
            .reduce((p, q) => p.add(q));
        },
      ],
    ] as const) {
      expectClose(sumOfSteps(f)(weight, inputs), sumOfSteps(g)(weight, inputs));
      expectClose(jit(sumOfSteps(f))(weight, inputs), sumOfSteps(g)(weight, inputs));
      const second = (h: typeof f) => (a: Tensor) => grad((b: Tensor) => grad(h)(b, inputs).square().sum())(a);
      expectClose(second(f)(weight), second(g)(weight), 1e-9);
      const many = stack([weight, weight.mul(-2)]);
      const mapped = (h: typeof f) => vmap(grad(h), { inAxes: [0, null] })(many, inputs);
      expectClose(mapped(f), mapped(g));
      expectClose(sumOfSteps(f)(weight, stack([inputs.at(3)])), sumOfSteps(g)(weight, stack([inputs.at(3)])));
    }
    // The backward loop carries a cotangent and no sum of the weight's size; the product stands behind it.
    for (const [f, size] of [
      [feedforward, "3,4"],
      [recurrent, "4,4"],
    ] as const) {
      const { equations } = makeGraph(grad(f))(weight, inputs);
      const at = equations.findLastIndex((e) => e.primitive === scanPrimitive);
      expect(equations[at].outputs.map((v) => v.shape.join())).not.toContain(size);
      expect(equations.slice(at).some((e) => e.primitive.name === "dot")).toBe(true);
    }
    expect(numbers(grad(feedforward)(weight, tensor(new Float64Array(0), { shape: [0, 4] })))).toEqual(
      new Array(12).fill(0),
    );
  });

  it("handles no steps, no inputs, no carry", () => {
    const [c, ys] = scan((h: Tensor, x: Tensor) => [h.add(x), h], f64(3), f64([]));
    expect([c.item(), ys.shape]).toEqual([3, [0]]);
    expect(scan((h: Tensor) => [h.mul(2), undefined], f64(1), null, { length: 10 })[0].item()).toBe(1024);
    expect(numbers(scan((_: undefined, x: Tensor) => [undefined, x.mul(2)], undefined, xs)[1])).toEqual(
      numbers(xs.mul(2)),
    );
  });

  it.each([10, 1000])("is one wasm call when jitted, with nothing interpreted, for %i steps", (length) => {
    const f = jit((a: Tensor) =>
      grad((b: Tensor) => scan((h: Tensor) => [h.mul(b).sin(), undefined], b, null, { length })[0])(a),
    );
    f(f64(0.5));
    const { wasmCalls, interpretedKernels } = countCalls(() => f(f64(0.6)));
    expect([wasmCalls, interpretedKernels]).toEqual([1, 0]);
  });

  it("gives graphs whose size does not depend on the length", () => {
    const size = (length: number): number =>
      compile(
        (a: Tensor) => grad((b: Tensor) => scan((h: Tensor) => [h.mul(b), undefined], b, null, { length })[0])(a),
        f64(1),
      ).graph.equations.length;
    expect(size(1000)).toBe(size(10));
  });

  it("says what is wrong", () => {
    const step = (c: Tensor, x: Tensor): [Tensor, Tensor] => [c.add(x), x];
    expect(() => scan(step, tensor(0), tensor(1))).toThrow("scan: xs leaf");
    expect(() => scan((c: Tensor) => [stack([c, c]), undefined], tensor(0), null, { length: 2 })).toThrow(
      "goes in as f32[] and comes out as f32[2]",
    );
    expect(() => scan((c: Tensor) => [c, undefined], tensor(0), null)).toThrow("length is undefined");
    expect(() =>
      scan((c: Tensor, { a, b }: { a: Tensor; b: Tensor }) => [c.add(a).add(b), undefined], tensor(0), {
        a: tensor([1]),
        b: tensor([1, 2]),
      }),
    ).toThrow("leaf b is f32[2] with 2 steps, expected 1");
  });
});
