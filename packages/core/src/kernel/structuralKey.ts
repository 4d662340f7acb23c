import type { Expression, Local } from "./expression.js";
import type { Kernel, Statement } from "./kernel.js";

/** Locals numbered in the order of their first appearance, so that equal structure gives equal text. */
export type Numbering = Map<Local, number>;

function numberOf(numbering: Numbering, local: Local): string {
  let n = numbering.get(local);
  if (n === undefined) {
    n = numbering.size;
    numbering.set(local, n);
  }
  return `%${n}:${local.dtype}`;
}

const numberText = (value: number): string => (Object.is(value, -0) ? "-0" : String(value));

/** A text that two expressions share exactly when they compute the same from the same locals and buffers. */
export function expressionKey(numbering: Numbering, e: Expression): string {
  const key = (x: Expression): string => expressionKey(numbering, x);
  switch (e.kind) {
    case "constant":
      return `${e.dtype} ${numberText(e.value)}`;
    case "local":
      return numberOf(numbering, e.local);
    case "load":
      return `${e.dtype}@${e.buffer}[${key(e.index)}]`;
    case "unary":
      return `${e.op}(${key(e.x)})`;
    case "binary":
      return `${e.op}(${key(e.a)},${key(e.b)})`;
    case "compare":
      return `${e.op}?(${key(e.a)},${key(e.b)})`;
    case "fma":
      return `fma(${key(e.a)},${key(e.b)},${key(e.c)})`;
    case "select":
      return `select(${key(e.condition)},${key(e.a)},${key(e.b)})`;
    case "convert":
      return `${e.dtype}(${key(e.x)})`;
    case "reinterpret":
      return `${e.dtype}<-(${key(e.x)})`;
  }
}

/** The same for a whole kernel. Its name and its buffers' lengths are left out: the code does not depend on them. */
export function kernelKey(kernel: Kernel): string {
  const numbering: Numbering = new Map();
  const key = (e: Expression): string => expressionKey(numbering, e);
  const local = (l: Local): string => numberOf(numbering, l);
  const block = (statements: readonly Statement[]): string => `{${statements.map(statement).join(";")}}`;
  const statement = (s: Statement): string => {
    switch (s.kind) {
      case "assign":
        return `${local(s.local)}=${key(s.value)}`;
      case "store":
        return `${s.value.dtype}@${s.buffer}[${key(s.index)}]=${key(s.value)}`;
      case "for":
        return `for ${s.mode === "lanes"} ${local(s.index)}<${key(s.extent)}${block(s.body)}`;
      case "while":
        return `while ${key(s.condition)}${block(s.body)}`;
      case "if":
        return `if ${key(s.condition)}${block(s.then)}${block(s.otherwise)}`;
      case "reduce": {
        const head = `reduce ${s.width} ${local(s.index)}<${key(s.extent)}`;
        const accumulators = s.accumulators.map(
          (a) => `${local(a.local)},${local(a.left)},${local(a.right)}=${key(a.init)}`,
        );
        const body = block(s.body);
        return `${head}[${accumulators.join(";")}]${body}[${s.accumulators.map((a) => `${key(a.step)}|${key(a.merge)}`).join(";")}]`;
      }
    }
  };
  return `${kernel.block ?? ""}:${kernel.buffers.length}${block(kernel.body)}`;
}
