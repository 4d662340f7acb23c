import { expect, it } from "vitest";
import { type Tensor, compile, grad, jit, makeGraph, ones, scan, vmap } from "../../src/index.js";
import { programOf } from "../../src/backends/cpu.js";

const collect = (globalThis as { gc?: () => void }).gc;

/** Whether what `make` returned is garbage after it; weak references are cleared only between tasks. */
async function isDropped(make: () => object): Promise<boolean> {
  const reference = ((): WeakRef<object> => new WeakRef(make()))();
  for (let i = 0; i < 10 && reference.deref() !== undefined; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    collect?.();
  }
  return reference.deref() === undefined;
}

const f = (x: Tensor): Tensor => x.mul(x).tanh().sum();
const kept = [jit(f), jit(f, { donate: [0] }), grad(f), vmap(f), f];
// A slot may hold an array (not its tensor), within its budget: small ones have none.
const small = (): Tensor => ones([2, 3]);

it.each([
  ["jit", 0],
  ["a donating jit", 1],
  ["grad", 2],
  ["vmap", 3],
  ["eager operations", 4],
])("%s keeps no argument and no result", async (_, i) => {
  expect(
    await isDropped(() => {
      const x = small();
      kept[i](x);
      return x;
    }),
  ).toBe(true);
  expect(await isDropped(() => kept[i](small()))).toBe(true);
});

it("a large argument is kept as elements in its slot, not as a tensor", async () => {
  expect(
    await isDropped(() => {
      const x = ones([4096]);
      for (let k = 0; k < 3; k++) kept[0](x);
      return x;
    }),
  ).toBe(true);
});

it("a jitted function that is dropped takes its graph, its program and its captures along", async () => {
  const make = (part: (captured: Tensor, g: (x: Tensor) => Tensor) => object) => (): object => {
    const captured = small();
    const g = (x: Tensor): Tensor => scan((c: Tensor) => [c.mul(captured), undefined], x, null, { length: 3 })[0].sum();
    jit(g)(small());
    jit(grad(g))(small());
    return part(captured, g);
  };
  expect(await isDropped(make((captured) => captured))).toBe(true);
  expect(await isDropped(make((_, g) => g))).toBe(true);
  expect(
    await isDropped(() => {
      const graph = makeGraph(f)(small());
      programOf(graph).run([small().storage]);
      return graph;
    }),
  ).toBe(true);
  expect(await isDropped(() => compile(f, small()).graph)).toBe(true);
});
