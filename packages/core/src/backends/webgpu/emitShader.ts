import type { Expression, Local } from "../../kernel/expression.js";
import type { Kernel, Statement } from "../../kernel/kernel.js";
import { effectsOf } from "../../kernel/traverse.js";
import { type OwnScratch, type Phase, type Phased, type Reduce, isPlain, ownIndex, sizeOfGrid } from "./phases.js";
import {
  type ElementAccess,
  type Layout,
  type Shader,
  ShaderMemory,
  coordinatesOf,
  mainFunction,
  wgslType,
} from "./shader.js";
import { hoistedLocals } from "./hoistedLocals.js";
import { iterationsOf } from "./iterations.js";
import { type Emit, inSubgroups, mergeInSubgroups, mergeInTree } from "./workgroupMerge.js";
import { visitExpressions } from "./visit.js";
import { WgslExpressions } from "./wgslExpression.js";

/** A reduction in one thread is folded this often, so that its rounding errors stay small. */
const FOLD = 256;
/** Steps of at most so many statements are written out four times. */
const UNROLLED = 16;

/** The WGSL of one phase, where subgroups have so many threads, or 0. */
export function emitShader({ kernel, own }: Phased, phase: Phase, layout: Layout, subgroup: number): Shader {
  const memory = new ShaderMemory(kernel.buffers, layout);
  return new Emitter(kernel, phase, own, memory, subgroup).shader(memory);
}

/** Statements for a shader of another kind, which knows some locals by these names, and the functions that they call. */
export const emitStatements = (
  kernel: Kernel,
  body: readonly Statement[],
  names: ReadonlyMap<Local, string>,
  access: ElementAccess,
): { lines: string[]; prelude: string[] } =>
  new Emitter(kernel, { grid: [], body, threads: 1 }, new Map(), access).statements(names);

class Emitter {
  readonly #kernel: Kernel;
  readonly #phase: Phase;
  readonly #memory: ElementAccess;
  readonly #wgsl: WgslExpressions;
  readonly #lines: string[] = [];
  readonly #workgroup: string[] = [];
  readonly #names = new Map<Local, string>();
  readonly #hoisted: ReadonlySet<Local>;
  /** Locals that the threads of a workgroup know to be the same for all, as WGSL sees it. */
  readonly #uniform = new Set<Local>();
  /** Buffers that a phase reads and writes: their readers wait for their writers. */
  readonly #hazards: ReadonlySet<number>;
  readonly #scratch: ReadonlyMap<number, OwnScratch>;
  readonly #subgroup: number;
  #inSubgroups = false;
  #indent = "";
  #counter = 0;

