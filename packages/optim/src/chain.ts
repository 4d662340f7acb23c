import { type Optimizer, type Transform, optimizer } from "./transform.js";

type Stage = Transform<any> | Optimizer<any>;
const transformOf = (stage: Stage): Transform<unknown> =>
  ("transform" in stage ? stage.transform : stage) as Transform<unknown>;

/**
 * Transforms one after another; an optimiser, which scales by its learning rate, comes last.
 *
 * @example chain(clipByGlobalNorm(1), adam({ learningRate: cosine(1e-3, 2000) }))
 */
export function chain(...stages: readonly Stage[]): Optimizer<readonly unknown[]> {
  const list = stages.map(transformOf);
  return optimizer({
    init: (params) => list.map((stage) => stage.init(params)),
    update(step) {
      let { updates } = step;
      const state = list.map((stage, i) => {
        const next = stage.update({ ...step, updates, state: step.state[i] });
        updates = next.updates;
        return next.state;
      });
      return { updates, state };
    },
  });
}
