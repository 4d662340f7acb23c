import { type Primitive, type Tangent, definePrimitive } from "../graph/primitive.js";
import { bind1 } from "../graph/trace.js";
import {
  type Expression,
  type Local,
  add,
  binary,
  compare,
  constant,
  convert,
  div,
  int,
  load,
  mul,
  read,
  select,
  sub,
  unary,
} from "../kernel/expression.js";
import { type Kernel, type Statement, assign, forLoop, ifElse, store, whileLoop } from "../kernel/kernel.js";
import type { Block } from "../kernel/math/block.js";
import { log, exp, log1p, lgamma, erfinv } from "../kernel/math/index.js";
import { buffersOf, index } from "../kernel/nest.js";
import { sizeOf } from "../tensor/shape.js";
import type { Tensor } from "../tensor/tensor.js";
import { batchElementwise, elementwiseType, mul as scaled } from "./basis.js";
import { threefryRounds } from "./random.js";
import { logGammaSampleDerivative } from "./sampleDerivative.js";

/*
 * Samplers that try until they accept. Each element has a key of its own, and try i hashes the counter (stream, i) with it:
 * an element's draw depends on its key and parameters only, so neither mapping, padding nor the number of workers changes it.
 */

type Unary = (block: Block, x: Expression) => Expression;

/** More tries than any legal parameter can need (each is accepted with probability 0.7 or more): only NaN gets this far. */
const MOST_TRIES = 1000;

interface Element {
  /** Uniform in (0, 1), of 52 bits (f32: 23), for this stream and try. */
  uniform(block: Block, stream: number, attempt: Expression): Expression;
  readonly parameters: readonly Expression[];
  /** Assigns the draw. */
  readonly result: Local;
}

/** One loop over the elements; inputs are the key words and the parameters, all of the output's shape. */
const definition = (
  name: string,
  integers: boolean,
  draw: (element: Element) => Statement[],
  /** d draw / d parameter, where the draw is continuous. */
  slope?: (parameter: Tensor, result: Tensor) => Tensor,
): Primitive => {
  const primitive: Primitive = definePrimitive<object>({
    name,
    infer: (inputs) => [elementwiseType(name, inputs, (d) => (integers ? "i32" : d[d.length - 1]))],
    ...(slope === undefined
      ? {}
      : {
          jvp: (primals: readonly Tensor[], tangents: readonly Tangent[]) => {
            const y = bind1(primitive, primals, {});
            const [parameter, t] = [primals[2], tangents[2]];
            return { primals: [y], tangents: [t === null ? null : scaled(t, slope(parameter, y))] };
          },
        }),
    batch: (inputs, axes, size) => batchElementwise(primitive, inputs, axes, size, {}),
    lower: (inputs, outputs): { kind: "kernel"; kernel: Kernel } => {
      const i = index("i");
      const body: Statement[] = [];
      const block = blockOf(body);
      const [k0, k1, ...given] = inputs.map((t, k) => block.let(load(t.dtype, k, read(i))));
      // Counts are exact only in double precision.
      const parameters = integers ? given.map((p) => block.let(convert("f64", p))) : given;
      const result = { name: "result", dtype: outputs[0].dtype };
      const float = parameters[0].dtype;
      const uniform: Element["uniform"] = (b, stream, attempt) => {
        const words = threefryRounds(b, k0, k1, constant("u32", stream), convert("u32", attempt));
        const [high, low] = words.map((w) => b.let(w));
        // The middle of one of 2^52 (2^23) equal cells: never 0 or 1.
        if (float === "f32") return unit(binary("shr", high, constant("u32", 9)), "f32", 2 ** -23);
        const wide = add(
          mul(convert("f64", high), constant("f64", 2 ** 20)),
          convert("f64", binary("shr", low, constant("u32", 12))),
        );
        return mul(add(wide, constant("f64", 0.5)), constant("f64", 2 ** -52));
      };
      body.push(...draw({ uniform, parameters, result }), store(inputs.length, read(i), read(result)));
      return {
        kind: "kernel",
        kernel: {
          name,
          buffers: buffersOf(inputs, outputs),
          body: [forLoop(i, sizeOf(outputs[0].shape), body, "parallel")],
        },
      };
    },
  });
  return primitive;
};

const unit = (bits: Expression, dtype: "f32" | "f64", cell: number): Expression =>
  mul(add(convert(dtype, bits), constant(dtype, 0.5)), constant(dtype, cell));

const blockOf = (statements: Statement[]): Block => ({
  let(value, name = "t") {
    const local: Local = { name, dtype: value.dtype };
    statements.push(assign(local, value));
    return read(local);
  },
});

/** `build` fills a list of statements. */
const statements = (build: (block: Block, list: Statement[]) => void): Statement[] => {
  const list: Statement[] = [];
  build(blockOf(list), list);
  return list;
};

