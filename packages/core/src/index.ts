/**
 * Differentiable tensors: `tensor`, operations on them, and transforms of functions (`grad`, `vmap`, `jit`, `scan`, ...).
 * Importing this module gives Tensor its methods and installs the CPU backend.
 */
import { cpu } from "./backends/cpu.js";
import { installBackend } from "./graph/backend.js";
import "./operations/fluent.js"; // keeps the methods in the published types
import { installMethods } from "./operations/fluent.js";

installMethods();
installBackend(cpu);

export type { DType } from "./tensor/dtype.js";
export type { Shape, TensorType } from "./tensor/shape.js";
export { Tensor, type NestedArray, isTensor } from "./tensor/tensor.js";
export type { BadLeaves, NotATree, TreeArgument } from "./tensor/treeTypes.js";
export type { TensorLike } from "./operations/promote.js";
export * from "./operations/methods.js";
export { atan2, logaddexp } from "./operations/elementary.js";
export { where } from "./operations/arithmetic.js";
export {
  type TensorData,
  type TensorOptions,
  arange,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  tensor,
  zeros,
  zerosLike,
} from "./operations/creation.js";
export { type SliceSpec, scatterAdd } from "./operations/indexing.js";
export { concat, stack } from "./operations/shape.js";
export { solvePositive, triangularSolve } from "./operations/linalg.js";
export { stopGradient } from "./primitives/conversion.js";
export type { Axes, ReductionOptions } from "./operations/reduction.js";
export { type GradOptions, grad, jvp, linearize, valueAndGrad, vjp } from "./transforms/derivatives.js";
export { type AxisSpec, type VmapOptions, vmap } from "./transforms/vmap.js";
export { type JitOptions, jit, makeGraph, traceCount } from "./control/jitFunction.js";
export { type ScanOptions, cond, scan } from "./control/loops.js";
export { type Program, compile } from "./backends/compile.js";
export { type Graph, formatGraph } from "./graph/graph.js";
export { type Profile, profile } from "./debug/profile.js";
export * as random from "./operations/random.js";
export * as tree from "./operations/tree.js";
export { ravelTree } from "./operations/tree.js";
export * as safetensors from "./operations/safetensors.js";
