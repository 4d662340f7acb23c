import { expect, test } from "vitest";
import { type Buffer, planMemory } from "../../src/compiler/memory/plan.js";
import { generator } from "../primitives/inputs.js";

/* Memory in pieces: buffers that live at once do not overlap, and none that fits lies in two pieces. */
test.each([1, 2, 3, 4, 5])("500 buffers in pieces of 4096 bytes, seed %i", (seed) => {
  const random = generator(seed);
  const whole = (n: number): number => Math.floor(random() * n);
  const steps = 100;
  const piece = 4096;
  const buffers = Array.from({ length: 500 }, (): Buffer => {
    const first = whole(steps);
    const last = Math.min(steps - 1, first + whole(20));
    return { bytes: 16 * whole(random() < 0.05 ? 1000 : 250), first, last };
  });
  const { offsets, bytes } = planMemory(buffers, steps, [], true, piece);
  const placed = buffers.filter((b) => b.bytes > 0).map((b) => ({ ...b, at: offsets.get(b) as number }));
  for (const a of placed) {
    expect(a.at + a.bytes).toBeLessThanOrEqual(bytes);
    if (a.bytes >= piece) expect(a.at % piece).toBe(0);
    else expect(Math.floor(a.at / piece)).toBe(Math.floor((a.at + a.bytes - 1) / piece));
    for (const b of placed)
      if (a !== b && a.first <= b.last && b.first <= a.last)
        expect(a.at + a.bytes <= b.at || b.at + b.bytes <= a.at).toBe(true);
  }
});
