import { expect, test } from "vitest";
import { type Tensor, formatGraph, makeGraph, zeros } from "../../src/index.js";
import { explain } from "../../src/debug/index.js";
import { samples } from "./samples.js";

/*
 * What representative programs compile to, for people: one file each in kernels/, headed by what to look for in it. A change of the compiler
 * shows there as a difference to read: fewer passes and less arithmetic are progress, and `vitest -u` accepts it.
 */
/** The first lines, and each to a width that an editor shows: polynomials go on for long. */
const head = (text: string, lines = Infinity): string => {
  const all = text.trimEnd().split("\n");
  const shown = all.slice(0, lines).map((line) => (line.length > 140 ? `${line.slice(0, 136)} ...` : line));
  return [...shown, ...(all.length > lines ? [`... ${all.length - lines} more lines`] : []), ""].join("\n");
};

for (const [name, { look, program, shapes, lines }] of Object.entries(samples))
  test(name, async () => {
    const { kernels, runs, arenaBytes } = explain(program)(...shapes.map((shape) => zeros(shape)));
    const steps = kernels.map((k) => `${k.name}: ${k.runs} ${k.runs === 1 ? "run" : "runs"}`).join(", ");
    const text = [
      look,
      `${runs} kernel runs a call, ${arenaBytes} bytes of temporaries; ${steps}`,
      "",
      ...kernels.map((k) => head(k.code, lines)),
    ];
    await expect(text.join("\n")).toMatchFileSnapshot(`kernels/${name}.txt`);
  });

test("formatGraph tells -0 from 0, which are different constants", () => {
  const graph = makeGraph((x: Tensor) => [x.div(-0), x.div(0)])(zeros([2]));
  expect(formatGraph(graph)).toMatch(/broadcast.* -0\n[^]*broadcast.* 0\n/);
});