  constructor(kernel: Kernel, phase: Phase, own: ReadonlyMap<number, OwnScratch>, memory: ElementAccess, subgroup = 0) {
    this.#subgroup = inSubgroups(phase.threads, subgroup) ? subgroup : 0;
    this.#kernel = kernel;
    this.#phase = phase;
    this.#memory = memory;
    const stored = effectsOf(phase.body).stored;
    this.#scratch = new Map([...own].filter(([k]) => stored.has(k)));
    this.#wgsl = new WgslExpressions(
      this.#memory,
      (local) => this.#name(local),
      (buffer, index) => this.#own(buffer, index),
    );
    this.#hoisted = hoistedLocals(phase.body);
    const loaded = new Set<number>();
    visitExpressions(phase.body, (e) => {
      if (e.kind === "load") loaded.add(e.buffer);
    });
    this.#hazards = new Set([...stored].filter((k) => loaded.has(k)));
  }

  statements(names: ReadonlyMap<Local, string>): { lines: string[]; prelude: string[] } {
    for (const [local, name] of names) this.#names.set(local, name);
    for (const l of this.#hoisted) this.#line(`var ${this.#declare(l)}: ${wgslType[l.dtype]};`);
    this.#serial(this.#phase.body);
    return { lines: this.#lines, prelude: this.#wgsl.prelude() };
  }

  shader(memory: ShaderMemory): Shader {
    const { grid, body, threads } = this.#phase;
    const rows = sizeOfGrid(grid);
    const inStorage = [...this.#scratch.values()].some((s) => s.place === "storage");
    const alone = threads === 1;
    const { size, groups, open, repeats } = iterationsOf(rows, threads, inStorage);
    [...memory.offsets(), ...open].forEach((line) => this.#line(line));
    this.#nested(() => {
      for (const [k, { length, place }] of this.#scratch) {
        const { dtype } = this.#kernel.buffers[k];
        if (place === "private") this.#line(`var s${k}: array<${wgslType[dtype]}, ${length}>;`);
        else if (place === "workgroup")
          this.#workgroup.push(`var<workgroup> s${k}: array<${wgslType[dtype]}, ${length}>;`);
      }
      const at = coordinatesOf(
        "row",
        grid.map((g) => g.extent),
      );
      grid.forEach((g, k) => {
        this.#uniform.add(g.index);
        this.#line(`let ${this.#declare(g.index)} = i32(${at[k]});`);
      });
      for (const l of this.#hoisted) this.#line(`var ${this.#declare(l)}: ${wgslType[l.dtype]};`);
      if (alone) this.#serial(body);
      else this.#shared(body);
      if (repeats) this.#barrier(true);
    });
    this.#line("}");
    const code = [
      `// ${this.#kernel.name}`,
      ...(this.#inSubgroups ? ["enable subgroups;", "requires subgroup_id;"] : []),
      memory.declarations(),
      ...this.#workgroup,
      ...this.#wgsl.prelude(),
      mainFunction(size, this.#lines, groups, this.#inSubgroups ? this.#subgroup : 0),
    ].join("\n");
    return { code, groups };
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }
  #nested(inside: () => void): void {
    const before = this.#indent;
    this.#indent += "  ";
    inside();
    this.#indent = before;
  }
  #block(head: string, inside: () => void): void {
    this.#line(`${head} {`);
    this.#nested(inside);
    this.#line("}");
  }

  #declare(local: Local): string {
    const name = `${local.name.replace(/\W/g, "_").replace(/^_+/, "v")}_${this.#counter++}`;
    this.#names.set(local, name);
    return name;
  }
  #name(local: Local): string {
    const name = this.#names.get(local);
    if (name === undefined)
      throw new Error(`WebGPU: ${this.#kernel.name}: ${local.name} is read before it is assigned.`);
    return name;
  }

  /** Scratch of the iteration's own, where it is not storage as it stands. */
  #own(buffer: number, index: string): string | undefined {
    const own = this.#scratch.get(buffer);
    if (own === undefined) return undefined;
    if (own.place !== "storage") return `s${buffer}[${index}]`;
    return this.#memory.load(buffer, ownIndex(own, index));
  }

  #let(local: Local, value: Expression): void {
    const text = this.#wgsl.text(value);
    if (!this.#hoisted.has(local)) this.#wgsl.define(local, value);
    this.#assign(local, text);
  }
  #assign(local: Local, text: string, changes = false): void {
    if (this.#hoisted.has(local)) this.#line(`${this.#name(local)} = ${text};`);
    else if (changes) this.#line(`var ${this.#declare(local)}: ${wgslType[local.dtype]} = ${text};`);
    else this.#line(`let ${this.#declare(local)} = ${text};`);
  }

  #store(s: Extract<Statement, { kind: "store" }>): void {
    const index = this.#wgsl.position(s.index);
    const value = this.#wgsl.text(s.value);
    const own = this.#scratch.get(s.buffer);
    if (own !== undefined && own.place !== "storage") this.#line(`s${s.buffer}[${index}] = ${value};`);
    else this.#line(this.#memory.store(s.buffer, own === undefined ? index : ownIndex(own, index), value));
  }

  /** One thread runs all of it. */
  #serial(body: readonly Statement[]): void {
    for (const s of body)
      switch (s.kind) {
        case "assign":
          this.#let(s.local, s.value);
          break;
        case "store":
          this.#store(s);
          break;
        case "for":
          this.#loop(s.index, "0i", this.#wgsl.text(s.extent), "1i", () => this.#serial(s.body));
          break;
        case "while":
          this.#block("loop", () => {
            this.#line(`if (!${this.#wgsl.text(s.condition)}) { break; }`);
            this.#serial(s.body);
          });
          break;
        case "if":
          this.#branches(this.#wgsl.text(s.condition), s, (b) => this.#serial(b));
          break;
        case "reduce":
          this.#reduceAlone(s);
          break;
      }
  }

  #loop(index: Local, start: string, extent: string, step: string, inside: () => void): void {
    this.#within([index], () => {
      const name = this.#declare(index);
      this.#block(`for (var ${name} = ${start}; ${name} < ${extent}; ${name} += ${step})`, inside);
    });
  }
  /** What the locals are called inside is forgotten after it: a kernel may use them for something else. */
  #within(locals: readonly Local[], inside: () => void): void {
    const before = locals.map((l) => this.#names.get(l));
    inside();
    locals.forEach((l, k) => {
      const name = before[k];
      if (name === undefined) this.#names.delete(l);
      else this.#names.set(l, name);
    });
  }
  #branches(
    condition: string,
    s: Extract<Statement, { kind: "if" }>,
    emit: (body: readonly Statement[]) => void,
  ): void {
    this.#block(`if (${condition})`, () => emit(s.then));
    if (s.otherwise.length > 0) this.#block("else", () => emit(s.otherwise));
  }

  #step(s: Reduce): void {
    this.#serial(s.body);
    const steps = s.accumulators.map((a) => this.#wgsl.text(a.step));
    if (steps.length === 1) this.#line(`${this.#name(s.accumulators[0].local)} = ${steps[0]};`);
    else
      this.#together(
        s.accumulators.map((a) => this.#name(a.local)),
        steps,
      );
  }
  /** Assigns all, after all were computed. */
  #together(targets: readonly string[], values: readonly string[]): void {
    const names = values.map((value) => {
      const name = `next_${this.#counter++}`;
      this.#line(`let ${name} = ${value};`);
      return name;
    });
    targets.forEach((target, k) => this.#line(`${target} = ${names[k]};`));
  }

  #reduceAlone(s: Reduce): void {
    const extent = this.#wgsl.text(s.extent);
    for (const a of s.accumulators) {
      const init = this.#wgsl.text(a.init);
      // What an empty sum leaves is a constant, of which drivers know that 0 * x and 0 / x are 0.
      const known = a.local.dtype === "f32" && extent === "0i";
      this.#assign(a.local, known ? this.#wgsl.opaque(init) : init, true);
    }
    if (s.extent.kind === "constant" && s.extent.value <= 2 * FOLD)
      return this.#loop(s.index, "0i", extent, "1i", () => this.#step(s));
    const totals = s.accumulators.map((a) => {
      const name = `total_${this.#counter++}`;
      this.#line(`var ${name}: ${wgslType[a.local.dtype]} = ${this.#wgsl.text(a.init)};`);
      return name;
    });
    const from = `from_${this.#counter++}`;
    const last = `last_${this.#counter++}`;
    this.#line(`let ${last} = ${extent};`);
    this.#block(`for (var ${from} = 0i; ${from} < ${last}; ${from} += ${FOLD}i)`, () => {
      for (const a of s.accumulators) this.#line(`${this.#name(a.local)} = ${this.#wgsl.text(a.init)};`);
      this.#steps(s, from, `min(${last}, ${from} + ${FOLD}i)`);
      this.#merge(
        s,
        totals,
        s.accumulators.map((a) => this.#name(a.local)),
        totals,
      );
    });
    s.accumulators.forEach((a, k) => this.#line(`${this.#name(a.local)} = ${totals[k]};`));
  }

  /** Four steps a round where that is a whole number of rounds and not much text. */
  #steps(s: Reduce, from: string, to: string): void {
    const few = s.extent.kind === "constant" && s.extent.value % 4 === 0 && s.body.length <= UNROLLED;
    if (!few) return this.#loop(s.index, from, to, "1i", () => this.#step(s));
    const first = `first_${this.#counter++}`;
    this.#block(`for (var ${first} = ${from}; ${first} < ${to}; ${first} += 4i)`, () => {
      for (let k = 0; k < 4; k++)
        this.#within([s.index], () => {
          this.#line(`let ${this.#declare(s.index)} = ${first} + ${k}i;`);
          this.#step(s);
        });
    });
  }

  #merge(s: Reduce, lefts: readonly string[], rights: readonly string[], targets: readonly string[]): void {
    this.#within(
      s.accumulators.flatMap((a) => [a.left, a.right]),
      () => {
        s.accumulators.forEach((a, k) => {
          this.#names.set(a.left, lefts[k]);
          this.#names.set(a.right, rights[k]);
        });
        this.#together(
          targets,
          s.accumulators.map((a) => this.#wgsl.text(a.merge)),
        );
      },
    );
  }

  /** The threads of a workgroup run it together: the same control flow, inner loops shared out. */
  #shared(body: readonly Statement[]): void {
    for (const s of body) {
      switch (s.kind) {
        case "assign":
          if (this.#isUniform(s.value) && !this.#hoisted.has(s.local)) this.#uniform.add(s.local);
          this.#let(s.local, s.value);
          break;
        case "store":
          this.#block("if (thread == 0u)", () => this.#store(s));
          break;
        case "for":
          if (s.mode !== "serial")
            this.#loop(s.index, "i32(thread)", this.#wgsl.text(s.extent), `${this.#phase.threads}i`, () =>
              this.#serial(s.body),
            );
          else if (isPlain(s.body))
            this.#loop(s.index, "0i", this.#wgsl.text(s.extent), "1i", () => this.#serial(s.body));
          else {
            const extent = this.#sameForAll(s.extent);
            this.#uniform.add(s.index);
            this.#loop(s.index, "0i", extent, "1i", () => this.#shared(s.body));
          }
          break;
        case "while":
          this.#block("loop", () => {
            this.#line(`if (!${this.#sameForAll(s.condition)}) { break; }`);
            this.#shared(s.body);
          });
          break;
        case "if":
          if (isPlain(s.then) && isPlain(s.otherwise))
            this.#branches(this.#wgsl.text(s.condition), s, (b) => this.#serial(b));
          else this.#branches(this.#sameForAll(s.condition), s, (b) => this.#shared(b));
          break;
        case "reduce":
          this.#reduceShared(s);
          break;
      }
      this.#await(s);
    }
  }

  /** After a statement that touches what others write, or writes what others read. */
  #await(s: Statement): void {
    if (s.kind === "while" || s.kind === "if" || (s.kind === "for" && s.mode === "serial")) return;
    const touched = new Set(effectsOf([s]).stored);
    visitExpressions([s], (e) => {
      if (e.kind === "load") touched.add(e.buffer);
    });
    const waiting = [...touched].filter((k) => this.#hazards.has(k));
    if (waiting.length > 0) this.#barrier(waiting.some((k) => this.#scratch.get(k)?.place !== "workgroup"));
  }
  #barrier(storage: boolean): void {
    if (storage) this.#line("storageBarrier();");
    this.#line("workgroupBarrier();");
  }

  #isUniform(e: Expression): boolean {
    let uniform = true;
    visitExpressions([{ kind: "assign", local: { name: "", dtype: e.dtype }, value: e }], (x) => {
      if (x.kind === "load" || (x.kind === "local" && !this.#uniform.has(x.local))) uniform = false;
    });
    return uniform;
  }

  /** The value as thread 0 has it, in a form that WGSL knows to be the same for all threads. */
  #sameForAll(e: Expression): string {
    if (this.#isUniform(e)) return this.#wgsl.text(e);
    const name = `same_${this.#counter++}`;
    const word = e.dtype === "bool" ? "u32" : wgslType[e.dtype];
    this.#workgroup.push(`var<workgroup> ${name}: ${word};`);
    const text = this.#wgsl.text(e);
    this.#line(`if (thread == 0u) { ${name} = ${e.dtype === "bool" ? `u32(${text})` : text}; }`);
    const value = `value_${this.#counter++}`;
    this.#line(`let ${value} = workgroupUniformLoad(&${name});`);
    return e.dtype === "bool" ? `(${value} != 0u)` : value;
  }

  #reduceShared(s: Reduce): void {
    const { threads } = this.#phase;
    if (s.extent.kind === "constant" && s.extent.value < 32) return this.#reduceAlone(s);
    for (const a of s.accumulators) this.#assign(a.local, this.#wgsl.text(a.init), true);
    this.#loop(s.index, "i32(thread)", this.#wgsl.text(s.extent), `${threads}i`, () => this.#step(s));
    const names = s.accumulators.map((a) => this.#name(a.local));
    const values = s.accumulators.map((a, k) => ({ name: names[k], dtype: a.local.dtype }));
    const emit: Emit = {
      declare: (text) => this.#workgroup.push(text),
      line: (text) => this.#line(text),
      merge: (others) => this.#nested(() => this.#merge(s, names, others, names)),
    };
    const id = String(this.#counter++);
    if (this.#subgroup === 0) return mergeInTree(values, threads, id, emit);
    this.#inSubgroups = true;
    mergeInSubgroups(values, threads, this.#subgroup, id, emit);
  }
}
