/** Looking into programs: what they compile to, what that costs, and what goes wrong in them. Not part of a program that does not import it. */
export { assertMaxTraces } from "./assertMaxTraces.js";
export { type CheckGradsOptions, type GradMode, checkGrads } from "./checkGrads.js";
export { type CallCounts, countCalls } from "./countCalls.js";
export { type DebugNansOptions, debugNans } from "./debugNans.js";
export { debugCallback, debugPrint } from "./debugPrint.js";
export { type Explanation, type InputReport, type KernelReport, explain } from "./explain.js";
export { formatKernel } from "./formatKernel.js";
export { type KernelTime, type Profile, type ProfileOptions, profile } from "./profile.js";
