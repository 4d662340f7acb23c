import { type Tensor, isTensor, vjp } from "../../src/index.js";
import { isFloat } from "../../src/tensor/dtype.js";
import type { Entry, Mapping, Skips } from "./mapping/mapping.js";
import { type Recorded, type Sample, type Samples, decode, isRecorded, mapTensors } from "./samples.js";

export interface OperationResult {
  readonly operation: string;
  readonly passed: number;
  readonly failures: readonly string[];
  /** Set where the operation is not mapped. */
  readonly skipped?: { readonly samples: number; readonly reason: string };
  /** The largest relative deviation of a passed sample. */
  readonly worst: number;
  readonly tolerance: number;
  readonly why?: string;
}

export const TOLERANCE = 1e-9;

/** Runs every sample: outputs, and gradients through our vjp. */
export function runSamples(samples: Samples, mapping: Mapping, skips: Skips): OperationResult[] {
  return Object.keys(samples)
    .sort()
    .map((operation) => runOperation(operation, samples[operation], mapping, skips));
}

function runOperation(operation: string, samples: readonly Sample[], mapping: Mapping, skips: Skips): OperationResult {
  const known = Object.hasOwn(mapping, operation) ? mapping[operation] : undefined;
  if (known === undefined) {
    const reason = Object.hasOwn(skips, operation) ? skips[operation] : "not mapped";
    return { operation, passed: 0, failures: [], skipped: { samples: samples.length, reason }, worst: 0, tolerance: 0 };
  }
  const entry: Entry = typeof known === "function" ? { run: known } : known;
  const tolerance = entry.tolerance ?? TOLERANCE;
  const failures: string[] = [];
  let worst = 0;
  samples.forEach((sample, i) => {
    try {
      worst = Math.max(worst, runSample(sample, entry));
    } catch (error) {
      failures.push(`#${i}: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const result = { operation, passed: samples.length - failures.length, failures, worst, tolerance };
  return entry.why === undefined ? result : { ...result, why: entry.why };
}

/** Throws what differs; otherwise the largest deviation. */
function runSample(sample: Sample, entry: Entry): number {
  const floats: Tensor[] = [];
  const collect = (x: Recorded): Tensor => {
    const y = decode(x);
    if (isFloat(y.dtype)) floats.push(y);
    return y;
  };
  for (const part of [sample.input, [...sample.args], { ...sample.kwargs }]) mapTensors(part, collect);

  const expected = sample.out.filter(isRecorded).map(decode);
  /** The call with the float tensors replaced. */
  const call = (...given: Tensor[]): readonly Tensor[] => {
    let next = 0;
    const replace = (x: Recorded): Tensor => {
      const y = decode(x);
      return isFloat(y.dtype) ? given[next++] : y;
    };
    const input = mapTensors(sample.input, replace);
    const args = mapTensors([...sample.args], replace) as unknown[];
    const kwargs = mapTensors({ ...sample.kwargs }, replace) as Record<string, unknown>;
    const out = entry.run(input, args, kwargs);
    return isTensor(out) ? [out] : out;
  };

  const plain = call(...floats);
  if (plain.length !== expected.length) throw new Error(`gave ${plain.length} outputs, expected ${expected.length}`);
  const factors = entry.align?.(plain, expected) ?? plain.map(() => null);
  const aligned = (outputs: readonly Tensor[]): Tensor[] =>
    outputs.map((y, k) => {
      const factor = factors[k];
      return factor === null ? y : typeof factor === "function" ? factor(y) : y.mul(factor);
    });
  let worst = 0;
  aligned(plain).forEach((y, k) => {
    worst = Math.max(worst, compare(`output ${k}`, y, expected[k], entry));
  });

  const { ct, grad } = sample;
  if (ct === null || grad === null || grad.length === 0) return worst;
  const varies =
    typeof entry.varies === "function"
      ? entry.varies({ floats: floats.length, gradients: grad.length })
      : (entry.varies ?? matching(floats, grad));
  if (varies.length !== grad.length)
    throw new Error(`${grad.length} gradients recorded for ${varies.length} float inputs; give "varies"`);
  const differentiable = (entry.outputs ?? plain.map((_, k) => k).filter((k) => isFloat(plain[k].dtype))).slice(
    0,
    ct.length,
  );
  const [, pullback] = vjp(
    (...given: Tensor[]) => {
      const all = [...floats];
      varies.forEach((which, i) => (all[which] = given[i]));
      const outputs = aligned(call(...all));
      return differentiable.map((k) => outputs[k]);
    },
    ...varies.map((i) => floats[i]),
  );
  const cotangents = differentiable.map((k, i) => {
    const c = ct[i];
    return c === null || c === undefined ? plain[k].mul(0) : decode(c);
  });
  pullback(cotangents).forEach((g, i) => {
    const wanted = grad[i];
    if (wanted !== null) worst = Math.max(worst, compare(`gradient ${i}`, g, decode(wanted), entry));
  });
  return worst;
}

/** All float inputs, or, where fewer gradients were recorded, the next of the shape of each. */
function matching(floats: readonly Tensor[], gradients: readonly (Recorded | null)[]): number[] {
  if (gradients.length >= floats.length) return floats.map((_, i) => i);
  let next = 0;
  return gradients.map((g) => {
    while (next < floats.length && g !== null && floats[next].shape.join() !== g.t.join()) next++;
    return next++;
  });
}

/**
 * Largest relative deviation, or throws at the first element beyond the tolerance. An element that is small beside the
 * others of its tensor carries their rounding: it is measured against min(1, the largest of them). A tensor of nothing but rounding (all
 * below `rounding`, as where a gradient vanishes identically) counts as 0.
 */
function compare(
  what: string,
  actual: Tensor,
  expected: Tensor,
  { tolerance = TOLERANCE, rounding = 1e-15 }: Entry,
): number {
  if (actual.shape.join() !== expected.shape.join())
    throw new Error(`${what} has shape [${actual.shape.join(", ")}], expected [${expected.shape.join(", ")}]`);
  const a = Array.from(actual.storage, Number);
  const b = Array.from(expected.storage, Number);
  const largest = b.reduce((m, y) => (Number.isFinite(y) ? Math.max(m, Math.abs(y)) : m), 0);
  const floor = largest < rounding ? 1 : Math.min(1, largest);
  let worst = 0;
  b.forEach((y, i) => {
    const x = a[i];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) return;
    const error = Math.abs(x - y) / Math.max(Math.abs(y), floor);
    if (!(error <= tolerance)) throw new Error(`${what}, element ${i}: got ${x}, expected ${y}`);
    worst = Math.max(worst, error);
  });
  return worst;
}
