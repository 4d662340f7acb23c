import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { type DType, type Tensor, tensor } from "../../src/index.js";

/** A recorded tensor: shape, dtype of the recording library, row-major values. */
export interface Recorded {
  readonly t: readonly number[];
  readonly d: string;
  readonly v: readonly (number | boolean | string)[];
}
export type Value = Recorded | null | number | string | boolean | readonly Value[] | { readonly [key: string]: Value };

/** One call: arguments, outputs, cotangents of the float outputs and the vector-Jacobian products for the inputs. */
export interface Sample {
  readonly input: Value;
  readonly args: readonly Value[];
  readonly kwargs: Readonly<Record<string, Value>>;
  readonly out: readonly Value[];
  readonly ct: readonly (Recorded | null)[] | null;
  readonly grad: readonly (Recorded | null)[] | null;
}
export type Samples = Readonly<Record<string, readonly Sample[]>>;

/** Reads a file of samples, gzipped or plain JSON. */
export function readSamples(path: string): Samples {
  const bytes = readFileSync(path);
  const text = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
  const samples: unknown = JSON.parse(text.toString("utf8"));
  if (typeof samples !== "object" || samples === null || !Object.values(samples).every(Array.isArray))
    throw new Error(`${path}: expected { operation: [sample, ...] }.`);
  return samples as Samples;
}

export const isRecorded = (value: unknown): value is Recorded =>
  typeof value === "object" && value !== null && "t" in value && "d" in value && "v" in value;

const dtypes: Readonly<Record<string, DType>> = {
  float64: "f64",
  float32: "f32",
  int64: "i32",
  int32: "i32",
  int16: "i32",
  int8: "i32",
  uint8: "i32",
  bool: "bool",
};

/** "NaN", "Infinity" and "-Infinity" are recorded as text. */
const numberOf = (v: number | boolean | string): number => Number(v);

export function decode(x: Recorded): Tensor {
  const dtype = dtypes[x.d];
  if (dtype === undefined) throw new Error(`no dtype for ${x.d}`);
  return tensor(Float64Array.from(x.v, numberOf), { shape: x.t, dtype });
}

/** Numbers that JSON cannot hold are recorded as text among plain arguments too. */
const special: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** The arguments with their tensors replaced by `replace`, in the order of recording: input, args, kwargs. */
export function mapTensors(value: Value, replace: (x: Recorded) => Tensor): unknown {
  if (isRecorded(value)) return replace(value);
  if (Array.isArray(value)) return value.map((v: Value) => mapTensors(v, replace));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, mapTensors(v as Value, replace)]));
  return typeof value === "string" && value in special ? special[value] : value;
}
