// A vitest reporter: the last line of a run is its tally, and a run that tested nothing fails. Before it come the seconds of each
// suite and the slowest files. Under .ci/run, which says when it began (COTANGENT_CI_START, in seconds) and how long its stages took
// (COTANGENT_CI_STAGES, "name=seconds ..."), a run that is past its limit fails and names what took longest.
import { writeSync } from "node:fs";

const LIMIT_SECONDS = 20 * 60;
const NAMED = 3;

export default class TallyReporter {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** From the start of a suite's first file to the end of its last, in milliseconds. */
  suites = new Map();
  files = [];

  onInit() {
    // Written at exit, after everything that vitest itself has to say; stdout of a dying process takes no async writes.
    process.once("exit", () => {
      if (this.passed + this.failed === 0) {
        process.exitCode = 1;
        writeSync(2, "No test ran.\n");
      } else if (this.failed > 0) process.exitCode ||= 1;
      this.reportTimes();
      writeSync(1, `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped\n`);
    });
  }

  onTestModuleQueued(module) {
    const { name } = module.project;
    if (!this.suites.has(name)) this.suites.set(name, { start: performance.now(), end: performance.now() });
  }

  onTestModuleEnd(module) {
    const suite = this.suites.get(module.project.name);
    if (suite !== undefined) suite.end = performance.now();
    const { duration, collectDuration, setupDuration, prepareDuration } = module.diagnostic();
    const seconds = (duration + collectDuration + setupDuration + prepareDuration) / 1000;
    this.files.push({ name: module.relativeModuleId, seconds });
  }

  onTestRunEnd(modules, unhandledErrors) {
    this.passed = this.skipped = 0;
    this.failed = unhandledErrors.length;
    for (const module of modules) {
      this.failed += module.errors().length; // the file did not load
      for (const suite of module.children.allSuites()) this.failed += suite.errors().length; // a hook threw
      for (const test of module.children.allTests()) this.count(test.result().state);
    }
  }

  count(state) {
    if (state === "passed") this.passed += 1;
    else if (state === "skipped") this.skipped += 1;
    else this.failed += 1; // failed, or still pending when the run was cut short
  }

  reportTimes() {
    const suites = [...this.suites].map(([name, { start, end }]) => ({ name, seconds: (end - start) / 1000 }));
    if (suites.length === 0) return;
    writeSync(1, `Suites, which overlap: ${listed(suites)}. Slowest files: ${listed(slowest(this.files))}.\n`);
    const began = Number(process.env.COTANGENT_CI_START ?? NaN);
    const total = Date.now() / 1000 - began;
    if (Number.isNaN(total)) return;
    const stages = (process.env.COTANGENT_CI_STAGES ?? "").split(" ").filter(Boolean);
    const all = suites.concat(stages.map((s) => ({ name: s.split("=")[0], seconds: Number(s.split("=")[1]) })));
    writeSync(1, `CI took ${total.toFixed(0)} s of at most ${LIMIT_SECONDS}. Slowest: ${listed(slowest(all))}.\n`);
    if (total <= LIMIT_SECONDS) return;
    process.exitCode ||= 1;
    writeSync(
      2,
      `CI is past its limit. Make the slowest faster: ${listed(slowest(all))}; of the files, ${listed(slowest(this.files))}.\n`,
    );
  }
}

const slowest = (list) => [...list].sort((a, b) => b.seconds - a.seconds).slice(0, NAMED);
const listed = (list) => list.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)} s`).join(", ");
