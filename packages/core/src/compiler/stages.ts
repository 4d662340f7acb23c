/** What `explain` hears of: the start of each stage of `schedule`, carried graphs included. */
export const stages: { begin: ((stage: "simplify" | "fuse" | "schedule") => void) | undefined } = { begin: undefined };
