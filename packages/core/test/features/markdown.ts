import { type Feature, type FeatureGroup, type PeerName, groups } from "./data.js";

const PEERS = [
  ["jax", "JAX"],
  ["jaxjs", "jax-js"],
  ["tfjs", "TensorFlow.js"],
] as const;

const INTRO = `<!-- Written by \`npm run features\` from test/features/data.ts: change that. -->

# What there is

Every public function of \`@cotangent/core\` beside JAX 0.10, jax-js 0.1.25 and TensorFlow.js 4.22. **yes** stands for a function that does the same, under
the name given where it is another; **partial** for part of it, or for a few calls that together do it; **no** for nothing like it. The peers' names were
looked up in the installed packages and doubtful ones run; a test holds our column true. Functions that only a peer has are listed at the end of their group.

Not in the tables: jax-js and TensorFlow.js differentiate and run in f32 (jax-js in f64 too, on some backends); here f32 and f64 are alike everywhere. Every operation
here works inside \`grad\`, \`jvp\`, \`vmap\` and \`jit\`, to any order, unless its documentation says otherwise; TensorFlow.js has no \`vmap\`, \`jvp\` or \`jit\`.
`;

const cell = (peer: PeerName, name: string): string => {
  if (peer === null) return "no";
  const partial = peer.startsWith("~");
  const own = partial ? peer.slice(1) : peer;
  const same = own.split(".").at(-1) === name.split(".").at(-1);
  return `${partial ? "partial" : "yes"}${same && !own.includes(".") ? "" : ` \`${own}\``}`;
};

const row = (f: Feature, ours: string): string =>
  `| ${ours} | ${PEERS.map(([key]) => cell(f[key], f.name)).join(" | ")} | ${f.note ?? ""} |`;

function section({ title, features, missing }: FeatureGroup): string {
  const lines = [...features.map((f) => row(f, `\`${f.name}\``)), ...missing.map((f) => row(f, `no: ${f.name}`))];
  return [
    `## ${title}`,
    "",
    `| Cotangent | ${PEERS.map(([, label]) => label).join(" | ")} | |`,
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

function totals(): string {
  const all = groups.flatMap((g) => g.features);
  const beyond = groups.flatMap((g) => g.missing);
  const count = (key: "jax" | "jaxjs" | "tfjs", partial: boolean): number =>
    all.filter((f) => f[key] !== null && f[key].startsWith("~") === partial).length;
  const lines = PEERS.map(([key, label]) => {
    const [yes, some] = [count(key, false), count(key, true)];
    return `| ${label} | ${yes} | ${some} | ${all.length - yes - some} | ${beyond.filter((f) => f[key] !== null).length} |`;
  });
  return [
    "## Totals",
    "",
    `Of the ${all.length} functions here:`,
    "",
    "| | yes | partial | no | kinds of things listed above that it has and Cotangent has not |",
    "| --- | --- | --- | --- | --- |",
    ...lines,
    "",
  ].join("\n");
}

/** FEATURES.md. */
export const markdown = (): string => [INTRO, ...groups.map(section), totals()].join("\n");
