import { expectTypeOf, test } from "vitest";
import { type Tensor, cond, grad, jit, jvp, scan, tensor, tree, valueAndGrad, vjp, vmap } from "../src/index.js";

interface Params {
  w: Tensor;
  layers: { bias: Tensor }[];
  extra?: Tensor;
}
declare const params: Params;
declare const x: Tensor;
const loss = (p: Params, batch: Tensor): Tensor => p.w.mul(batch).sum();

test("transforms keep the user's types", () => {
  expectTypeOf(grad(loss)).toEqualTypeOf<(params: Params, batch: Tensor) => Params>();
  expectTypeOf(valueAndGrad(loss)(params, x)).toEqualTypeOf<[Tensor, Params]>();
  expectTypeOf(grad(loss, { argnums: 1 })(params, x)).toEqualTypeOf<Tensor>();
  expectTypeOf(grad(loss, { argnums: [0, 1] })(params, x)).toEqualTypeOf<[Params, Tensor]>();
  expectTypeOf(jit(grad(loss))).toEqualTypeOf<(params: Params, batch: Tensor) => Params>();
  expectTypeOf(vmap(loss)).toEqualTypeOf<(p: Params, batch: Tensor) => Tensor>();
  expectTypeOf(vjp(loss, params, x)).toEqualTypeOf<[Tensor, (cotangent: Tensor) => [p: Params, batch: Tensor]]>();
  expectTypeOf(jvp(loss, [params, x], [params, x])).toEqualTypeOf<[Tensor, Tensor]>();
  expectTypeOf(tree.map((a) => a, params)).toEqualTypeOf<Params>();
  expectTypeOf(scan((c: Params, y: Tensor): [Params, Tensor] => [c, y], params, x)).toEqualTypeOf<[Params, Tensor]>();
  expectTypeOf(
    cond(
      x.greater(0),
      (p: Params) => p,
      (p: Params) => p,
      params,
    ),
  ).toEqualTypeOf<Params>();
});

test("derivatives of derivatives are inferred", () => {
  expectTypeOf(grad(grad((v: Tensor) => v.sin()))(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(vmap(grad(grad((v: Tensor) => v.sin())))(tensor([0, 1]))).toEqualTypeOf<Tensor>();
});

test("what is no tree is an error at compile time", () => {
  // @ts-expect-error NotATree<"argument 0: leaf n is not a Tensor">
  grad((p: { w: Tensor; n: number }) => p.w.sum());
  // @ts-expect-error the batch is missing
  grad(loss)(params);
  // @ts-expect-error a string is no operand
  x.add("1");
  // @ts-expect-error no such method
  x.nonsense();
});

test("methods are typed as the functions are", () => {
  expectTypeOf(x.sum).toBeCallableWith(0, { keepDims: true });
  expectTypeOf(x.eigh()).toEqualTypeOf<{ values: Tensor; vectors: Tensor }>();
  expectTypeOf(x.add).returns.toEqualTypeOf<Tensor>();
});
