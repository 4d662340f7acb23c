import { type Form, type ParamKind, representable } from "./form.js";
import { forms } from "./forms.js";
import { type Atom, type Equation, type Graph, type Literal, type Variable, variable } from "../graph/graph.js";
import type { Primitive } from "../graph/primitive.js";
import { type Storage, dtypes } from "../tensor/dtype.js";
import { type Shape, type TensorType, describe, sizeOf } from "../tensor/shape.js";
import type { Structure } from "../tensor/tree.js";
import {
  DEEPEST,
  DTYPES,
  FORMAT_VERSION,
  HEADER_BYTES,
  MAGIC,
  MOST_AXES,
  MOST_ELEMENTS,
  MOST_EQUATIONS,
  type ProgramParts,
  STRUCTURES,
} from "./format.js";
import { type Reader, crc32, reader } from "./wire.js";

/** A graph of the file, how deep graphs lie in it, and how much it is with every call written out. */
interface Carried {
  readonly graph: Graph;
  readonly depth: number;
  readonly equations: number;
}

/** Values that a file may define, per byte of it: a call defines as many as its graph has outputs. */
const VALUES_PER_BYTE = 64;

let byName: ReadonlyMap<string, Primitive> | undefined;

/**
 * The program of a file, every part of it checked: what is returned can be compiled. Nothing is allocated that is longer than the file.
 *
 * @throws ProgramError for anything else.
 */
export function decodeProgram(file: Uint8Array): ProgramParts {
  const from = reader(file, 0);
  checkHeader(file, from);
  const primitives = from.list(() => readPrimitive(from));
  const graphs: Carried[] = [];
  let values = 0;
  const count = from.uint();
  for (let i = 0; i < count; i++) graphs.push(readGraph());
  if (count === 0) from.fail("structure", "there is no graph");
  const { graph } = graphs[count - 1];
  const arguments_ = readStructure(from);
  const result = readStructure(from);
  const constantCount = from.uint();
  if (constantCount + leafCount(arguments_) !== graph.inputs.length || leafCount(result) !== graph.outputs.length)
    from.fail("structure", `the trees of arguments and result do not fit a graph of ${graph.inputs.length} inputs`);
  const constants = graph.inputs.slice(0, constantCount).map((v) => readConstant(from, v));
  const fused = file[from.position] === 1;
  if (fused) from.position++;
  if (from.position !== file.length) from.fail("structure", "there is something behind the end");
  return { graph, constants, arguments: arguments_, result, fused };

  function readGraph(): Carried {
    let depth = 0;
    let equations = 0;
    const known: Variable[] = [];
    const define = (t: TensorType): Variable => {
      const v = variable({ shape: t.shape, dtype: t.dtype });
      known.push(v);
      if (++values > VALUES_PER_BYTE * file.length || known.length > MOST_EQUATIONS)
        from.fail("limit", "the file defines too many values for its length");
      return v;
    };
    const readAtom = (): Atom => {
      const number = from.below(known.length + 1, "structure", "value");
      return number === 0 ? readLiteral(from) : known[number - 1];
    };
    const carry = (): Graph => {
      const inner = graphs[from.below(graphs.length, "structure", "graph")];
      depth = Math.max(depth, inner.depth);
      equations += inner.equations;
      return inner.graph;
    };
    const inputs = from.list(() => define(readType(from)));
    const list = from.list((): Equation => {
      const primitive = primitives[from.below(primitives.length, "primitive", "primitive")];
      const atoms = from.list(readAtom);
      const form = forms.get(primitive) as Form;
      const params: Record<string, unknown> = {};
      for (const [key, kind] of Object.entries(form.params)) params[key] = readParam(from, kind as ParamKind, carry);
      const outputs = inferred(from, primitive, form, atoms, params).map(define);
      equations += 1 + outputs.length;
      if (equations > MOST_EQUATIONS) from.fail("limit", `the program has more than ${MOST_EQUATIONS} operations`);
      return { primitive, inputs: atoms, params, outputs };
    });
    if (++depth > DEEPEST) from.fail("limit", `graphs lie within graphs more than ${DEEPEST} deep`);
    const outputs = from.list(readAtom);
    equations += inputs.length + outputs.length;
    return { graph: { inputs, equations: list, outputs }, depth, equations };
  }
}

function checkHeader(file: Uint8Array, from: Reader): void {
  const word = (i: number): number =>
    new DataView(file.buffer, file.byteOffset, file.byteLength).getUint32(4 * i, true);
  if (file.length < HEADER_BYTES) from.fail("truncated", `a program begins with ${HEADER_BYTES} bytes of header`);
  if (word(0) !== MAGIC) from.fail("magic", "these bytes are no program");
  if (word(1) !== FORMAT_VERSION)
    from.fail("version", `the file has format version ${word(1)}, this library reads ${FORMAT_VERSION}`);
  if (word(2) !== file.length) from.fail("truncated", `the file should have ${word(2)} bytes`);
  from.position = HEADER_BYTES;
  if (word(3) !== crc32(file.subarray(HEADER_BYTES))) from.fail("checksum", "the file was damaged");
}

