import { init, jit, tensor, type Tensor } from "@cotangent/core";

// In a worker: says where it computed what.
const { device } = await init("webgpu");
const y = jit((x: Tensor) => x.mul(2).sum())(tensor([1, 2, 3]));
postMessage([device, y.device, (await y.data())[0]]);
