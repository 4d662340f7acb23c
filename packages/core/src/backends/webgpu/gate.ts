import type { Command } from "./commands.js";
import { mainFunction } from "./shader.js";

/*
 * Dispatches that the GPU itself switches on and off: their numbers of workgroups lie in a buffer, and a gate writes the numbers, or zeros. So rounds of a loop are
 * encoded ahead without knowing how many there will be, and all branches of a choice without knowing which is taken.
 */
type Dispatch = Extract<Command, { kind: "dispatch" }>;

/** What a gate does with its slots. */
export const gateModes = { open: 0, closeAtZero: 1, chooseBranch: 2 } as const;

/** The dispatches inside, if there is nothing else. */
export function onlyDispatches(commands: readonly Command[]): readonly Dispatch[] | undefined {
  return commands.every((c): c is Dispatch => c.kind === "dispatch") ? commands : undefined;
}

/** Bindings: the indirect buffer, the table of the open numbers, the memory of the predicate. Offsets of the call: first slot, count, word of the predicate, mode + 4 x branches. */
export const gateShader: string = [
  "// gate",
  "@group(0) @binding(0) var<storage, read_write> slots: array<vec4<u32>>;",
  "@group(0) @binding(1) var<storage, read> open: array<vec4<u32>>;",
  "@group(0) @binding(2) var<storage, read> memory: array<i32>;",
  "struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, 1> }",
  "@group(1) @binding(0) var<uniform> call: Call;",
  mainFunction(64, [
    "let o = call.offset[0];",
    "let mode = o.w & 3u;",
    "let value = memory[o.z];",
    "for (var k = group + thread; k < o.y; k += 64u) {",
    "  let slot = open[o.x + k];",
    `  if (mode == ${gateModes.open}u) { slots[o.x + k] = slot; }`,
    `  if (mode == ${gateModes.closeAtZero}u && value == 0) { slots[o.x + k].x = 0u; }`,
    `  if (mode == ${gateModes.chooseBranch}u) {`,
    "    let chosen = clamp(value, 0, i32(o.w >> 2u) - 1);",
    "    slots[o.x + k] = vec4(select(0u, slot.x, i32(slot.w) == chosen), slot.yzw);",
    "  }",
    "}",
  ]),
].join("\n");
export const gateWritten: readonly boolean[] = [true, false, false];
