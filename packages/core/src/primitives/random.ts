import { type Primitive, definePrimitive } from "../graph/primitive.js";
import { bind } from "../graph/trace.js";
import { type Expression, add as plus, binary, constant } from "../kernel/expression.js";
import type { Block } from "../kernel/math/block.js";
import type { Tensor } from "../tensor/tensor.js";
import { broadcastAxis, moveAxis } from "./basis.js";

const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const PARITY = 0x1bd11bda;

/** Threefry-2x32, 20 rounds (Salmon et al., SC 2011): key words k0, k1 and counter words x0, x1, all u32. */
export function threefryRounds(
  block: Block,
  k0: Expression,
  k1: Expression,
  c0: Expression,
  c1: Expression,
): Expression[] {
  const u32 = (value: number): Expression => constant("u32", value >>> 0);
  const keys = [k0, k1, block.let(binary("xor", binary("xor", k0, k1), u32(PARITY)))];
  let x0 = block.let(plus(c0, k0));
  let x1 = block.let(plus(c1, k1));
  for (let group = 0; group < 5; group++) {
    for (const r of ROTATIONS[group % 2]) {
      x0 = block.let(plus(x0, x1));
      const rotated = binary("or", binary("shl", x1, u32(r)), binary("shr", x1, u32(32 - r)));
      x1 = block.let(binary("xor", rotated, x0));
    }
    x0 = block.let(plus(x0, keys[(group + 1) % 3]));
    x1 = block.let(plus(x1, plus(keys[(group + 2) % 3], u32(group + 1))));
  }
  return [x0, x1];
}

/** (k0, k1, x0, x1), same-shaped u32, to two u32 tensors of random bits. */
export const threefryPrimitive: Primitive = definePrimitive<object>({
  name: "threefry2x32",
  infer: ([k]) => [
    { shape: k.shape, dtype: "u32" },
    { shape: k.shape, dtype: "u32" },
  ],
  batch: (inputs, axes, size) => ({
    outputs: bind(
      threefryPrimitive,
      inputs.map((x, i) => (axes[i] === null ? broadcastAxis(x, 0, size) : moveAxis(x, axes[i] as number, 0))),
      {},
    ),
    axes: [0, 0],
  }),
  lower: () => ({ kind: "map", compute: (block, [k0, k1, x0, x1]) => threefryRounds(block, k0, k1, x0, x1) }),
});

export const threefry = (k0: Tensor, k1: Tensor, x0: Tensor, x1: Tensor): Tensor[] =>
  bind(threefryPrimitive, [k0, k1, x0, x1], {});
