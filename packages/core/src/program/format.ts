import type { Graph } from "../graph/graph.js";
import type { DType, Storage } from "../tensor/dtype.js";
import type { Structure } from "../tensor/tree.js";

/*
 * The file of a program, all little-endian:
 *
 *      0  magic 43 54 4E 47 ("CTNG")
 *      4  u32 version of the format
 *      8  u32 length of the file in bytes
 *     12  u32 CRC-32 of everything from byte 16 on
 *     16  primitives   list of (name, semantic version)
 *         graphs       list; a graph refers to graphs before it only, and the last one is the program:
 *                        inputs     list of (dtype, list of sizes)
 *                        equations  list of (primitive, list of atoms, parameters in the order of its form)
 *                        outputs    list of atoms
 *         structures   of the arguments, of the result
 *         constants    how many inputs they are; zeros up to a multiple of 8; their elements, each from a multiple of 8 on
 *         fused        1 if products are sums of fused multiply-adds; otherwise the file ends before it
 *
 * An atom is 0 and a literal (dtype, 8-byte float), or 1 + the number of a value: inputs first, then outputs of equations in order.
 * Types of outputs are not written: they are inferred, so they cannot disagree.
 */
export const MAGIC = 0x474e5443;
export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 16;

/** By their number in a file. */
export const DTYPES: readonly DType[] = ["f32", "f64", "i32", "u32", "bool"];
export const STRUCTURES: readonly Structure["kind"][] = ["leaf", "empty", "array", "object"];

/** Everything a program is. The first inputs of the graph are the constants, the others the leaves of the arguments. */
export interface ProgramParts {
  readonly graph: Graph;
  readonly constants: readonly Storage[];
  readonly arguments: Structure;
  readonly result: Structure;
  /** Whether its products have fused multiply-adds. */
  readonly fused: boolean;
}

/* Deeper or larger than any honest program; they keep stacks, loops and lists of the reader and the compiler short. */
export const MOST_AXES = 32;
export const MOST_ELEMENTS: number = 2 ** 29;
/** Graphs within graphs, and trees within trees. */
export const DEEPEST = 128;
/** Values and equations, with every call written out. */
export const MOST_EQUATIONS: number = 2 ** 20;
