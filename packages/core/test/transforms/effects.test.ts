import { describe, expect, it } from "vitest";
import { type Equation, type Graph, isGraph } from "../../src/graph/graph.js";
import { type Primitive, definePrimitive } from "../../src/graph/primitive.js";
import { hasEffects, pruneGraph } from "../../src/graph/prune.js";
import { bind } from "../../src/graph/trace.js";
import {
  type Tensor,
  checkpoint,
  cond,
  customJvp,
  customVjp,
  jit,
  makeGraph,
  scan,
  tensor,
  vmap,
} from "../../src/index.js";
import { linearizeGraph } from "../../src/transforms/graphs.js";

/** An operation without outputs that must not be dropped, as debugPrint is. */
const note: Primitive = definePrimitive<object>({
  name: "note",
  infer: () => [],
  batch: (inputs) => ({ outputs: bind(note, inputs, {}), axes: [] }),
  lower: () => {
    throw new Error("note is not compiled here");
  },
  effects: () => true,
});

const noted = (x: Tensor): Tensor => {
  bind(note, [x.mul(3)], {});
  return x.sin();
};
const notes = (graph: Graph): number =>
  graph.equations.reduce(
    (n, e) => n + (e.primitive === note ? 1 : 0) + carried(e).reduce((m, g) => m + notes(g), 0),
    0,
  );
const carried = ({ params }: Equation): Graph[] => Object.values(params).flat().filter(isGraph);

const callers: Record<string, (x: Tensor) => Tensor> = {
  jit: jit(noted),
  checkpoint: checkpoint(noted),
  scan: (x) => scan((c: Tensor) => [noted(c), undefined], x, null, { length: 3 })[0],
  "scan of checkpoints": (x) =>
    scan((c: Tensor) => [noted(c), undefined], x, null, { length: 9, checkpoint: "sqrt" })[0],
  cond: (x) => cond(x.greater(0), noted, (v: Tensor) => v, x),
  customJvp: customJvp(noted, ([x], [t]) => [noted(x), t.mul(x.cos())]),
  customVjp: customVjp(
    noted,
    (x) => [noted(x), x],
    (x, ct) => [ct.mul(x.cos())],
  ),
};

describe.each(Object.entries(callers))("an effect inside %s", (_, f) => {
  const x = tensor([1, 2]).sum();
  const ignored = makeGraph((v: Tensor) => {
    f(v);
    return v.mul(2);
  })(x);
  it("is kept when nothing reads the result, and makes its equation an effect", () => {
    expect(ignored.equations.filter((e) => e.primitive.effects?.(e.params) === true).length).toBe(1);
    expect(hasEffects(ignored)).toBe(true);
    expect(notes(pruneGraph(ignored, [true]).graph)).toBe(notes(ignored));
    expect(hasEffects(pruneGraph(ignored, [false]).graph)).toBe(true);
  });
  it("stays under vmap", () => {
    const mapped = makeGraph(vmap((v: Tensor) => [f(v), v.mul(2)]))(tensor([1, 2]));
    expect(hasEffects(pruneGraph(mapped, [false, true]).graph)).toBe(true);
  });
  it("happens in the forward pass only", () => {
    const { primal, linear } = linearizeGraph(makeGraph(f)(x), [true]);
    expect([hasEffects(primal), hasEffects(linear)]).toEqual([true, false]);
  });
});

it("is no effect of a function without", () => {
  expect(hasEffects(makeGraph(jit((v: Tensor) => v.sin()))(tensor(1)))).toBe(false);
});
