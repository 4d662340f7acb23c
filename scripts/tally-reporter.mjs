// A vitest reporter: the last line of a run is its tally, and a run that tested nothing fails.
import { writeSync } from "node:fs";

export default class TallyReporter {
  passed = 0;
  failed = 0;
  skipped = 0;

  onInit() {
    // Written at exit, after everything that vitest itself has to say; stdout of a dying process takes no async writes.
    process.once("exit", () => {
      if (this.passed + this.failed === 0) {
        process.exitCode = 1;
        writeSync(2, "No test ran.\n");
      } else if (this.failed > 0) process.exitCode ||= 1;
      writeSync(1, `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped\n`);
    });
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
}
