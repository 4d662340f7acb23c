export type { Constraint } from "./constraint.js";
export { integers } from "./integers.js";
export { interval, unitInterval } from "./interval.js";
export { nonNegative, positive } from "./positive.js";
export { real } from "./real.js";
