import { describe, it } from "vitest";
import kept from "./fuzz/kept.json" with { type: "json" };
import type { FuzzProgram } from "./fuzz/program.js";
import { checkProgram } from "./fuzz/properties.js";

// Programs that once failed, shrunk. They are data, so they mean the same as long as `steps` keeps its names and variants.
describe("programs that once failed", () => {
  it.each(kept.map((k): [string, FuzzProgram] => [k.why, k.program as unknown as FuzzProgram]))("%s", (_, program) =>
    checkProgram(program),
  );
});
