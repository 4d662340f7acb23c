import { type Atom, type Equation, type Graph, type Variable, isGraph } from "../graph/graph.js";
import type { ParamKind } from "./form.js";
import { forms } from "./forms.js";
import type { Primitive } from "../graph/primitive.js";
import { hasEffects } from "../graph/prune.js";
import { jitPrimitive } from "../control/jit.js";
import type { TensorType } from "../tensor/shape.js";
import type { Structure } from "../tensor/tree.js";
import { DTYPES, FORMAT_VERSION, HEADER_BYTES, MAGIC, type ProgramParts, STRUCTURES } from "./format.js";
import { ProgramError } from "./programError.js";
import { type Writer, crc32, writer } from "./wire.js";

/** The file of a program; equal programs give equal bytes. */
export function encodeProgram({ graph, constants, arguments: from, result, fused }: ProgramParts): Uint8Array {
  if (hasEffects(graph))
    throw new ProgramError(
      "effects",
      "Program.toBytes: the program has effects (debugPrint and the like), which are code. Remove them from the compiled function.",
    );
  const primitives = new Map<Primitive, number>();
  const graphs = new Map<Graph, number>();
  const body = writer();
  addGraph(graph);

  const out = writer();
  // The header is filled in at the end.
  out.bytes(new Uint8Array(HEADER_BYTES));
  out.list([...primitives.keys()], (p) => {
    out.text(p.name);
    out.uint(forms.get(p)?.version ?? 1);
  });
  out.uint(graphs.size);
  out.bytes(body.finish());
  writeStructure(out, from);
  writeStructure(out, result);
  out.uint(constants.length);
  for (const c of constants) {
    out.bytes(new Uint8Array(-out.length & 7));
    out.bytes(new Uint8Array(c.buffer, c.byteOffset, c.byteLength));
  }
  if (fused) out.uint(1);
  const file = out.finish();
  const header = new DataView(file.buffer);
  [MAGIC, FORMAT_VERSION, file.length, crc32(file.subarray(HEADER_BYTES))].forEach((word, i) =>
    header.setUint32(4 * i, word, true),
  );
  return file;

  /** Writes the graph behind those that it carries, once. */
  function addGraph(g: Graph): number {
    const known = graphs.get(g);
    if (known !== undefined) return known;
    const equations = g.equations.map(asWritten);
    for (const { params } of equations)
      for (const value of Object.values(params))
        for (const carried of Array.isArray(value) ? value : [value]) if (isGraph(carried)) addGraph(carried);
    const numbers = new Map<Variable, number>();
    const define = (v: Variable): void => void numbers.set(v, numbers.size + 1);
    const atom = (a: Atom): void => {
      body.uint(a.kind === "literal" ? 0 : (numbers.get(a) as number));
      if (a.kind === "variable") return;
      body.uint(DTYPES.indexOf(a.dtype));
      body.float(a.value);
    };
    body.list(g.inputs, (v) => {
      writeType(body, v);
      define(v);
    });
    body.list(equations, ({ primitive, inputs, params, outputs }) => {
      let number = primitives.get(primitive);
      if (number === undefined) primitives.set(primitive, (number = primitives.size));
      body.uint(number);
      body.list(inputs, atom);
      for (const [key, kind] of Object.entries(forms.get(primitive)?.params ?? {}))
        writeParam(kind as ParamKind, (params as Record<string, unknown>)[key]);
      outputs.forEach(define);
    });
    body.list(g.outputs, atom);
    graphs.set(g, graphs.size);
    return graphs.size - 1;
  }

  function writeParam(kind: ParamKind, value: unknown): void {
    if (kind === "flag") body.uint(Number(value));
    else if (kind === "size") body.uint(value as number);
    else if (kind === "sizes") body.list(value as readonly number[], body.uint);
    else if (kind === "number") body.float(value as number);
    else if (kind === "text") body.text(value as string);
    else if (kind === "dtype") body.uint(DTYPES.indexOf(value as (typeof DTYPES)[number]));
    else if (kind === "graph") body.uint(graphs.get(value as Graph) as number);
    else body.list(value as readonly Graph[], (g) => body.uint(graphs.get(g) as number));
  }
}

/** An operation that is made of others is written as a call of those: rules for its derivative are no longer needed, and stay behind. */
function asWritten(e: Equation): Equation {
  if (forms.has(e.primitive)) return e;
  const lowered = e.primitive.lower(e.inputs, e.outputs, e.params);
  if (lowered.kind !== "graph")
    throw new ProgramError("primitive", `Program.toBytes: operation "${e.primitive.name}" has no form in files.`);
  return { ...e, primitive: jitPrimitive as Primitive, params: { graph: lowered.graph, name: e.primitive.name } };
}

function writeType(out: Writer, t: TensorType): void {
  out.uint(DTYPES.indexOf(t.dtype));
  out.list(t.shape, out.uint);
}

function writeStructure(out: Writer, node: Structure): void {
  out.uint(STRUCTURES.indexOf(node.kind));
  if (node.kind === "array" || node.kind === "object")
    out.list(node.children, (child, i) => {
      if (node.kind === "object") out.text(node.keys[i]);
      writeStructure(out, child);
    });
}
