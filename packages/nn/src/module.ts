import { type Tensor, random } from "@cotangent/core";
import { type AnyLayer, type Context, type Layer, layer } from "./layer.js";

/** Named layers, arrays of them and groups of them. */
export type Children = { readonly [name: string]: AnyLayer | readonly AnyLayer[] | Children };

/** The parameters of children: a tree of the same shape. */
export type ParamsOf<C> =
  C extends Layer<infer P, never, unknown>
    ? P
    : C extends { forward(params: infer P, ...rest: any[]): unknown }
      ? P
      : C extends readonly (infer Item)[]
        ? ParamsOf<Item>[]
        : { [K in keyof C]: ParamsOf<C[K]> };

/** Children as the forward pass sees them: already bound to their parameters. */
export type Bound<C> = C extends { forward(params: any, context: Context, ...inputs: infer A): infer B }
  ? (...inputs: A) => B
  : C extends readonly (infer Item)[]
    ? readonly Bound<Item>[]
    : { readonly [K in keyof C]: Bound<C[K]> };

const isLayer = (x: unknown): x is AnyLayer => typeof x === "object" && x !== null && "forward" in x;

/** A number from a path, for folding into a key (FNV-1a). */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return h;
}

/**
 * A network of named children and a forward function in which they are already bound to their parameters.
 *
 * @param children layers, arrays of layers, or groups
 * @param forward from the bound children and the inputs to the output; pure
 * @example
 * const net = module({ hidden: linear(4, 32), head: linear(32, 1) }, (m, x: Tensor) => m.head(m.hidden(x).tanh()));
 * const params = net.init(random.key(0)); // { hidden: { weight, bias }, head: { weight, bias } }
 */
export function module<const C extends Children, A extends unknown[], B>(
  children: C,
  forward: (m: Bound<C>, ...inputs: A) => B,
): Layer<ParamsOf<C>, A, B> {
  const init = (node: unknown, key: Tensor, path: string): unknown => {
    if (isLayer(node)) return node.init(random.foldIn(key, hash(path)));
    if (Array.isArray(node)) return node.map((child, i) => init(child, key, `${path}[${i}]`));
    return Object.fromEntries(
      Object.entries(node as object).map(([name, child]) => [
        name,
        init(child, key, path === "" ? name : `${path}.${name}`),
      ]),
    );
  };
  const bind = (node: unknown, params: unknown, context: Context, path: string): unknown => {
    if (isLayer(node)) {
      let calls = 0;
      return (...inputs: unknown[]) => {
        const own =
          context.key === undefined
            ? context
            : { ...context, key: random.foldIn(random.foldIn(context.key, hash(path)), calls++) };
        return (node.forward as (...a: unknown[]) => unknown)(params, own, ...inputs);
      };
    }
    if (Array.isArray(node))
      return node.map((child, i) => bind(child, (params as unknown[])[i], context, `${path}[${i}]`));
    return Object.fromEntries(
      Object.entries(node as object).map(([name, child]) => [
        name,
        bind(child, (params as Record<string, unknown>)[name], context, path === "" ? name : `${path}.${name}`),
      ]),
    );
  };
  return layer(
    "module",
    (key) => init(children, key, "") as ParamsOf<C>,
    (params, context, ...inputs: A) => forward(bind(children, params, context, "") as Bound<C>, ...inputs),
  );
}
