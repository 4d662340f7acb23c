/** Loaders for the small public data sets that the examples and tests use: plain typed data, no tensors. */
export { co2, type Co2Month } from "./co2.js";
export { digits, type Digits } from "./digits.js";
export { firstNames } from "./firstNames.js";
export { penguins, type Island, type Penguin, type Species } from "./penguins.js";
