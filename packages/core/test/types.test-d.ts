import { expectTypeOf, test } from "vitest";
import {
  type Tensor,
  checkpoint,
  checkpointName,
  cond,
  customJvp,
  customVjp,
  grad,
  jit,
  jvp,
  scan,
  tensor,
  tree,
  valueAndGrad,
  vjp,
  vmap,
} from "../src/index.js";

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
  expectTypeOf(checkpoint(loss, { policy: { save: ["a"] } })).toEqualTypeOf<(p: Params, batch: Tensor) => Tensor>();
  expectTypeOf(checkpointName(x, "a")).toEqualTypeOf<Tensor>();
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
  // @ts-expect-error no such amount of memory
  scan((c: Tensor, y: Tensor): [Tensor, Tensor] => [c, y], x, x, { checkpoint: "all" });
  // @ts-expect-error no such policy
  checkpoint(loss, { policy: "some" });
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

test("custom rules keep the types of their function", () => {
  const f = customJvp(loss, (primals, tangents) => {
    expectTypeOf(primals).toEqualTypeOf<[p: Params, batch: Tensor]>();
    expectTypeOf(tangents).toEqualTypeOf<[p: Params, batch: Tensor]>();
    return [loss(...primals), primals[1].mul(tangents[0].w).sum()];
  });
  expectTypeOf(f).toEqualTypeOf<(p: Params, batch: Tensor) => Tensor>();
  expectTypeOf(grad(f)(params, x)).toEqualTypeOf<Params>();
  const g = customVjp(
    (p: Params, batch: Tensor) => ({ y: p.w.mul(batch) }),
    (p, batch) => [{ y: p.w }, { p, batch }],
    ({ p, batch }, { y }) => {
      expectTypeOf(p).toEqualTypeOf<Params>();
      expectTypeOf(y).toEqualTypeOf<Tensor>();
      return [{ ...p, w: batch.mul(y) }, null];
    },
  );
  expectTypeOf(g).toEqualTypeOf<(p: Params, batch: Tensor) => { y: Tensor }>();
  // @ts-expect-error the rule gives the output only
  customJvp(loss, ([p]) => p.w);
  // @ts-expect-error the tangent of a tensor is a tensor
  customJvp(loss, ([p], [t]) => [p.w, t]);
  const scaled = (a: Tensor, p: { n: number }): Tensor => a.mul(p.n);
  // @ts-expect-error NotATree<"argument 1.n is not a Tensor">
  customJvp(scaled, ([a], [t]) => [a, t]);
  customVjp(
    loss,
    (p, batch) => [p.w, batch],
    // @ts-expect-error one cotangent for two arguments
    (batch, ct) => [{ ...params, w: batch.mul(ct) }],
  );
  customVjp(
    loss,
    // @ts-expect-error the forward pass gives another output
    (p, batch) => [p, batch],
    (_batch, _ct) => [null, null],
  );
});
