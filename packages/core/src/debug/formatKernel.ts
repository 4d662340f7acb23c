import type { Expression, Local } from "../kernel/expression.js";
import type { Kernel, Statement } from "../kernel/kernel.js";

const infix: Readonly<Record<string, string>> = {
  add: "+",
  sub: "-",
  mul: "*",
  div: "/",
  rem: "%",
  and: "&",
  or: "|",
  xor: "^",
  shl: "<<",
  shr: ">>",
  eq: "==",
  ne: "!=",
  lt: "<",
  le: "<=",
  gt: ">",
  ge: ">=",
};

/**
 * A kernel as indented pseudo-code: its buffers (`in0`, `out1`, `tmp2`, by their use and number), its loops, and what they load, compute and
 * store. Loops marked `lanes` may run several iterations at once.
 *
 * @example console.log(formatKernel(kernel))
 */
export function formatKernel(kernel: Kernel): string {
  const letter = { in: "in", out: "out", scratch: "tmp" } as const;
  const buffer = (i: number): string => `${letter[kernel.buffers[i].access]}${i}`;
  const names = new Map<Local, string>();
  const taken = new Map<string, number>();
  const name = (l: Local): string => {
    let known = names.get(l);
    if (known === undefined) {
      const count = taken.get(l.name) ?? 0;
      taken.set(l.name, count + 1);
      names.set(l, (known = count === 0 ? l.name : `${l.name}_${count}`));
    }
    return known;
  };
  const text = (e: Expression, inner = true): string => {
    const grouped = (s: string): string => (inner ? `(${s})` : s);
    switch (e.kind) {
      case "constant":
        return Object.is(e.value, -0) ? "-0" : String(e.value);
      case "local":
        return name(e.local);
      case "load":
        return `${buffer(e.buffer)}[${text(e.index, false)}]`;
      case "unary":
        return e.op === "neg" ? `-${text(e.x)}` : `${e.op}(${text(e.x, false)})`;
      case "binary":
      case "compare": {
        const operator = infix[e.op];
        return operator === undefined
          ? `${e.op}(${text(e.a, false)}, ${text(e.b, false)})`
          : grouped(`${text(e.a)} ${operator} ${text(e.b)}`);
      }
      case "fma":
        return `fma(${text(e.a, false)}, ${text(e.b, false)}, ${text(e.c, false)})`;
      case "select":
        return grouped(`${text(e.condition)} ? ${text(e.a)} : ${text(e.b)}`);
      case "convert":
        return `${e.dtype}(${text(e.x, false)})`;
      case "reinterpret":
        return `${e.dtype}.bits(${text(e.x, false)})`;
    }
  };
  const lines: string[] = [];
  const block = (body: readonly Statement[], indent: string): void => {
    for (const s of body) statement(s, indent);
  };
  const statement = (s: Statement, indent: string): void => {
    const line = (t: string): number => lines.push(indent + t);
    const inside = `${indent}  `;
    switch (s.kind) {
      case "for":
        line(`for ${name(s.index)} < ${text(s.extent)}${s.mode === "lanes" ? " lanes" : ""}`);
        return block(s.body, inside);
      case "while":
        line(`while ${text(s.condition, false)}`);
        return block(s.body, inside);
      case "if":
        line(`if ${text(s.condition, false)}`);
        block(s.then, inside);
        if (s.otherwise.length > 0) {
          line("else");
          block(s.otherwise, inside);
        }
        return;
      case "assign":
        line(`${name(s.local)} = ${text(s.value, false)}`);
        return;
      case "store":
        line(`${buffer(s.buffer)}[${text(s.index, false)}] = ${text(s.value, false)}`);
        return;
      case "reduce": {
        const starts = s.accumulators.map((a) => `${name(a.local)} = ${text(a.init, false)}`);
        const ways = s.width === 1 ? "" : ` in ${s.width} accumulators`;
        line(`reduce ${name(s.index)} < ${text(s.extent)}${ways} from ${starts.join(", ")}`);
        block(s.body, inside);
        for (const a of s.accumulators) lines.push(`${inside}${name(a.local)} <- ${text(a.step, false)}`);
        if (s.width > 1)
          for (const a of s.accumulators)
            lines.push(`${inside}merge ${name(a.left)}, ${name(a.right)}: ${text(a.merge, false)}`);
      }
    }
  };
  block(kernel.body, "  ");
  const buffers = kernel.buffers.map((b, i) => `${buffer(i)}: ${b.dtype}[${b.length}]`);
  return [`${kernel.name}(${buffers.join(", ")})`, ...lines].join("\n");
}
