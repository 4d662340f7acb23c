import { type Tensor, random, scan, zeros } from "@cotangent/core";
import type { BoundLayer, InitOptions, Layer } from "./layer.js";
import { checkFeatures, checkSizes, describe } from "./sizes.js";

export interface RecurrentParams {
  /** [gates * hidden, in]. */
  readonly weight_ih_l0: Tensor;
  /** [gates * hidden, hidden]. */
  readonly weight_hh_l0: Tensor;
  /** [gates * hidden] each. */
  readonly bias_ih_l0: Tensor;
  readonly bias_hh_l0: Tensor;
}

/** All outputs, and the state after the last step. */
export interface RecurrentRun<S> {
  /** [batch, time, hidden]. */
  readonly outputs: Tensor;
  readonly state: S;
}

/** Inside a forward function: `m.rnn(x)` gives the outputs, `m.rnn.run(x, state)` also the last state. */
export interface BoundRecurrent<S> extends BoundLayer<RecurrentParams, [x: Tensor], Tensor> {
  /** From `initialState` (default zeros). */
  run(x: Tensor, initialState?: S): RecurrentRun<S>;
}

/** A layer over sequences, [batch, time, in] to [batch, time, hidden]; without the batch axis as well. */
export interface Recurrent<S> extends Layer<RecurrentParams, [x: Tensor], Tensor, BoundRecurrent<S>> {
  /** The outputs and the state after the last step. */
  run(params: RecurrentParams, x: Tensor, initialState?: S): RecurrentRun<S>;
}

/**
 * Gated recurrent unit, in PyTorch's form (the reset gate acts after the product), gate order (r, z, n), names and start:
 *
 * r = sigmoid(W_ir x + b_ir + W_hr h + b_hr);  z likewise;  n = tanh(W_in x + b_in + r (W_hn h + b_hn));  h <- (1 - z) n + z h.
 *
 * ```ts
 * const net = module({ rnn: gru(16, 64), head: linear(64, 27) }, (m, x: Tensor) => m.head(m.rnn(x)));
 * ```
 *
 * @param inputs size of the last axis of x
 * @param hidden size of the state, [batch, hidden]
 * @see Cho et al. (2014), arXiv 1406.1078
 */
export function gru(inputs: number, hidden: number): Recurrent<Tensor> {
  return recurrent<Tensor>(
    {
      kind: "gru",
      gates: 3,
      initial: (zero) => zero,
      parts: (h) => ({ h }),
      step(fromInput, h, weight, bias) {
        const [ri, zi, ni] = fromInput.split(3, -1);
        const [rh, zh, nh] = h.matmul(weight).add(bias).split(3, -1);
        const r = ri.add(rh).sigmoid();
        const z = zi.add(zh).sigmoid();
        const n = ni.add(r.mul(nh)).tanh();
        const next = n.add(z.mul(h.sub(n)));
        return [next, next];
      },
    },
    inputs,
    hidden,
  );
}

/** Hidden and cell state, each [batch, hidden]. */
export interface LstmState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * Long short-term memory, with PyTorch's gate order (i, f, g, o), names and start:
 *
 * c <- sigmoid(f) c + sigmoid(i) tanh(g);  h <- sigmoid(o) tanh(c), with i, f, g, o each W_i x + b_i + W_h h + b_h.
 *
 * ```ts
 * const { outputs, state } = lstm(16, 64).run(params, x); // state { h, c }
 * ```
 *
 * @param inputs size of the last axis of x
 * @param hidden size of each part of the state, [batch, hidden]
 * @see Hochreiter and Schmidhuber (1997), Neural Computation 9; Gers, Schmidhuber and Cummins (2000)
 */
export function lstm(inputs: number, hidden: number): Recurrent<LstmState> {
  return recurrent<LstmState>(
    {
      kind: "lstm",
      gates: 4,
      initial: (zero) => ({ h: zero, c: zero }),
      parts: ({ h, c }) => ({ h, c }),
      step(fromInput, { h, c }, weight, bias) {
        const [i, f, g, o] = fromInput.add(h.matmul(weight)).add(bias).split(4, -1);
        const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
        const next = o.sigmoid().mul(cell.tanh());
        return [{ h: next, c: cell }, next];
      },
    },
    inputs,
    hidden,
  );
}

interface Cell<S> {
  readonly kind: string;
  readonly gates: number;
  initial(zero: Tensor): S;
  /** The tensors of a state by name, to be checked. */
  parts(state: S): Readonly<Record<string, Tensor>>;
  /** The next state and its output, from x W_ih' + b_ih and the state before, with W_hh' and b_hh. */
  step(fromInput: Tensor, state: S, weight: Tensor, bias: Tensor): [S, Tensor];
}

/** The products with the inputs are one matrix product for all steps, the rest is a scan over time. */
function recurrent<S>(cell: Cell<S>, inputs: number, hidden: number): Recurrent<S> {
  const { kind } = cell;
  checkSizes(kind, { inputs, hidden });
  const rows = cell.gates * hidden;
  const run = (params: RecurrentParams, x: Tensor, initialState?: S): RecurrentRun<S> => {
    checkFeatures(kind, x, inputs);
    if (x.ndim !== 2 && x.ndim !== 3)
      throw new RangeError(
        `${kind}: the input is ${describe(x)}, expected [batch, time, ${inputs}] or [time, ${inputs}]. Use vmap for more axes.`,
      );
    const batch = x.shape.slice(0, -2);
    const start = initialState ?? cell.initial(zeros([...batch, hidden], x.dtype as "f32" | "f64"));
    for (const [name, part] of Object.entries(cell.parts(start)))
      if (part.shape.join() !== [...batch, hidden].join())
        throw new RangeError(
          `${kind}: the initial state ${name} is ${describe(part)}, expected [${[...batch, hidden].join(", ")}] for the input ${describe(x)}. Leave it out for zeros.`,
        );
    const fromInputs = x.moveAxis(-2, 0).matmul(params.weight_ih_l0.T).add(params.bias_ih_l0);
    const weight = params.weight_hh_l0.T;
    const [state, outputs] = scan(
      (s: S, fromInput: Tensor) => cell.step(fromInput, s, weight, params.bias_hh_l0),
      start,
      fromInputs,
    );
    return { outputs: outputs.moveAxis(0, -2), state };
  };
  const high = 1 / Math.sqrt(hidden);
  return Object.freeze({
    kind,
    pure: true as const,
    init(key: Tensor, { dtype = "f32" }: InitOptions = {}): RecurrentParams {
      const draw = (i: number, shape: readonly number[]): Tensor =>
        random.uniform(random.foldIn(key, i), shape, { low: -high, high, dtype });
      return {
        weight_ih_l0: draw(0, [rows, inputs]),
        weight_hh_l0: draw(1, [rows, hidden]),
        bias_ih_l0: draw(2, [rows]),
        bias_hh_l0: draw(3, [rows]),
      };
    },
    bind: (params: RecurrentParams) =>
      Object.assign((x: Tensor) => run(params, x).outputs, {
        params,
        run: (x: Tensor, initialState?: S) => run(params, x, initialState),
      }),
    apply: (params: RecurrentParams, x: Tensor) => run(params, x).outputs,
    run,
  });
}
