// Writes fixture.program: `node test/program/record.mjs`. The expected outputs are closed forms of plain JavaScript, not what the program gave.
import { writeFileSync } from "node:fs";
import { compile, grad, scan, tensor } from "@cotangent/core";

const x = [0.5, -1.25, 2];
const scale = [2, 3, 5];
const f = (v, c) => {
  const [last] = scan((h, u) => [h.add(u), undefined], tensor(Float64Array.of(0.25)).reshape([]), v);
  return v
    .mul(tensor(Float64Array.from(scale)))
    .square()
    .sum()
    .add(last.mul(c).exp());
};
const args = [tensor(Float64Array.from(x)), tensor(Float64Array.of(0.5)).reshape([])];
const program = compile((v, c) => [f(v, c), grad(f)(v, c)], ...args);
// f = sum (s x)^2 + e^(c (1/4 + sum x)); df/dx_i = 2 s_i^2 x_i + c e^(...)
const power = Math.exp(0.5 * (0.25 + x.reduce((a, b) => a + b)));
const outputs = [
  [x.reduce((sum, v, i) => sum + (v * scale[i]) ** 2, power)],
  x.map((v, i) => 2 * scale[i] ** 2 * v + 0.5 * power),
];
writeFileSync(
  new URL("fixture.program", import.meta.url),
  JSON.stringify({
    program: Buffer.from(program.toBytes()).toString("base64"),
    args: JSON.stringify([x, [0.5]]),
    outputs: JSON.stringify(outputs),
  }),
);
