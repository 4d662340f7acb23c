import { expectTypeOf, test } from "vitest";
import type * as api from "../src/index.js";
import {
  type FluentMethods,
  type Tensor,
  grad,
  jit,
  linearize,
  random,
  ravelTree,
  safetensors,
  scan,
  tree,
  vmap,
} from "../src/index.js";

type IsAny<T> = 0 extends 1 & T ? true : false;
/** The names whose result, or a parameter, is `any`. */
type Leaks<M> = {
  [K in keyof M]: M[K] extends (...args: infer A) => infer R
    ? true extends IsAny<R> | IsAny<A> | IsAny<A[number]>
      ? K
      : never
    : never;
}[keyof M];

interface Layer {
  readonly weight: Tensor;
  readonly bias?: Tensor | undefined;
}
interface Params {
  readonly layers: readonly [Layer, Layer];
  readonly scale: Tensor;
}
declare const params: Params;
declare const x: Tensor;
const apply = (p: Params, input: Tensor): Tensor => input.mul(p.scale);

test("no function and no method takes or gives any", () => {
  // The detector detects.
  expectTypeOf<Leaks<{ f: (x: any) => void; g: () => any; h: (x: Tensor) => void }>>().toEqualTypeOf<"f" | "g">();
  expectTypeOf<Leaks<typeof api>>().toEqualTypeOf<never>();
  expectTypeOf<Leaks<FluentMethods>>().toEqualTypeOf<never>();
  expectTypeOf<Leaks<typeof api.random>>().toEqualTypeOf<never>();
  expectTypeOf<Leaks<typeof api.safetensors>>().toEqualTypeOf<never>();
  expectTypeOf<Leaks<typeof api.tree>>().toEqualTypeOf<never>();
});

test("functions over trees give the tree that they got", () => {
  expectTypeOf(tree.mapWithPath((_, leaf) => leaf, params)).toEqualTypeOf<Params>();
  expectTypeOf(tree.replace(params, [x])).toEqualTypeOf<Params>();
  expectTypeOf(tree.to("cpu", params)).toEqualTypeOf<Promise<Params>>();
  expectTypeOf(ravelTree(params)).toEqualTypeOf<[Tensor, (flat: Tensor) => Params]>();
  expectTypeOf(safetensors.decodeInto(new Uint8Array(), params)).toEqualTypeOf<Params>();
  expectTypeOf(linearize(apply, params, x)).toEqualTypeOf<[Tensor, (p: Params, input: Tensor) => Tensor]>();
  // @ts-expect-error the trees have different types
  tree.map((a) => a, params, { scale: x });
});

test("transforms nest in any order", () => {
  expectTypeOf(vmap(grad(apply), { inAxes: [null, 0] })(params, x)).toEqualTypeOf<Params>();
  expectTypeOf(jit(vmap(jit(grad(jit(apply)))))(params, x)).toEqualTypeOf<Params>();
  expectTypeOf(grad((s: Tensor) => grad(apply)({ ...params, scale: s }, x).scale)(x)).toEqualTypeOf<Tensor>();
});

test("what a transform would refuse when it runs does not compile", () => {
  // @ts-expect-error the loss gives no tensor
  grad((p: Params) => p.layers);
  // @ts-expect-error a leaf deep inside is a number
  grad((p: { a: { b: readonly [Tensor, number] } }) => p.a.b[0].sum());
  // @ts-expect-error a promise is no tensor
  grad(async (p: Params) => p.scale);
  // @ts-expect-error the step gives no output beside the carry
  scan((c: Tensor, y: Tensor) => c.add(y), x, x);
  // @ts-expect-error the carry changes its type
  scan((c: Tensor): [Params, Tensor] => [params, c], x, x);
  // @ts-expect-error f16 is no dtype
  x.astype("f16");
  // @ts-expect-error a key has no use for text
  random.normal("seed");
  // @ts-expect-error tensors are immutable
  x.shape[0] = 3;
});
