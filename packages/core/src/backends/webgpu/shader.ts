import type { KernelBuffer } from "../../kernel/kernel.js";
import type { DType } from "../../tensor/dtype.js";

/** A WGSL module with the entry point `main`, and how many workgroups compute all of it. */
export interface Shader {
  readonly code: string;
  /** Along x; more than 65,535 are folded into y by whoever encodes them: a shader reads its number from `group`. */
  readonly groups: number;
}

/**
 * Which GPU buffer each buffer of a kernel lies in. Several may lie in one, at offsets that are known only when it is called: so kernel buffers that
 * share memory are one binding, and none is bound twice.
 */
export interface Layout {
  /** The binding of each buffer of the kernel. */
  readonly bindings: readonly number[];
  /** Whether binding b is written to. */
  readonly written: readonly boolean[];
}

export const wgslType: Readonly<Record<DType, string>> = {
  f32: "f32",
  f64: "f64",
  i32: "i32",
  u32: "u32",
  bool: "bool",
};

/** Bytes of the record of a call: see `struct Call`. */
export const callBytes = (buffers: number): number => 16 + 16 * Math.ceil(buffers / 4);

/** How the text of statements reads and writes elements. */
export interface ElementAccess {
  load(k: number, index: string): string;
  store(k: number, index: string, value: string): string;
}

/**
 * The memory of a shader as its text reads and writes it. Words are `f32` where all that lies in a binding is, else `u32`; with `vectors`, four of
 * them are one element of the binding, and indices count those (offsets of all buffers must then be multiples of four).
 */
export class ShaderMemory implements ElementAccess {
  readonly #buffers: readonly KernelBuffer[];
  readonly #layout: Layout;
  readonly #vectors: boolean;

  constructor(buffers: readonly KernelBuffer[], layout: Layout, vectors = false) {
    this.#buffers = buffers;
    this.#layout = layout;
    this.#vectors = vectors;
  }

  #word(binding: number): "f32" | "u32" {
    return this.#buffers.every((b, k) => this.#layout.bindings[k] !== binding || b.dtype === "f32") ? "f32" : "u32";
  }

  /** Declarations: bindings 0, 1, ... of group 0, and the record of the call in group 1. */
  declarations(): string {
    const bindings = this.#layout.written.map((written, b) => {
      const word = this.#word(b);
      const element = this.#vectors ? `vec4<${word}>` : word;
      return `@group(0) @binding(${b}) var<storage, ${written ? "read_write" : "read"}> m${b}: array<${element}>;`;
    });
    return [
      ...bindings,
      // Infinities and NaN are no constants of WGSL; `first` is the first workgroup of this dispatch, `folded` how many there are along x.
      `struct Call { first: u32, folded: u32, infinity: f32, nan: f32, offset: array<vec4<u32>, ${Math.ceil(this.#buffers.length / 4)}> }`,
      "@group(1) @binding(0) var<uniform> call: Call;",
    ].join("\n");
  }

  /** Statements for the start of `main`: where each buffer starts, in elements of its binding. */
  offsets(): string[] {
    return this.#buffers.map((_, k) => {
      const words = `call.offset[${k >> 2}][${k & 3}]`;
      return `let o${k} = ${this.#vectors ? `${words} / 4u` : words};`;
    });
  }

  /** One element, where those of bindings are vectors of four. */
  element(k: number, index: string): string {
    if (!this.#vectors) return this.load(k, index);
    const binding = this.#layout.bindings[k];
    const { dtype } = this.#buffers[k];
    const word = `m${binding}[o${k} + ${index} / 4u][${index} % 4u]`;
    if (dtype === "bool") return `(${word} != 0u)`;
    return dtype === this.#word(binding) ? word : `bitcast<${wgslType[dtype]}>(${word})`;
  }

  /** The element (or vector of four) of buffer `k` at `index`, a u32 expression. */
  load(k: number, index: string): string {
    const binding = this.#layout.bindings[k];
    const { dtype } = this.#buffers[k];
    const word = `m${binding}[o${k} + ${index}]`;
    if (dtype === "bool") return `(${word} != ${this.#vectors ? "vec4<u32>()" : "0u"})`;
    return dtype === this.#word(binding) ? word : `bitcast<${this.#typeOf(dtype)}>(${word})`;
  }

  store(k: number, index: string, value: string): string {
    const binding = this.#layout.bindings[k];
    const { dtype } = this.#buffers[k];
    const word = this.#word(binding);
    const bits =
      dtype === "bool"
        ? `select(${this.#vectors ? "vec4<u32>(), vec4<u32>(1u)" : "0u, 1u"}, ${value})`
        : dtype === word
          ? value
          : `bitcast<${this.#typeOf(word)}>(${value})`;
    return `m${binding}[o${k} + ${index}] = ${bits};`;
  }

  #typeOf(dtype: DType): string {
    return this.#vectors ? `vec4<${wgslType[dtype]}>` : wgslType[dtype];
  }
}

/** Workgroups along one axis at most; more are folded. */
export const MOST_GROUPS = 65_535;
/** Workgroups along x and y. */
export const groupsOf = (groups: number): [number, number] => [
  Math.min(groups, MOST_GROUPS),
  Math.ceil(groups / MOST_GROUPS),
];

/** The entry point. `group` is the number of the workgroup, of `groups`, `thread` that of the invocation within it, counted by subgroups if it has them. */
export const mainFunction = (threads: number, body: readonly string[], groups = 1, subgroup = 0): string =>
  [
    `@compute @workgroup_size(${threads})`,
    `fn main(@builtin(workgroup_id) workgroup: vec3<u32>, ${subgroup === 0 ? "@builtin(local_invocation_index) thread: u32" : "@builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_id) team: u32"}) {`,
    ...(subgroup === 0 ? [] : [`  let thread = team * ${subgroup}u + lane;`]),
    "  let group = call.first + workgroup.x + workgroup.y * call.folded;",
    // The last row of those that are folded is full.
    ...(groups > MOST_GROUPS ? [`  if (group >= ${groups}u) { return; }`] : []),
    ...body.map((line) => `  ${line}`),
    "}",
  ].join("\n");

/** The number of an iteration as the indices of its loops, outermost first: u32 expressions. */
export function coordinatesOf(whole: string, extents: readonly number[]): string[] {
  let inner = 1;
  return extents.reduceRight<string[]>((after, extent, k) => {
    const rest = inner === 1 ? whole : `(${whole} / ${inner}u)`;
    inner *= Math.max(1, extent);
    return [k === 0 ? rest : `(${rest} % ${Math.max(1, extent)}u)`, ...after];
  }, []);
}
