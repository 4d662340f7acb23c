import { type Tensor, compile, tree, valueAndGrad } from "@cotangent/core";
import type { FlatDensity } from "./sampler/density.js";

/** Value and gradient of a log density of a tree, compiled once, on one vector: the leaves in tree order. */
export function flatDensity<P>(logDensity: (position: P) => Tensor, example: P): FlatDensity {
  // Whatever tree P is, compile has checked its leaves by the time this runs.
  const f = valueAndGrad(logDensity as unknown as (position: Record<string, Tensor>) => Tensor);
  const program = compile(f, example as Record<string, Tensor>).bind();
  const { inputs, outputs } = program;
  const sizes = tree.leaves(example).map((leaf) => leaf.size);
  const dimension = sizes.reduce((a, b) => a + b, 0);
  return {
    dimension,
    evaluate(position, gradient) {
      let next = 0;
      for (let leaf = 0; leaf < sizes.length; leaf++) {
        const input = inputs[leaf];
        for (let i = 0; i < sizes[leaf]; i++) input[i] = position[next++];
      }
      program.run();
      next = 0;
      for (let leaf = 0; leaf < sizes.length; leaf++) {
        const output = outputs[leaf + 1];
        for (let i = 0; i < sizes[leaf]; i++) gradient[next++] = output[i];
      }
      return outputs[0][0];
    },
  };
}
