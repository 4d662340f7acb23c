import { describe, expect, it } from "vitest";
import {
  type Tensor,
  checkpoint,
  cond,
  customVjp,
  grad,
  jit,
  jvp,
  scan,
  stack,
  tensor,
  tree,
  vmap,
} from "../../src/index.js";
import { expectClose, slope } from "../support.js";

/*
 * All 512 nestings of depth 3 of eight transforms, on four functions. `grad` and `jvp` take the derivative in a fixed direction, each
 * in its own mode; the other transforms leave the function as it is. So a word with k derivatives is the k-th derivative of the
 * plain function, and its own gradient the next one.
 */

const f64 = (x: number | number[]): Tensor => tensor(x, { dtype: "f64" });

/** A scalar function of a tree that is differentiated, and of an integer that is not. */
type F<X> = (x: X, n: Tensor) => Tensor;

interface Case<X> {
  readonly f: F<X>;
  readonly x: X;
  readonly direction: X;
}

function wrappers<X>(direction: X): Record<string, (f: F<X>) => F<X>> {
  const along = (gradient: X): Tensor =>
    tree.leaves(tree.map((g, d) => g.mul(d).sum(), gradient, direction)).reduce((a, b) => a.add(b));
  return {
    grad: (f) => (x, n) => along(grad(f as never)(x as never, n as never) as X),
    jvp: (f) => (x, n) => jvp((v: X) => f(v, n), [x], [direction])[1],
    vmap: (f) => (x, n) =>
      vmap(f)(
        tree.map((v) => stack([v.mul(2), v]), x),
        stack([n.add(1), n]),
      ).at(1),
    jit: (f) => jit(f),
    checkpoint: (f) => checkpoint(f),
    customVjp: (f) =>
      customVjp<[X, Tensor], Tensor, { x: X; n: Tensor }>(
        f as never,
        (x, n) => [f(x, n), { x, n }],
        ({ x, n }, ct) => {
          const gradient = grad(f as never)(x as never, n as never) as X;
          return [tree.map((g) => g.mul(ct), gradient), null];
        },
      ),
    // The sum over both steps of a weight times f, the weights adding up to one.
    scan: (f) => (x, n) =>
      scan(
        (c: { x: X; n: Tensor; total: Tensor }, weight: Tensor) => [
          { ...c, total: c.total.add(f(c.x, c.n).mul(weight)) },
          undefined,
        ],
        { x, n, total: f64(0) },
        f64([0.25, 0.75]),
      )[0].total,
    cond: (f) => (x, n) => cond(n.less(9), f, (v: X) => tree.leaves(v)[0].sum(), x, n),
  };
}

const captured = f64([0.7, -0.4]);
const n = tensor(2, { dtype: "i32" });
const pair = { a: f64(0.4), b: [f64([0.2, -0.3])] };

const cases = {
  "a shared subexpression": {
    f: (x: Tensor) => {
      const s = x.sin();
      return s.mul(s).add(s);
    },
    x: f64(0.4),
    direction: f64(1.5),
  },
  "a captured tensor": { f: (x: Tensor) => captured.mul(x).tanh().dot(captured), x: f64(0.4), direction: f64(1.5) },
  "an integer input": {
    f: (x: Tensor, i: Tensor) => f64([0.1, 0.2, 0.6, 5]).take(i).mul(x).exp().mul(i.astype("f64")),
    x: f64(0.4),
    direction: f64(1.5),
  },
  "a tree input": {
    f: ({ a, b }: typeof pair) => b[0].mul(a).sin().sum().mul(b[0].square().sum()),
    x: pair,
    direction: { a: f64(1), b: [f64([0.5, -2])] },
  },
} as const;

/** jvp left of customVjp, with no grad between: forward mode meets a rule for reverse mode. */
const isForwardOverCustomVjp = (word: readonly string[]): boolean =>
  word.some(
    (a, i) => a === "jvp" && word.some((b, j) => b === "customVjp" && j > i && !word.slice(i, j).includes("grad")),
  );

describe.each(Object.entries(cases))("%s", (_, { f, x, direction }: Case<any>) => {
  const wrap = wrappers<any>(direction);
  const names = Object.keys(wrap);
  const derivatives = [f];
  for (let k = 0; k < 4; k++) derivatives.push(wrap["grad"](derivatives[k]));
  const expected = derivatives.map((d) => d(x, n));

  it("has the derivatives that finite differences show", () => {
    const moved = (k: number) => (t: number) =>
      derivatives[k](
        tree.map((v: Tensor, d: Tensor) => v.add(d.mul(t)), x, direction),
        n,
      ).item();
    for (let k = 0; k < 4; k++) expectClose(expected[k + 1], f64(slope(moved(k), 0)), 1e-9);
  });

  it.each(names)("has them through all words that begin with %s", (a) => {
    for (const b of names)
      for (const c of names) {
        const word = [a, b, c];
        const g = wrap[a](wrap[b](wrap[c](f)));
        const order = word.filter((w) => w === "grad" || w === "jvp").length;
        try {
          if (isForwardOverCustomVjp(word)) {
            expect(() => g(x, n)).toThrow(/forward-mode differentiation .* customJvp/);
            continue;
          }
          expectClose(g(x, n), expected[order], 1e-11);
          expectClose(jit(wrap["grad"](g))(x, n), expected[order + 1], 1e-10);
        } catch (error) {
          throw new Error(word.join("("), { cause: error });
        }
      }
  });
});
