import { type Shape, broadcastShapes, checkShape, describeShape, sameShape } from "../../tensor/shape.js";
import { type DType } from "../../tensor/dtype.js";
import { convert } from "../../primitives/conversion.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type TensorLike, broadcastTo, toFloat } from "../promote.js";

export interface DrawOptions {
  /** Of the draws; the parameters' own float dtype unless given. */
  readonly dtype?: "f32" | "f64";
}

/** Parameters of one dtype, stretched to the shape of the draws (default: the shape they broadcast to). */
export function parametersOf(
  name: string,
  parameters: readonly TensorLike[],
  shape: Shape | undefined,
  dtype: DType | undefined,
): Tensor[] {
  const floats = parameters.map((p) => toFloat(`random.${name}`, p));
  const common = dtype ?? (floats.some((p) => p.dtype === "f64" && !p.weak) ? "f64" : "f32");
  const joint = floats.reduce<Shape | undefined>((s, p) => (s === undefined ? s : broadcastShapes(s, p.shape)), []);
  const drawn = shape ?? joint;
  if (drawn !== undefined) checkShape(`random.${name}`, drawn);
  const together = joint === undefined || drawn === undefined ? undefined : broadcastShapes(joint, drawn);
  if (drawn === undefined || together === undefined || !sameShape(together, drawn))
    throw new RangeError(
      `random.${name}: parameters of shape ${floats.map((p) => describeShape(p.shape)).join(" and ")} do not broadcast to the draws${drawn === undefined ? "" : ` ${describeShape(drawn)}`}. Give a shape that ends in theirs.`,
    );
  return floats.map((p) => broadcastTo(convert(p, common), drawn));
}
