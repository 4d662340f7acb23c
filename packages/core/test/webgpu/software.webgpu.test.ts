import { softwareGpu } from "./adapter.js";
import { testsRunOnGpu } from "./onGpu.js";
import { testLargeSizes } from "./largeSizes.js";

// Where a CPU plays the GPU, kernels are cut so that threads do not wait for each other.
testLargeSizes();
testsRunOnGpu(softwareGpu);
