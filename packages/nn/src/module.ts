import type { Tensor } from "@cotangent/core";
import type { AnyLayer, BoundLayer, ContextLayer, InitOptions, Layer } from "./layer.js";
import { type ApplyContext, type Scope, childKey, rootScope } from "./scope.js";

/** Layers by name, with arrays and groups of them. */
export interface Children {
  readonly [name: string]: AnyLayer | readonly (AnyLayer | Children)[] | Children;
}

/** A layer, an array or a group: what stands at a name. */
type Child = AnyLayer | readonly Child[] | { readonly [name: string]: Child };

/** The parameters of children, a tree of the same form. Layers without parameters are left out of objects. */
export type ParamsOf<C> = C extends { readonly pure: boolean; bind(params: infer P, scope?: Scope): unknown }
  ? P
  : C extends readonly unknown[]
    ? { -readonly [K in keyof C]: ParamsOf<C[K]> }
    : { -readonly [K in keyof C as ParamsOf<C[K]> extends undefined ? never : K]: ParamsOf<C[K]> };

/** The states of children, as the parameters: undefined where nothing has one. */
export type StateOf<C> = C extends { readonly pure: true }
  ? undefined
  : C extends { readonly pure: false; initState(options?: InitOptions): infer S }
    ? S
    : C extends readonly unknown[]
      ? { -readonly [K in keyof C]: StateOf<C[K]> }
      : OrUndefined<{ -readonly [K in keyof C as StateOf<C[K]> extends undefined ? never : K]: StateOf<C[K]> }>;
type OrUndefined<T> = [keyof T] extends [never] ? undefined : T;

/** Children as a forward function sees them: with their parameters. */
export type BoundOf<C> = C extends { readonly pure: boolean; bind(...args: never[]): infer B }
  ? B
  : { readonly [K in keyof C]: BoundOf<C[K]> };

type IsPure<C> = C extends { readonly pure: infer Pure }
  ? Pure
  : C extends readonly unknown[]
    ? AllPure<C[number]>
    : AllPure<C[keyof C]>;
type AllPure<C> = false extends (C extends unknown ? IsPure<C> : never) ? false : true;

/** Pure if all children are. */
export type Module<C, A extends unknown[], O> =
  IsPure<C> extends true ? Layer<ParamsOf<C>, A, O> : ContextLayer<ParamsOf<C>, StateOf<C>, A, O>;

/**
 * A network of named children and a forward function, in which they are already bound to their parameters. It is a layer
 * itself. If a child draws random numbers or keeps a state (dropout), so does it, and `apply` takes and returns both.
 *
 * ```ts
 * const net = module({ hidden: linear(4, 32), head: linear(32, 1) }, (m, x: Tensor) => m.head(m.hidden(x).relu()));
 * const params = net.init(random.key(0)); // { hidden: { weight, bias }, head: { weight, bias } }
 * net.apply(params, x);
 * ```
 *
 * @param children layers, arrays of layers, or groups, by name; the names are those of the parameters
 * @param forward from the bound children and the inputs to the output, a pure function
 * @throws TypeError for a child that is no layer, and parameters without one of the children
 */
export function module<const C extends Children, A extends unknown[], O>(
  children: C,
  forward: (m: BoundOf<C>, ...inputs: A) => O,
): Module<C, A, O> {
  checkChildren(children, "");
  const run = (params: unknown, scope: Scope, inputs: A): O => {
    const collect: (() => unknown)[] = [];
    const m = bindAll(children, params, scope, "", collect) as BoundOf<C>;
    const output = forward(m, ...inputs);
    scope.state = collect[0]();
    return output;
  };
  const initState = (options?: InitOptions): unknown => stateOf(children, options);
  const common = {
    kind: "module",
    init: (key: Tensor, options?: InitOptions) => initAll(children, key, options),
    bind(params: unknown, scope: Scope = rootScope(initState(), {})): BoundLayer<unknown, A, O> {
      return Object.assign((...inputs: A) => run(params, scope, inputs), { params });
    },
  };
  const whole: unknown = isPure(children)
    ? { ...common, pure: true, apply: (params: unknown, ...inputs: A) => run(params, rootScope(undefined, {}), inputs) }
    : {
        ...common,
        pure: false,
        initState,
        apply(variables: { params: unknown; state?: unknown }, inputs: A, context: ApplyContext = {}) {
          if (!Array.isArray(inputs))
            throw new TypeError(
              `module: inputs are ${typeof inputs}, expected an array, because a layer in it has state or randomness: apply({ params, state }, [x], { key, train }).`,
            );
          const scope = rootScope(variables.state ?? initState(), context);
          const output = run(variables.params, scope, inputs);
          return { output, state: scope.state };
        },
      };
  return Object.freeze(whole) as Module<C, A, O>;
}

