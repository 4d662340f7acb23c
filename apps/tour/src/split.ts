import { type Tensor, random, tensor } from "@cotangent/core";

/** A table in parts that share no row, in an order drawn from the seed. */
export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
}
export interface Part {
  /** [n, d] f64, standardised by the mean and sd of the training part. */
  readonly x: Tensor;
  /** [n] f64, in its own unit. */
  readonly y: Tensor;
}

/** Cuts rows into `train` and `validation` of the given sizes, and the rest. */
export async function splitRows(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  key: Tensor,
  train: number,
  validation: number,
): Promise<Split> {
  const order = await random.permutation(key, rows.length).data();
  const raw = tensor(
    Array.from(order, (i) => [...rows[i]]),
    { dtype: "f64" },
  );
  const y = tensor(
    Array.from(order, (i) => targets[i]),
    { dtype: "f64" },
  );
  const known = raw.at([0, train]);
  const x = raw.sub(known.mean(0)).div(known.std(0));
  const part = (from: number, to: number | null): Part => ({ x: x.at([from, to]), y: y.at([from, to]) });
  return { train: part(0, train), validation: part(train, train + validation), test: part(train + validation, null) };
}
