/** The WebGPU backend: a module of its own, which `init` loads. */
export { gpuBackend } from "./backend.js";
export { requestGpu } from "./device.js";
export { Session } from "./session.js";
