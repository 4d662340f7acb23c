/** Transforms of functions: derivatives, batching, compilation, loops and choices. Nothing is installed by importing them. */
export { type GradOptions, grad, jvp, linearize, valueAndGrad, vjp } from "../transforms/derivatives.js";
export { type ShapesOf, type SpecsOf, evalShape } from "../transforms/evalShape.js";
export { type Jacobian, hessian, hvp, jacfwd, jacrev } from "../transforms/jacobian.js";
export { type AxisSpec, type VmapOptions, vmap } from "../transforms/vmap.js";
export type { ScanCheckpoint } from "./scanCheckpoint.js";
export { type CheckpointOptions, type CheckpointPolicy, checkpoint, checkpointName } from "./checkpoint.js";
export { customJvp } from "./customJvp.js";
export { type Cotangents, customVjp } from "./customVjp.js";
export { type JitOptions, jit, makeGraph, traceCount } from "./jitFunction.js";
export { associativeScan } from "./associativeScan.js";
export { cond, switchCase } from "./choice.js";
export { foriLoop } from "./foriLoop.js";
export { type ScanOptions, scan } from "./loops.js";
export { type MapOptions, map } from "./map.js";
export { type FixedPointOptions, customRoot, fixedPoint } from "./implicit.js";
export { type LinearSolver, linearSolve } from "./linearSolve.js";
export { type KrylovOptions, bicgstab, cg, dense, gmres } from "./solvers.js";
export { whileLoop } from "./whileLoop.js";
