import type { Tensor } from "@cotangent/core";

/*
 * Log densities of elements without the terms that are constant. A half-density is the whole one up to log 2, which is constant.
 */
type Parameter = Tensor | number;

/** -log(2 pi) / 2 dropped, and log(scale) too where the scale is a number. */
export function normal(x: Tensor, mean: Parameter, scale: Parameter): Tensor {
  const kernel = x.sub(mean).div(scale).square().mul(-0.5);
  return typeof scale === "number" ? kernel : kernel.sub(scale.log());
}

/** log(pi scale) dropped. */
export const cauchy = (x: Tensor, location: number, scale: number): Tensor =>
  x.sub(location).div(scale).square().log1p().neg();

/** lgamma of the degrees and log(scale) dropped. */
export const studentT = (x: Tensor, degrees: number, location: number, scale: number): Tensor =>
  x
    .sub(location)
    .div(scale)
    .square()
    .div(degrees)
    .log1p()
    .mul(-(degrees + 1) / 2);

/** shape log(rate) - lgamma(shape) dropped. */
export const gamma = (x: Tensor, shape: number, rate: number): Tensor =>
  x
    .log()
    .mul(shape - 1)
    .sub(x.mul(rate));

/** log B(a, b) dropped. */
export const beta = (x: Tensor, a: number, b: number): Tensor =>
  x
    .log()
    .mul(a - 1)
    .add(
      x
        .neg()
        .log1p()
        .mul(b - 1),
    );
