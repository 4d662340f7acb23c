import { type Optimizer, type Transform, optimizer } from "./optimizer.js";

/** What a chain is made of: transforms, and one optimiser. */
export type ChainPart = Transform<unknown, string> | Optimizer<unknown, string>;
type StatesOf<T extends readonly ChainPart[]> = { readonly [K in keyof T]: ReturnType<T[K]["init"]> };
type NamesOf<T extends ChainPart> = T extends ChainPart
  ? keyof NonNullable<Parameters<T["update"]>[0]["hyper"]> & string
  : never;

/**
 * chain : (transforms..., optimiser) -> optimiser. Each part gets what the one before it made of the gradients. Its state is
 * an array with the state of each part; a hyperparameter in `hyper` reaches every part that knows its name.
 *
 * ```ts
 * const optimizer = chain(clipByGlobalNorm(1), adam({ learningRate: cosine(1e-3, 2000) }));
 * ```
 *
 * @throws TypeError unless exactly one part is an optimiser, which turns gradients into steps downhill
 */
export function chain<const T extends readonly ChainPart[]>(...parts: T): Optimizer<StatesOf<T>, NamesOf<T[number]>> {
  const steps = parts.filter((part) => "transform" in part);
  if (steps.length !== 1)
    throw new TypeError(
      `chain: ${steps.length === 0 ? "no part" : steps.map((s) => s.name).join(" and ")} of (${parts.map((p) => p.name).join(", ")}) ` +
        `${steps.length === 0 ? "turns gradients into steps" : "turn gradients into steps"}, expected exactly one that does. ` +
        "End the chain with one optimiser such as sgd or adam.",
    );
  const transforms = parts.map((part): Transform<unknown, string> => ("transform" in part ? part.transform : part));
  const name = `chain(${parts.map((part) => part.name).join(", ")})`;
  return optimizer({
    name,
    hyperparameters: [...new Set(transforms.flatMap((t) => t.hyperparameters))],
    init: (params) => transforms.map((t) => t.init(params)) as unknown as StatesOf<T>,
    update(step) {
      const { params, hyper } = step;
      let { updates } = step;
      checkState(name, step.state, transforms.length);
      const state = transforms.map((t, i) => {
        const next = t.update({ updates, params, state: step.state[i], hyper });
        updates = next.updates;
        return next.state;
      });
      return { updates, state: state as unknown as StatesOf<T> };
    },
  });
}

function checkState(name: string, state: unknown, count: number): void {
  if (!Array.isArray(state) || state.length !== count)
    throw new TypeError(
      `${name}.update: state is ${Array.isArray(state) ? `an array of ${state.length}` : typeof state}, expected an array of ${count}, one for each part. ` +
        "Pass the state that init or the last update returned.",
    );
}
