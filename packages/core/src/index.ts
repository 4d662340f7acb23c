/**
 * Differentiable tensors: `tensor`, operations on them, and transforms of functions (`grad`, `vmap`, `jit`, `scan`, ...).
 * Importing this module gives Tensor its methods and installs the CPU backend.
 */
import { cpu } from "./backends/cpu.js";
import { installBackend } from "./graph/backend.js";
import { installMethods } from "./operations/fluent.js";

installMethods();
installBackend(cpu);

// Also keeps the methods in the published types of Tensor.
export type { FluentMethods } from "./operations/fluent.js";
export type { DType } from "./tensor/dtype.js";
export type { Shape, TensorType } from "./tensor/shape.js";
export { type Device, Tensor, type NestedArray, isTensor } from "./tensor/tensor.js";
export { tidy } from "./tensor/tidy.js";
export type { BadLeaves, NotATree, TreeArgument, TreeArguments } from "./tensor/treeTypes.js";
export * from "./operations/index.js";
export * from "./control/index.js";
export { WebGpuError } from "./backends/webgpu/call.js";
export { type DeviceInfo, type GpuLike, type InitOptions, type MemoryUse, init, memory } from "./init.js";
export { Program, compile } from "./program/program.js";
export type { ProgramLimits } from "./program/plan.js";
export { ProgramError, type ProgramErrorCode } from "./program/programError.js";
export { type Graph, formatGraph } from "./graph/graph.js";
export { assertMaxTraces } from "./debug/assertMaxTraces.js";
export { type CheckGradsOptions, type GradMode, checkGrads } from "./debug/checkGrads.js";
export { type DebugNansOptions, debugNans } from "./debug/debugNans.js";
export { debugCallback, debugPrint } from "./debug/debugPrint.js";
export { type CallCounts, countCalls } from "./debug/countCalls.js";
