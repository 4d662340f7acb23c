/** Local learning rules: Oja, Sanger. */
export { type Rate, inverseTime } from "./rate.js";
export type { LocalRule, RunOptions } from "./localRule.js";
export { type OjaOptions, oja } from "./oja.js";
export { type SangerOptions, sanger } from "./sanger.js";
