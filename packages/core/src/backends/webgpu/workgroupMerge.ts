import type { DType } from "../../tensor/dtype.js";
import { wgslType } from "./shader.js";

/*
 * How the threads of a workgroup merge what each of them has: as a tree in workgroup memory, or by subgroups, which are threads that run in step and read each other's registers.
 * `lane` is the number of a thread in its subgroup and `team` that of the subgroup in its workgroup. WGSL does not say that neighbouring threads are neighbouring lanes, so `thread`
 * is counted by these two where a shader uses subgroups (`mainFunction`). That takes subgroups of one size, all of them full, which they are where their smallest and largest
 * size are the same and the workgroup is a multiple of it.
 */

/** A variable of which each thread has one. */
export interface Merged {
  readonly name: string;
  readonly dtype: DType;
}
/** Where the lines go: outside of the function, into it, and those that merge into the variables what the given expressions are. */
export interface Emit {
  readonly declare: (declaration: string) => void;
  readonly line: (text: string) => void;
  readonly merge: (others: readonly string[]) => void;
}

/** Whether threads of a workgroup form whole subgroups of `size`, 0 where there are none. */
export const inSubgroups = (threads: number, size: number): boolean => size > 1 && threads % size === 0;

/** An array of workgroup memory for each variable. */
function partsOf(values: readonly Merged[], length: number, { declare }: Emit, id: string): string[] {
  return values.map(({ dtype }, k) => {
    const name = `part${k}_${id}`;
    declare(`var<workgroup> ${name}: array<${wgslType[dtype]}, ${length}>;`);
    return name;
  });
}

/**
 * Lines after which each variable has the merge of those of all threads, the same for all of them.
 *
 * @param id distinguishes the names of one merge from those of others.
 */
export function mergeInTree(values: readonly Merged[], threads: number, id: string, emit: Emit): void {
  const { line, merge } = emit;
  const parts = partsOf(values, threads, emit, id);
  values.forEach(({ name }, k) => line(`${parts[k]}[thread] = ${name};`));
  line("workgroupBarrier();");
  line(`for (var half = ${threads / 2}u; half > 0u; half /= 2u) {`);
  line("  if (thread < half) {");
  merge(parts.map((part) => `${part}[thread + half]`));
  values.forEach(({ name }, k) => line(`    ${parts[k]}[thread] = ${name};`));
  line("  }");
  line("  workgroupBarrier();");
  line("}");
  values.forEach(({ name }, k) => line(`${name} = workgroupUniformLoad(&${parts[k]}[0]);`));
}

/**
 * The same by subgroups of `size`. Each round merges within subgroups, of which one lane passes it on: two barriers for 256 threads in subgroups of 32, where a tree
 * has ten. A lane's own is the left one: so it is for lane 0, and for all that goes into what lane 0 has in the end.
 */
export function mergeInSubgroups(
  values: readonly Merged[],
  threads: number,
  size: number,
  id: string,
  emit: Emit,
): void {
  const { line, merge } = emit;
  const bits = ({ name, dtype }: Merged, call: (x: string) => string): string =>
    dtype === "bool" ? `${call(`u32(${name})`)} != 0u` : call(name);
  let length = 0;
  for (let n = threads; n > size; n /= size) length += n / size;
  const parts = length === 0 ? [] : partsOf(values, length, emit, id);
  let count = threads;
  for (let first = 0; ; first += count) {
    line(`for (var apart = ${Math.min(size, count) / 2}u; apart > 0u; apart /= 2u) {`);
    values.forEach((v, k) => line(`  let other${k} = ${bits(v, (x) => `subgroupShuffleXor(${x}, apart)`)};`));
    merge(values.map((_, k) => `other${k}`));
    line("}");
    if (count <= size) break;
    count /= size;
    const stores = values.map(({ name }, k) => `${parts[k]}[${first}u + team] = ${name};`);
    line(`if (lane == 0u && team < ${count}u) { ${stores.join(" ")} }`);
    line("workgroupBarrier();");
    values.forEach(({ name }, k) => line(`${name} = ${parts[k]}[${first}u + thread % ${count}u];`));
  }
  values.forEach((v) => line(`${v.name} = ${bits(v, (x) => `subgroupBroadcast(${x}, 0u)`)};`));
  // Before what has been read here is written again.
  line("workgroupBarrier();");
}
