import { expectTypeOf, test } from "vitest";
import {
  type Graph,
  type Program,
  type Tensor,
  assertMaxTraces,
  checkGrads,
  compile,
  debugNans,
  linearize,
  makeGraph,
  stopGradient,
  associativeScan,
  bicgstab,
  cg,
  checkpoint,
  checkpointName,
  cond,
  customJvp,
  customRoot,
  customVjp,
  dense,
  evalShape,
  fixedPoint,
  foriLoop,
  gmres,
  grad,
  hessian,
  hvp,
  jacfwd,
  jacrev,
  jit,
  jvp,
  linearSolve,
  map,
  odeint,
  scan,
  switchCase,
  tensor,
  tree,
  valueAndGrad,
  vjp,
  vmap,
  whileLoop,
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

test("Jacobians are trees of trees", () => {
  const f = (p: Params, batch: Tensor): { y: Tensor; parts: [Tensor, Tensor] } => ({
    y: p.w.mul(batch),
    parts: [batch, p.w],
  });
  expectTypeOf(jacfwd(f)(params, x)).toEqualTypeOf<{ y: Params; parts: [Params, Params] }>();
  expectTypeOf(jacrev(f, { argnums: 1 })(params, x)).toEqualTypeOf<{ y: Tensor; parts: [Tensor, Tensor] }>();
  expectTypeOf(jacrev(loss, { argnums: [0, 1] })(params, x)).toEqualTypeOf<[Params, Tensor]>();
  expectTypeOf(hessian((v: Tensor) => v.sum())(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(hessian(loss)(params, x).layers[0].bias).toEqualTypeOf<Params>();
  expectTypeOf(hvp(loss, [params, x], [params, x])).toEqualTypeOf<[p: Params, batch: Tensor]>();
  expectTypeOf(evalShape(f, params, { shape: [2], dtype: "f32" }).parts[0].shape).toEqualTypeOf<readonly number[]>();
  // @ts-expect-error NotATree<"argument 0: leaf n is not a Tensor">
  jacfwd((p: { w: Tensor; n: number }) => p.w);
  // @ts-expect-error one tangent an argument
  hvp(loss, [params, x], [params]);
  // @ts-expect-error no such dtype
  evalShape(loss, params, { shape: [2], dtype: "f16" });
});

test("loops and choices keep the type of the carry", () => {
  const step = (p: Params): Params => p;
  expectTypeOf(whileLoop((p: Params) => p.w.sum().less(1), step, params)).toEqualTypeOf<Params>();
  expectTypeOf(foriLoop(0, x.sum(), (i, p) => (i.add(1), p), params)).toEqualTypeOf<Params>();
  expectTypeOf(switchCase(x, [step, step], params)).toEqualTypeOf<Params>();
  expectTypeOf(map((p: Params) => p.w, params, { batchSize: 2 })).toEqualTypeOf<Tensor>();
  expectTypeOf(associativeScan((a: Params, _b) => a, params)).toEqualTypeOf<Params>();
  const weight = (p: Params): Tensor => p.w;
  // @ts-expect-error the body returns another tree
  whileLoop(weight, weight, params);
  // @ts-expect-error the condition is a JS boolean
  whileLoop(() => true, step, params);
  // @ts-expect-error the branches return different trees
  switchCase(x, [(p: Params) => p, (p: Params) => p.w], params);
});

test("implicit functions keep the type of the unknown", () => {
  const preconditioner = (p: Params): Params => p;
  expectTypeOf(linearSolve((p: Params) => p, params, cg({ preconditioner }))).toEqualTypeOf<Params>();
  expectTypeOf(linearSolve((v: Tensor) => v, x, gmres({ restart: 5 }))).toEqualTypeOf<Tensor>();
  expectTypeOf(linearSolve((p: Params) => p, params, dense())).toEqualTypeOf<Params>();
  expectTypeOf(linearSolve((p: Params) => p, params, bicgstab())).toEqualTypeOf<Params>();
  expectTypeOf(
    customRoot(
      (p: Params) => p,
      params,
      (f, p) => f(p),
    ),
  ).toEqualTypeOf<Params>();
  expectTypeOf(fixedPoint((p: Params, a: Tensor) => (a.sum(), p), x, params)).toEqualTypeOf<Params>();
  expectTypeOf(
    odeint((p: Params, t: Tensor, a: { k: Tensor }) => (t.mul(a.k), p), params, x, { k: x }),
  ).toEqualTypeOf<Params>();
  // @ts-expect-error the preconditioner is for another tree
  linearSolve((v: Tensor) => v, x, cg({ preconditioner }));
  // @ts-expect-error the derivative is another tree than the state
  odeint((p: Params) => p.w, params, x);
});

test("what looks into functions keeps their types", () => {
  const lossOf = (p: Params, y: Tensor): Tensor => p.w.mul(y).sum();
  expectTypeOf(linearize(lossOf, params, x)).toEqualTypeOf<[Tensor, (p: Params, y: Tensor) => Tensor]>();
  expectTypeOf(stopGradient(x)).toEqualTypeOf<Tensor>();
  expectTypeOf(makeGraph(lossOf)(params, x)).toEqualTypeOf<Graph>();
  expectTypeOf(debugNans(lossOf)).toEqualTypeOf<(p: Params, y: Tensor) => Tensor>();
  expectTypeOf(assertMaxTraces(lossOf, 1)).toEqualTypeOf<(p: Params, y: Tensor) => Tensor>();
  expectTypeOf(compile(lossOf, params, x)).toEqualTypeOf<Program<[Params, Tensor], Tensor>>();
  // @ts-expect-error the second argument is missing
  checkGrads(lossOf, [params]);
  // @ts-expect-error an example is missing
  compile(lossOf, params);
  // @ts-expect-error not a function of the tree
  debugNans(lossOf)(x, x);
});
