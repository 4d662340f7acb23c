import { describe, expect, it } from "vitest";
import { type Tensor, grad, jit, tensor, vmap } from "../../src/index.js";

const rows = tensor([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("outAxes of vmap", () => {
  it("is one axis for all outputs, or a tree", () => {
    const f = (x: Tensor): { a: Tensor; b: Tensor[] } => ({ a: x, b: [x.mul(2), x.sum()] });
    const outAxes = { a: 1, b: [-1, 0] };
    for (const g of [vmap(f, { outAxes }), jit(vmap(f, { outAxes }))]) {
      const { a, b } = g(rows);
      expect(a.toArray()).toEqual([
        [1, 4],
        [2, 5],
        [3, 6],
      ]);
      expect(b[0].toArray()).toEqual([
        [2, 8],
        [4, 10],
        [6, 12],
      ]);
      expect(b[1].toArray()).toEqual([6, 15]);
    }
  });

  it("null gives what is the same for all without an axis", () => {
    const f = (x: Tensor, w: Tensor): Tensor[] => [x.mul(w), w.add(1)];
    const [product, next] = vmap(f, { inAxes: [0, null], outAxes: [1, null] })(rows, tensor(2));
    expect([product.shape, next.shape, next.item()]).toEqual([[3, 2], [], 3]);
    expect(() => vmap((x: Tensor) => [x], { outAxes: null })(rows)).toThrow(
      "vmap: outAxes is null for the output at [0], which depends on mapped arguments. Give it an axis.",
    );
    expect(() => vmap((x: Tensor) => ({ a: x }), { outAxes: { b: 0 } })(rows)).toThrow(
      "vmap: outAxes at a is undefined, expected a number or null.",
    );
  });
});

describe("argnums", () => {
  const f = (a: Tensor, b: Tensor): Tensor => a.mul(b).mul(b);
  it("counts from the end when negative", () => {
    expect(grad(f, { argnums: -1 })(tensor(3), tensor(2)).item()).toBe(12);
  });
  it("names an argument once", () => {
    expect(() => grad(f, { argnums: [0, -2] })(tensor(3), tensor(2))).toThrow("argnums has argument 0 twice");
    expect(() => grad(f, { argnums: 2 })(tensor(3), tensor(2))).toThrow(
      "grad: argnums has 2, expected an integer from -2 to 1",
    );
  });
});

it("shapes of results are frozen: a caller cannot corrupt kept programs", () => {
  const twice = jit((x: Tensor) => x.mul(2));
  for (const f of [twice, vmap(twice), (x: Tensor) => x.add(1), (x: Tensor) => x.reshape([3, 2])]) {
    const { shape } = f(rows);
    expect(() => ((shape as number[])[0] = 7)).toThrow(TypeError);
    expect(f(rows).shape).toEqual(shape);
  }
});