/**
 * Log of a Gamma(a, 1) draw, finite also where the draw itself underflows. Inputs: key words, a.
 * Marsaglia and Tsang, "A simple method for generating gamma variables" (2000): with d = a - 1/3, c = 1 / sqrt(9 d) and a normal x,
 * d (1 + c x)^3 is accepted when log u < x^2 / 2 + d - d v + d log v. Section 6: for a < 1, Gamma(a) = Gamma(a + 1) U^(1 / a).
 */
export const logGammaSamplePrimitive: Primitive = definition(
  "logGammaSample",
  false,
  (element) => {
    const [a] = element.parameters;
    const { result } = element;
    const num = (x: number): Expression => constant(a.dtype, x);
    const attempt = index("attempt");
    return statements((block, list) => {
      const small = block.let(compare("lt", a, num(1)));
      const d = block.let(sub(select(small, add(a, num(1)), a), num(1 / 3)));
      const c = block.let(div(num(1), unary("sqrt", mul(num(9), d))));
      list.push(
        assign(result, num(Number.NaN)),
        assign(attempt, int(0)),
        whileLoop(
          compare("lt", read(attempt), int(MOST_TRIES)),
          statements((b, inner) => {
            const half = b.let(element.uniform(b, 0, read(attempt)));
            const x = b.let(mul((erfinv as Unary)(b, sub(mul(half, num(2)), num(1))), num(Math.SQRT2)));
            const root = b.let(add(num(1), mul(c, x)));
            const v = b.let(mul(mul(root, root), root));
            const logV = b.let((log as Unary)(b, v));
            const logU = b.let((log as Unary)(b, element.uniform(b, 1, read(attempt))));
            const bound = add(mul(num(0.5), mul(x, x)), mul(d, add(sub(num(1), v), logV)));
            // NaN where v <= 0, which then compares as false.
            inner.push(
              ifElse(
                compare("lt", logU, bound),
                [assign(result, add((log as Unary)(b, d), logV)), assign(attempt, int(MOST_TRIES))],
                [assign(attempt, add(read(attempt), int(1)))],
              ),
            );
          }),
        ),
      );
      const boost = block.let((log as Unary)(block, element.uniform(block, 2, int(0))));
      list.push(assign(result, select(small, add(read(result), div(boost, a)), read(result))));
    });
  },
  logGammaSampleDerivative,
);

/**
 * A discrete distribution for `discreteSample`: inversion by the recurrence p(k + 1) = p(k) (alpha + beta / (k + 1)) where the
 * mean is small (Panjer 1981), and transformed rejection elsewhere (Hörmann 1993, algorithms PTRS and BTRS).
 */
interface Discrete {
  readonly mean: Expression;
  readonly first: Expression;
  readonly alpha: Expression;
  readonly beta: Expression;
  /** Of the hat function: its scale b, shift a, centre, squeeze vr and factor. */
  readonly b: Expression;
  readonly a: Expression;
  readonly centre: Expression;
  readonly squeeze: Expression;
  readonly factor: Expression;
  /** log p(k), up to the constant that `factor` accounts for. */
  readonly logProbability: (block: Block, k: Expression) => Expression;
  readonly most: Expression;
}

const f64 = (x: number): Expression => constant("f64", x);
/** Below this mean, counting up from 0 is faster than the hat. */
const SMALL_MEAN = 10;
/** Draws are i32: what lies above (a rate near 2^31) is clamped. */
const LARGEST = 2 ** 31 - 1;

