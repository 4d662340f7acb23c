import { testsRunOnGpu } from "./onGpu.js";
import { testLargeSizes } from "./largeSizes.js";

testLargeSizes();
testsRunOnGpu();
