import { type Tensor, random } from "@cotangent/core";

/** What a pass of a network with state or randomness may be given. */
export interface ApplyContext {
  /** Randomness of this pass. Each layer draws from it by its own path, whatever the others do. */
  readonly key?: Tensor | undefined;
  /** Training or evaluation (default): known when the program is traced. */
  readonly train?: boolean | undefined;
}

/** One layer's place in one pass. */
export interface Scope {
  readonly train: boolean;
  /** A fresh key, another at each call. @throws Error when the pass was given none, in the name of `kind` */
  key(kind: string): Tensor;
  /** The layer's own state. What is set here is what the pass returns. */
  state: unknown;
  /** The place of a child. */
  child(name: string, state: unknown): Scope;
}

export function rootScope(state: unknown, { key, train = false }: ApplyContext): Scope {
  let calls = 0;
  return {
    train,
    state,
    key(kind) {
      if (key === undefined)
        throw new Error(
          `${kind}: training draws random numbers, but the pass got no key. Pass one: apply({ params }, inputs, { train: true, key: random.key(seed) }).`,
        );
      return random.foldIn(key, calls++);
    },
    child: (name, own) => rootScope(own, { key: key === undefined ? undefined : childKey(key, name), train }),
  };
}

/** The key of a child: it depends on the name alone, so that adding a layer changes no other. */
export const childKey = (key: Tensor, name: string): Tensor => random.foldIn(key, hash(name));

/** A number from a name (FNV-1a, 32 bits). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}
