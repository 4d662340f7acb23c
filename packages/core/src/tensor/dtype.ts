/** The element types of a tensor. `f32` is the default; dtype is a property of each tensor, never a global switch. */
export type DType = "f32" | "f64" | "i32" | "u32" | "bool";

/** The array that holds a tensor's elements. `bool` is stored as 32-bit words 0 and 1, as WGSL and wasm lanes want it. */
export type Storage = Float32Array | Float64Array | Int32Array | Uint32Array;

interface DTypeFacts {
  readonly bytes: number;
  readonly float: boolean;
  readonly allocate: (length: number) => Storage;
  readonly view: (buffer: ArrayBuffer, offset: number, length: number) => Storage;
}

/** Everything that depends on the element type alone, one row a dtype. */
export const dtypes: Readonly<Record<DType, DTypeFacts>> = {
  f32: {
    bytes: 4,
    float: true,
    allocate: (n) => new Float32Array(n),
    view: (b, o, n) => new Float32Array(b, o, n),
  },
  f64: {
    bytes: 8,
    float: true,
    allocate: (n) => new Float64Array(n),
    view: (b, o, n) => new Float64Array(b, o, n),
  },
  i32: {
    bytes: 4,
    float: false,
    allocate: (n) => new Int32Array(n),
    view: (b, o, n) => new Int32Array(b, o, n),
  },
  u32: {
    bytes: 4,
    float: false,
    allocate: (n) => new Uint32Array(n),
    view: (b, o, n) => new Uint32Array(b, o, n),
  },
  bool: {
    bytes: 4,
    float: false,
    allocate: (n) => new Int32Array(n),
    view: (b, o, n) => new Int32Array(b, o, n),
  },
};

export const isFloat = (dtype: DType): boolean => dtypes[dtype].float;
export const isDType = (value: unknown): value is DType => typeof value === "string" && Object.hasOwn(dtypes, value);
