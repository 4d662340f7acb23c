import { chapters } from "./chapters.js";
import { tour } from "./tour.js";

// Set, not exited with: what was written to a pipe must get out first.
process.exitCode = await tour(process.argv.slice(2), chapters, { out: process.stdout, err: process.stderr });
