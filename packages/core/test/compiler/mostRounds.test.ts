import { expect, test } from "vitest";
import { type Expression, add, binary, div, int, load, mul, read, sub } from "../../src/kernel/expression.js";
import { type Statement, assign, forLoop, ifElse, whileLoop } from "../../src/kernel/kernel.js";
import { compare } from "../../src/kernel/expression.js";
import { mostRounds } from "../../src/kernel/mostRounds.js";
import { index } from "../../src/kernel/nest.js";

const [b, i, j, k] = ["b", "i", "j", "k"].map(index);
const loop = (extent: Expression): Statement => forLoop(k, extent, []);
const unknown = load("i32", 0, int(0));
const always = compare("ge", unknown, int(0));

/** Each body holds one loop over k; `around` are loops around it. */
const cases: Readonly<
  Record<
    string,
    {
      around: readonly (readonly [typeof i, number])[];
      body: (l: (e: Expression) => Statement) => Statement[];
      rounds: number | undefined;
    }
  >
> = {
  "a constant": { around: [], body: (l) => [l(int(7))], rounds: 7 },
  "the rest of a row": { around: [[i, 10]], body: (l) => [l(sub(int(10), read(i)))], rounds: 10 },
  "a triangle": {
    around: [],
    body: (l) => [forLoop(i, 10, [forLoop(j, read(i), [l(add(read(j), int(1)))])])],
    rounds: 9,
  },
  "an index counted down": {
    around: [],
    body: (l) => [forLoop(j, 9, [assign(i, sub(int(9), read(j))), l(read(i))])],
    rounds: 9,
  },
  "a piece, the last one shorter": {
    around: [[b, 4]],
    body: (l) => [l(binary("min", int(30), sub(int(100), mul(read(b), int(30)))))],
    rounds: 30,
  },
  "parts of a product": {
    around: [
      [b, 4],
      [i, 6],
    ],
    body: (l) => [l(div(mul(read(b), read(i)), int(2)))],
    rounds: 7,
  },
  none: { around: [[i, 3]], body: (l) => [l(sub(read(i), int(5)))], rounds: 0 },
  "what memory says": { around: [], body: (l) => [l(unknown)], rounds: undefined },
  "what grows from round to round": {
    around: [],
    body: (l) => [assign(i, int(3)), forLoop(j, 5, [l(read(i)), assign(i, add(read(i), int(1)))])],
    rounds: undefined,
  },
  "what a loop left behind": {
    around: [],
    body: (l) => [assign(i, int(3)), whileLoop(always, [assign(i, add(read(i), int(1)))]), l(read(i))],
    rounds: undefined,
  },
  "what a branch may have changed": {
    around: [],
    body: (l) => [assign(i, int(3)), ifElse(always, [assign(i, unknown)]), l(read(i))],
    rounds: undefined,
  },
};

test.each(Object.entries(cases))("%s", (_, { around, body, rounds }) => {
  let inner: Statement | undefined;
  const statements = body((extent) => (inner = loop(extent)));
  expect(mostRounds(statements, around).get(inner as Statement)).toBe(rounds);
});
