import { type Storage, dtypes } from "../tensor/dtype.js";
import { type TensorType, type } from "../tensor/shape.js";
import { type Tensor, filled, fromStorage } from "../tensor/tensor.js";
import { type Atom, type Equation, type Graph, type Literal, type Variable, variable } from "./graph.js";
import type { Primitive } from "./primitive.js";
import { type Trace, bind, withTrace } from "./trace.js";
import { Tracer, isKnown } from "./tracer.js";

/** A value of a graph under construction. */
export class Recorded extends Tracer {
  readonly variable: Variable;
  constructor(trace: Trace, v: Variable) {
    super(trace, v);
    this.variable = v;
  }
}

/** Equations and captures, as they are recorded. Both the graph trace and the linear trace write into one. */
export class Recording {
  readonly inputs: Variable[] = [];
  readonly equations: Equation[] = [];
  readonly captures: Map<Tensor, Variable> = new Map();
  readonly #trace: Trace;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  input(t: TensorType): Recorded {
    const v = variable(t);
    this.inputs.push(v);
    return new Recorded(this.#trace, v);
  }

  owns(x: Tensor): x is Recorded {
    return x instanceof Recorded && x.trace === this.#trace;
  }

  equation<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Recorded[] {
    const atoms = inputs.map((x) => this.atom(x));
    const outputs = primitive.infer(inputs, params).map((t) => variable(t));
    this.equations.push({ primitive: primitive as Primitive, inputs: atoms, params, outputs });
    return outputs.map((v) => new Recorded(this.#trace, v));
  }

  /** Concrete scalars become literals; every other foreign tensor becomes a hidden input. */
  atom(x: Tensor): Atom {
    if (this.owns(x)) return x.variable;
    const known = this.captures.get(x);
    if (known !== undefined) return known;
    if (x.shape.length === 0 && isKnown(x)) return literalOf(x);
    const v = variable(x);
    this.captures.set(x, v);
    return v;
  }
}

function literalOf(x: Tensor): Literal {
  const literal: Literal = { kind: "literal", shape: [], dtype: x.dtype, value: x.storage[0] };
  return x.weak ? { ...literal, weak: true } : literal;
}

/** Records every primitive, also those on concrete tensors, so that nothing large is computed while tracing. */
class GraphTrace implements Trace {
  readonly name: string;
  readonly recording: Recording;
  constructor(name: string) {
    this.name = name;
    this.recording = new Recording(this);
  }
  process<P extends object>(primitive: Primitive<P>, inputs: readonly Tensor[], params: P): Tensor[] {
    return this.recording.equation(primitive, inputs, params);
  }
}

export interface Traced {
  /** Inputs: one for each capture, then the arguments. */
  readonly graph: Graph;
  readonly captures: readonly Tensor[];
}

/** Records `f` on arguments of the given types. `name` appears in errors. */
export function traceGraph(
  name: string,
  types: readonly TensorType[],
  f: (...inputs: Tensor[]) => readonly Tensor[],
): Traced {
  const trace = new GraphTrace(name);
  const { recording } = trace;
  const inputs = types.map((t) => recording.input(t));
  const outputs = withTrace(trace, () => f(...inputs).map((x) => recording.atom(x)));
  const graph: Graph = {
    inputs: [...recording.captures.values(), ...recording.inputs],
    equations: recording.equations,
    outputs,
  };
  return { graph, captures: [...recording.captures.keys()] };
}

/** Evaluates a graph under the current trace: this is how the one set of rules also transforms carried graphs. */
export function evaluateGraph(graph: Graph, inputs: readonly Tensor[]): Tensor[] {
  const values = new Map<Variable, Tensor>();
  graph.inputs.forEach((v, i) => values.set(v, inputs[i]));
  const read = (a: Atom): Tensor => (a.kind === "literal" ? literalTensor(a) : (values.get(a) as Tensor));
  for (const { primitive, inputs: atoms, params, outputs } of graph.equations) {
    const results = bind(primitive, atoms.map(read), params);
    outputs.forEach((v, i) => values.set(v, results[i]));
  }
  return graph.outputs.map(read);
}

export const literalTensor = (a: Literal): Tensor => filled(a, a.value);

/** A concrete scalar. */
export const scalar = (value: number, dtype: TensorType["dtype"], weak = false): Tensor => {
  const storage: Storage = dtypes[dtype].allocate(1);
  storage[0] = value;
  return fromStorage(weak ? { ...type(dtype, []), weak } : type(dtype, []), storage);
};
