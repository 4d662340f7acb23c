import { Tracer } from "../graph/tracer.js";
import { describe } from "../tensor/shape.js";
import { Tensor } from "../tensor/tensor.js";
import { rows } from "./indexing.js";
import * as methods from "./methods.js";

type Tail<F> = F extends (first: never, ...rest: infer R) => infer Out ? (...rest: R) => Out : never;
/** The operations that are methods, with their first argument taken away. */
export type FluentMethods = { readonly [K in keyof typeof methods]: Tail<(typeof methods)[K]> };

declare global {
  // Empty where the library of TypeScript that a user compiles with does not know `using`.
  interface Disposable {}
}
declare module "../tensor/tensor.js" {
  /** The fluent methods: every export of operations/methods.ts. */
  interface Tensor extends FluentMethods, Disposable {
    /** All axes reversed. */
    readonly T: Tensor;
    [Symbol.iterator](): Iterator<Tensor>;
  }
}

/** Gives Tensor its methods. Called once, by the root module. */
export function installMethods(): void {
  for (const [name, f] of Object.entries(methods) as [string, (...args: unknown[]) => unknown][])
    Object.defineProperty(Tensor.prototype, name, {
      value(this: Tensor, ...rest: unknown[]) {
        return f(this, ...rest);
      },
      configurable: true,
      writable: true,
    });
  Object.defineProperty(Tensor.prototype, "T", {
    get(this: Tensor) {
      return methods.transpose(this);
    },
    configurable: true,
  });
  // What console.log shows in Node.
  Object.defineProperty(Tensor.prototype, Symbol.for("nodejs.util.inspect.custom"), {
    value(this: Tensor) {
      return this instanceof Tracer ? `traced ${describe(this)}` : this.toString();
    },
    configurable: true,
  });
  Object.defineProperty(Tensor.prototype, Symbol.iterator, {
    value(this: Tensor) {
      return rows(this);
    },
    configurable: true,
    writable: true,
  });
}
