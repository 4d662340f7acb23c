// Runs a program it knows nothing of: from a file named on the command line, or from a worker's data. Gives the outputs as hexadecimal bytes.
import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { Program } from "@cotangent/core";

const hex = (s) => Buffer.from(s.buffer, s.byteOffset, s.byteLength).toString("hex");
function run(bytes, inputs) {
  const bound = Program.fromBytes(bytes).bind();
  bound.inputs.forEach((place, i) => new Uint8Array(place.buffer).set(inputs[i]));
  bound.run();
  return bound.outputs.map(hex).join(" ");
}

if (parentPort !== null)
  parentPort.postMessage(
    run(
      workerData.bytes,
      workerData.inputs.map((s) => new Uint8Array(s.buffer, s.byteOffset, s.byteLength)),
    ),
  );
else
  console.log(
    run(
      readFileSync(process.argv[2]),
      JSON.parse(readFileSync(0, "utf8")).map((h) => Buffer.from(h, "hex")),
    ),
  );