function discreteSample(element: Element, of: (block: Block) => Discrete, valid: Expression): Statement[] {
  const { result } = element;
  const [attempt, k] = [index("attempt"), { name: "k", dtype: "f64" } as Local];
  const [p, u] = ["p", "u"].map((name): Local => ({ name, dtype: "f64" }));
  return statements((block, list) => {
    const given = of(block);
    list.push(
      assign(k, f64(-1)),
      assign(attempt, int(0)),
      ifElse(
        compare("lt", given.mean, f64(SMALL_MEAN)),
        statements((b, inner) => {
          inner.push(assign(p, given.first), assign(u, element.uniform(b, 0, int(0))), assign(k, f64(0)));
          const step = add(given.alpha, div(given.beta, add(read(k), f64(1))));
          inner.push(
            whileLoop(
              binary(
                "and",
                compare("gt", read(u), read(p)),
                binary("and", compare("gt", read(p), f64(0)), compare("lt", read(k), given.most)),
              ),
              [assign(u, sub(read(u), read(p))), assign(p, mul(read(p), step)), assign(k, add(read(k), f64(1)))],
            ),
          );
        }),
        [
          whileLoop(
            compare("lt", read(attempt), int(MOST_TRIES)),
            statements((b, inner) => {
              const centred = b.let(sub(element.uniform(b, 0, read(attempt)), f64(0.5)));
              const v = b.let(element.uniform(b, 1, read(attempt)));
              const us = b.let(sub(f64(0.5), unary("abs", centred)));
              const slope = add(div(mul(f64(2), given.a), us), given.b);
              const candidate = b.let(unary("floor", add(mul(slope, centred), given.centre)));
              const inside = binary("and", compare("ge", us, f64(0.07)), compare("le", v, given.squeeze));
              const outside = binary(
                "or",
                binary("or", compare("lt", candidate, f64(0)), compare("gt", candidate, given.most)),
                binary("and", compare("lt", us, f64(0.013)), compare("gt", v, us)),
              );
              const hat = add(div(given.a, mul(us, us)), given.b);
              const logV = b.let((log as Unary)(b, div(mul(v, given.factor), hat)));
              const under = compare("le", logV, given.logProbability(b, candidate));
              const accepted = binary("or", inside, binary("and", unary("not", outside), under));
              inner.push(
                ifElse(
                  accepted,
                  [assign(k, candidate), assign(attempt, int(MOST_TRIES))],
                  [assign(attempt, add(read(attempt), int(1)))],
                ),
              );
            }),
          ),
        ],
      ),
      // -1 for parameters outside their domain, as in JAX.
      assign(result, convert("i32", select(valid, binary("min", read(k), f64(LARGEST)), f64(-1)))),
    );
  });
}

/** Poisson draws. Inputs: key words, rate (f64). */
export const poissonSamplePrimitive: Primitive = definition("poissonSample", true, (element) => {
  const [rate] = element.parameters;
  const valid = binary("and", compare("ge", rate, f64(0)), compare("lt", rate, f64(Number.POSITIVE_INFINITY)));
  return discreteSample(
    element,
    (block) => {
      const b = block.let(add(f64(0.931), mul(f64(2.53), unary("sqrt", rate))));
      const logRate = block.let((log as Unary)(block, rate));
      return {
        mean: rate,
        first: (exp as Unary)(block, unary("neg", rate)),
        alpha: f64(0),
        beta: rate,
        b,
        a: block.let(add(f64(-0.059), mul(f64(0.02483), b))),
        centre: add(rate, f64(0.43)),
        squeeze: block.let(sub(f64(0.9277), div(f64(3.6224), sub(b, f64(2))))),
        factor: block.let(add(f64(1.1239), div(f64(1.1328), sub(b, f64(3.4))))),
        logProbability: (inner, k) => sub(sub(mul(k, logRate), rate), (lgamma as Unary)(inner, add(k, f64(1)))),
        most: f64(Number.POSITIVE_INFINITY),
      };
    },
    valid,
  );
});

/** Binomial draws. Inputs: key words, number of trials, probability (f64), at most one half. */
export const binomialSamplePrimitive: Primitive = definition("binomialSample", true, (element) => {
  const [n, p] = element.parameters;
  const valid = binary(
    "and",
    compare("ge", n, f64(0)),
    binary("and", compare("ge", p, f64(0)), compare("le", p, f64(1))),
  );
  return discreteSample(
    element,
    (block) => {
      const mean = block.let(mul(n, p));
      const q = sub(f64(1), p);
      const odds = block.let(div(p, q));
      const deviation = block.let(unary("sqrt", mul(mean, q)));
      const b = block.let(add(f64(1.15), mul(f64(2.53), deviation)));
      const mode = block.let(unary("floor", mul(add(n, f64(1)), p)));
      const logOdds = block.let((log as Unary)(block, odds));
      const logFactorials = (inner: Block, k: Expression): Expression =>
        add((lgamma as Unary)(inner, add(k, f64(1))), (lgamma as Unary)(inner, add(sub(n, k), f64(1))));
      const atMode = block.let(logFactorials(block, mode));
      return {
        mean,
        first: (exp as Unary)(block, mul(n, (log1p as Unary)(block, unary("neg", p)))),
        alpha: unary("neg", odds),
        beta: mul(add(n, f64(1)), odds),
        b,
        a: block.let(add(add(f64(-0.0873), mul(f64(0.0248), b)), mul(f64(0.01), p))),
        centre: add(mean, f64(0.5)),
        squeeze: block.let(sub(f64(0.92), div(f64(4.2), b))),
        factor: block.let(mul(add(f64(2.83), div(f64(5.1), b)), deviation)),
        logProbability: (inner, k) => add(sub(atMode, logFactorials(inner, k)), mul(sub(k, mode), logOdds)),
        most: n,
      };
    },
    valid,
  );
});

/** One draw for each element. Inputs are the two key words and the parameters, all of one shape. */
export const drawElements = (primitive: Primitive, inputs: readonly Tensor[]): Tensor => bind1(primitive, inputs, {});
