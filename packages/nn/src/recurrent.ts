import { type Tensor, random, scan, zeros } from "@cotangent/core";
import { type Layer, layer } from "./layer.js";

export interface RecurrentParams {
  /** [gates * hidden, in]. */
  readonly weight_ih_l0: Tensor;
  /** [gates * hidden, hidden]. */
  readonly weight_hh_l0: Tensor;
  /** [gates * hidden] each. */
  readonly bias_ih_l0: Tensor;
  readonly bias_hh_l0: Tensor;
}

/** A layer over sequences [batch, time, in]: calling it gives all outputs [batch, time, hidden]; `run` also the last state. */
export interface Recurrent<S> extends Layer<RecurrentParams, [x: Tensor, state?: S], Tensor> {
  /** The outputs and the state after the last step, from `state` (default zeros). */
  run(params: RecurrentParams, x: Tensor, state?: S): { readonly outputs: Tensor; readonly state: S };
}

interface Cell<S> {
  readonly name: string;
  readonly gates: number;
  initial(batch: number, hidden: number, like: Tensor): S;
  /** The next state and its output, from x W_ih^T + b_ih (computed for all steps at once) and the state before. */
  step(fromInput: Tensor, state: S, params: RecurrentParams): [S, Tensor];
}

/** x_n = f(x_{n-1}, theta): the products with the inputs are one matrix product, the rest is a scan over time. */
function recurrent<S>(cell: Cell<S>, inputs: number, hidden: number): Recurrent<S> {
  for (const [name, n] of [
    ["inputs", inputs],
    ["hidden", hidden],
  ] as const)
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`${cell.name}: ${name} is ${n}, expected a positive whole number.`);
  const bound = 1 / Math.sqrt(hidden);
  const run = (params: RecurrentParams, x: Tensor, state?: S): { outputs: Tensor; state: S } => {
    if (x.ndim !== 3 || x.shape[2] !== inputs)
      throw new RangeError(
        `${cell.name}: the input has shape [${x.shape.join(", ")}], expected [batch, time, ${inputs}].`,
      );
    const fromInputs = x.moveAxis(1, 0).matmul(params.weight_ih_l0.T).add(params.bias_ih_l0);
    const [last, outputs] = scan(
      (s: S, fromInput: Tensor) => cell.step(fromInput, s, params),
      state ?? cell.initial(x.shape[0], hidden, x),
      fromInputs,
    );
    return { outputs: outputs.moveAxis(0, 1), state: last };
  };
  const base = layer(
    cell.name,
    (key): RecurrentParams => {
      const keys = random.split(key, 4);
      const rows = cell.gates * hidden;
      const draw = (i: number, shape: readonly number[]): Tensor =>
        random.uniform(keys.at(i), shape, { low: -bound, high: bound });
      return {
        weight_ih_l0: draw(0, [rows, inputs]),
        weight_hh_l0: draw(1, [rows, hidden]),
        bias_ih_l0: draw(2, [rows]),
        bias_hh_l0: draw(3, [rows]),
      };
    },
    (params, _context, x: Tensor, state?: S) => run(params, x, state).outputs,
  );
  return Object.freeze({ ...base, run });
}

/** Hidden and cell state, each [batch, hidden]. */
export interface LstmState {
  readonly h: Tensor;
  readonly c: Tensor;
}

/**
 * Long short-term memory, with PyTorch's names, gate order (i, f, g, o) and start (uniform in +-1/sqrt(hidden)).
 *
 * @see Hochreiter and Schmidhuber (1997); Gers, Schmidhuber, Cummins (2000)
 */
export function lstm(inputs: number, hidden: number): Recurrent<LstmState> {
  return recurrent<LstmState>(
    {
      name: "lstm",
      gates: 4,
      initial: (batch, n, like) => ({ h: zeros([batch, n], like.dtype), c: zeros([batch, n], like.dtype) }),
      step(fromInput, { h, c }, { weight_hh_l0, bias_hh_l0 }) {
        const [i, f, g, o] = fromInput.add(h.matmul(weight_hh_l0.T)).add(bias_hh_l0).split(4, -1);
        const cell = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()));
        const next = o.sigmoid().mul(cell.tanh());
        return [{ h: next, c: cell }, next];
      },
    },
    inputs,
    hidden,
  );
}

/**
 * Gated recurrent unit, with PyTorch's names, gate order (r, z, n) and form: the reset gate acts after the matrix product.
 *
 * @see Cho et al. (2014), arXiv 1406.1078
 */
export function gru(inputs: number, hidden: number): Recurrent<Tensor> {
  return recurrent<Tensor>(
    {
      name: "gru",
      gates: 3,
      initial: (batch, n, like) => zeros([batch, n], like.dtype),
      step(fromInput, h, { weight_hh_l0, bias_hh_l0 }) {
        const [ri, zi, ni] = fromInput.split(3, -1);
        const [rh, zh, nh] = h.matmul(weight_hh_l0.T).add(bias_hh_l0).split(3, -1);
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
