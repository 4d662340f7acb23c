import { parseArgs } from "node:util";
import { runCpu } from "./cpu.js";
import { fail } from "./peers.js";
import { runPosteriors } from "./posteriors/suite.js";
import { runWebgpu } from "./webgpu/suite.js";

/* npm run bench -- --suite cpu|webgpu|posteriors [--filter REGEX] [--json FILE] [--budget MS] [--peers jax,tfjs] */
const { values } = parseArgs({
  options: {
    suite: { type: "string", default: "cpu" },
    filter: { type: "string", default: "" },
    json: { type: "string" },
    budget: { type: "string", default: "1500" },
    peers: { type: "string", default: "jax,tfjs" },
  },
});
const options = {
  filter: values.filter,
  budgetMs: Number(values.budget),
  json: values.json,
  peers: values.peers.split(",").filter(Boolean),
};
const suites = { cpu: runCpu, webgpu: runWebgpu, posteriors: runPosteriors };
if (!Object.hasOwn(suites, values.suite))
  fail(`unknown suite ${values.suite}. Known: ${Object.keys(suites).join(", ")}.`);
try {
  await suites[values.suite as keyof typeof suites](options);
} catch (error) {
  fail((error as Error).message);
}
