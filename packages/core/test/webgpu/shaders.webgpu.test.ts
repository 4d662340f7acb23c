import { afterAll, beforeEach, expect, test } from "vitest";
import { type Tensor, init, jit, memory, tree, zeros } from "../../src/index.js";
import { samples } from "../compiler/samples.js";
import { gpu, takeShaders } from "./adapter.js";

/*
 * What representative programs become on a GPU, for people, beside kernels/ of the compiler's tests: one file each in shaders/, the texts in
 * the order of their first dispatch. A change of the emitter shows there as a difference to read: fewer dispatches are progress, and
 * `vitest -u` accepts it.
 */

beforeEach(() => init("webgpu", { gpu })); // with no pipelines yet
afterAll(() => init("cpu"));

const narrow = (text: string): string =>
  text
    .split("\n")
    .map((line) => (line.length > 140 ? `${line.slice(0, 136)} ...` : line))
    .join("\n");

for (const [name, { program, shapes }] of Object.entries(samples)) {
  const inputs = shapes.map((shape) => zeros(shape));
  test(name, async () => {
    const f = jit(program as (...args: Tensor[]) => Tensor);
    const call = async (): Promise<void> => {
      for (const y of tree.leaves(f(...inputs))) await y.data();
    };
    takeShaders();
    await call();
    const shaders = takeShaders();
    const before = memory().dispatches;
    await call();
    const head = `// ${memory().dispatches - before} dispatches a call, ${shaders.length} shaders\n`;
    expect(takeShaders()).toEqual([]);
    await expect(narrow([head, ...shaders].join("\n"))).toMatchFileSnapshot(`shaders/${name}.wgsl`);
  });
}
