import * as fc from "fast-check";
import { it } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { traceGraph } from "../../src/graph/record.js";
import { type Tensor, jit } from "../../src/index.js";
import { type FuzzProgram, backward, forward, fuzzProgram, inputsOf, isExtreme } from "../compiler/fuzz/program.js";
import { compareWithReference, newTally } from "../compiler/fuzz/properties.js";
import { testsRunOnGpu } from "./onGpu.js";

/*
 * Random programs of the compiler's fuzzer, those of them without f64, on the GPU against the naive reference. COTANGENT_FUZZ_SEED chooses
 * others. On the CPU they have to be right to the bit; what is looked for here is what only the GPU does.
 */

const PROGRAMS = 60;
/** The CPU's is 16: drivers may contract a product and a sum, and divide to 2.5 ulp. */
const SLACK = 64;

const seed = Number(process.env["COTANGENT_FUZZ_SEED"] ?? 20261123);

const hasF64 = (graph: Graph): boolean =>
  graph.inputs.some((v) => v.dtype === "f64") ||
  graph.equations.some(
    (e) =>
      e.outputs.some((v) => v.dtype === "f64") ||
      Object.values(e.params).some(
        (p) => typeof p === "object" && p !== null && "equations" in p && hasF64(p as Graph),
      ),
  );

fc.sample(fuzzProgram, { numRuns: PROGRAMS, seed }).forEach((sampled, i) => {
  const program: FuzzProgram = {
    ...sampled,
    inputs: sampled.inputs.map(([dtype, shape]) => [dtype === "f64" ? "f32" : dtype, shape]),
  };
  if (isExtreme(program)) return;
  const inputs = inputsOf(program);
  for (const [label, f] of Object.entries<(...xs: Tensor[]) => Tensor[]>({
    forward: forward(program),
    gradient: backward(program),
  })) {
    if (label === "gradient" && !inputs.some((x) => x.dtype === "f32")) continue;
    const { graph, captures } = traceGraph("fuzz", inputs, f);
    if (hasF64(graph)) continue;
    it(`program ${i} of seed ${seed}, ${label}`, async () => {
      const outputs = await Promise.all(jit(f)(...inputs).map((y) => y.data()));
      compareWithReference(label, graph, [...captures, ...inputs], outputs, newTally(), SLACK);
    });
  }
});

testsRunOnGpu();
