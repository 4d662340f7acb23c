// What the size limit measures: a bundle that differentiates elementwise functions.
export { add, div, exp, log, mul, neg, sin, sub, sum, tanh, tensor } from "../dist/operations/index.js";
export { grad } from "../dist/control/index.js";