function readPrimitive(from: Reader): Primitive {
  byName ??= new Map(Array.from(forms.keys(), (p) => [p.name, p]));
  const name = from.text();
  const version = from.uint();
  const primitive = byName.get(name);
  if (primitive === undefined) return from.fail("primitive", `there is no operation ${JSON.stringify(name)}`);
  const ours = forms.get(primitive)?.version ?? 1;
  if (version !== ours)
    from.fail("version", `operation "${name}" has version ${version} in the file and ${ours} in this library`);
  return primitive;
}

/** The types of what an equation defines, if its inputs and parameters belong together. */
function inferred(
  from: Reader,
  primitive: Primitive,
  form: Form,
  inputs: readonly TensorType[],
  params: object,
): readonly TensorType[] {
  let outputs: readonly TensorType[] | undefined;
  let cause: unknown;
  try {
    if (form.accepts(inputs, params)) outputs = primitive.infer(inputs, params);
  } catch (error) {
    cause = error;
  }
  if (outputs === undefined)
    return from.fail("types", `operation "${primitive.name}" does not take ${inputs.map(describe).join(", ")}`, cause);
  for (const t of outputs) checkShape(from, t.shape);
  return outputs;
}

function readParam(from: Reader, kind: ParamKind, carry: () => Graph): unknown {
  switch (kind) {
    case "flag":
      return from.below(2, "params", "flag") === 1;
    case "size":
      return from.uint();
    case "sizes":
      return from.list(from.uint);
    case "number":
      return from.float();
    case "text":
      return from.text();
    case "dtype":
      return DTYPES[from.below(DTYPES.length, "params", "dtype")];
    case "graph":
      return carry();
    case "graphs":
      return from.list(carry);
  }
}

function readLiteral(from: Reader): Literal {
  const dtype = DTYPES[from.below(DTYPES.length, "types", "dtype")];
  const value = from.float();
  if (!representable(value, dtype)) from.fail("types", `${value} is no ${dtype}`);
  return { kind: "literal", shape: [], dtype, value: dtype === "f32" ? Math.fround(value) : value };
}

function readType(from: Reader): TensorType {
  const dtype = DTYPES[from.below(DTYPES.length, "types", "dtype")];
  const shape = from.list(from.uint);
  checkShape(from, shape);
  return { shape, dtype };
}

/** Sizes are checked with empty axes left out, so that strides stay small as well. */
function checkShape(from: Reader, shape: Shape): void {
  if (shape.length > MOST_AXES || !(sizeOf(shape.filter((n) => n > 0)) <= MOST_ELEMENTS))
    from.fail("limit", `a tensor of shape [${shape.slice(0, MOST_AXES).join(", ")}] is too large`);
}

function readStructure(from: Reader, depth = 0): Structure {
  if (depth > DEEPEST) from.fail("limit", `trees lie within trees more than ${DEEPEST} deep`);
  const kind = STRUCTURES[from.below(STRUCTURES.length, "structure", "kind of tree")];
  if (kind === "array") return { kind, children: from.list(() => readStructure(from, depth + 1)) };
  if (kind !== "object") return { kind };
  const keys: string[] = [];
  const children = from.list((i) => {
    const key = from.text();
    // In the order that flattening gives them, hence none twice.
    if (key === "__proto__" || (i > 0 && !(keys[i - 1] < key)))
      from.fail("structure", `key ${JSON.stringify(key)} is not allowed here`);
    keys.push(key);
    return readStructure(from, depth + 1);
  });
  return { kind, keys, children };
}

function leafCount(node: Structure): number {
  if (node.kind === "leaf") return 1;
  return node.kind === "empty" ? 0 : node.children.reduce((n, child) => n + leafCount(child), 0);
}

/** The elements are copied, so that the file may be changed or freed. */
function readConstant(from: Reader, { shape, dtype }: TensorType): Storage {
  if (from.bytes(-from.position & 7).some((b) => b !== 0)) from.fail("structure", "padding is not zero");
  const length = sizeOf(shape);
  const bytes = from.bytes(length * dtypes[dtype].bytes).slice();
  const storage = dtypes[dtype].view(bytes.buffer, 0, length);
  if (dtype === "bool" && storage.some((x) => x !== 0 && x !== 1)) from.fail("types", "a bool is neither 0 nor 1");
  return storage;
}