const isLayer = (x: unknown): x is AnyLayer => typeof x === "object" && x !== null && "bind" in x && "pure" in x;
const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function checkChildren(node: unknown, path: string): void {
  if (isLayer(node)) return;
  if (typeof node !== "object" || node === null)
    throw new TypeError(
      `module: the child ${path} is ${typeof node}, expected a layer, or an array or object of layers. Call functions such as relu in the forward function.`,
    );
  for (const [name, child] of Object.entries(node)) checkChildren(child, join(path, name));
}

const isPure = (node: Child): boolean => (isLayer(node) ? node.pure : Object.values(node).every(isPure));

/** Builds a tree of the form of the children; of objects, entries that are undefined are left out. */
function build(
  node: Child,
  f: (layer: AnyLayer, names: readonly string[]) => unknown,
  names: readonly string[] = [],
): unknown {
  if (isLayer(node)) return f(node, names);
  if (Array.isArray(node)) return node.map((child: Child, i) => build(child, f, [...names, String(i)]));
  const built = Object.entries(node).map(([name, child]) => [name, build(child, f, [...names, name])] as const);
  return Object.fromEntries(built.filter(([, value]) => value !== undefined));
}

const initAll = (children: Child, key: Tensor, options?: InitOptions): unknown =>
  build(children, (layer, names) => layer.init(names.reduce(childKey, key), options));

function stateOf(children: Child, options?: InitOptions): unknown {
  const states = build(children, (layer) =>
    (layer as { initState?: (options?: InitOptions) => unknown }).initState?.(options),
  ) as object;
  return Object.keys(states).length === 0 ? undefined : states;
}

/** Binds children by their place in the parameters and the state; `collect[0]` then gives the states after the pass. */
function bindAll(node: Child, params: unknown, scope: Scope, path: string, collect: (() => unknown)[]): unknown {
  if (isLayer(node)) {
    collect.push(() => scope.state);
    return node.bind(params, scope);
  }
  const entries = Object.entries(node);
  const gathered: (() => unknown)[] = [];
  const bound = entries.map(([name, child]: [string, Child]) => {
    const own = (params as Record<string, unknown> | undefined)?.[name];
    if (own === undefined && !(isLayer(child) && !child.pure))
      throw new TypeError(
        `module: params has no ${join(path, name)}, expected {${entries.map(([n]) => n).join(", ")}}${path === "" ? "" : ` at ${path}`}. Pass what init(key) returned, or a tree like it.`,
      );
    const state = (scope.state as Record<string, unknown> | undefined)?.[name];
    const inner: (() => unknown)[] = [];
    const place = scope.child(name, state);
    const value = bindAll(child, own, place, join(path, name), inner);
    gathered.push(inner[0]);
    return [name, value] as const;
  });
  collect.push(() => {
    const states = entries.map(([name], i) => [name, gathered[i]()] as const);
    if (Array.isArray(node)) return states.map(([, state]) => state);
    const kept = states.filter(([, state]) => state !== undefined);
    return kept.length === 0 ? undefined : Object.fromEntries(kept);
  });
  return Array.isArray(node) ? bound.map(([, value]) => value) : Object.fromEntries(bound);
}
