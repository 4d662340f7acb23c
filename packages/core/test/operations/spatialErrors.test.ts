import { expect, it } from "vitest";
import {
  type Tensor,
  adaptiveAvgPool,
  avgPool,
  conv,
  conv2d,
  convTranspose,
  fold,
  grad,
  gridSample,
  maxPool,
  maxUnpool,
  random,
  resize,
  slidingWindowView,
  tensor,
  unfold,
  zeros,
} from "../../src/index.js";

const x = zeros([2, 4, 8, 8]);
const w = zeros([6, 4, 3, 3]);

it.each<[string, () => unknown, RegExp]>([
  [
    "channels",
    () => conv2d(x, zeros([6, 3, 3, 3])),
    /conv2d: the kernel f32\[6, 3, 3, 3\] with 1 groups does not fit the 4 channels/,
  ],
  ["rank", () => conv2d(x, zeros([6, 4, 3])), /conv2d: x is .* a kernel of rank 4/],
  ["groups", () => conv(x, w, { groups: 4 }), /conv: the kernel .* with 4 groups/],
  ["padding", () => conv(x, w, { padding: "full" as "same" }), /conv: padding is "full", expected "valid"/],
  ["padding of an axis", () => conv(x, w, { padding: [1] }), /for each of 2 axes/],
  ["negative padding", () => conv(x, w, { padding: -1 }), /conv: padding is -1/],
  ["stride", () => conv(x, w, { stride: 0 }), /conv: stride is 0, expected one integer of at least 1/],
  ["too small", () => conv(x, zeros([6, 4, 9, 9])), /a window that spans 9 entries does not fit axis 2/],
  ["not a tensor", () => conv([1] as unknown as Tensor, w), /conv: x is an array/],
  ["transposed channels", () => convTranspose(x, w), /convTranspose: the kernel .* does not fit the 4 channels/],
  ["transposed padding", () => convTranspose(x, zeros([4, 6, 3, 3]), { padding: 20 }), /Pad less/],
  [
    "transposed same",
    () => convTranspose(x, zeros([4, 6, 3, 3]), { padding: "same" as "valid" }),
    /expected numbers or "valid"/,
  ],
  ["pooled axes", () => avgPool(x, [3, 3, 3, 3, 3]), /avgPool: cannot pool f32\[2, 4, 8, 8\]/],
  ["a number for no axis", () => maxPool(tensor([1, 2, 3]), 2), /a list of at most 1/],
  ["fractional size", () => avgPool(x, 2.5), /avgPool: size is 2.5/],
  ["empty parts", () => adaptiveAvgPool(zeros([2, 0]), [3]), /axis 1 of f32\[2, 0\] is empty/],
  ["float indices", () => maxUnpool(x, x, [3]), /expected i32/],
  ["unpooled shape", () => maxUnpool(x, zeros([2], "i32"), [3]), /values and indices of one shape/],
  ["resize rank", () => resize(x, [1, 2, 3, 4, 5]), /resize: cannot give/],
  ["resize method", () => resize(x, [3], { method: "sharp" as "linear" }), /method is sharp/],
  ["grid", () => gridSample(x, zeros([2, 3, 3])), /expected x \[batch, channels, ...spatial\] and a grid/],
  ["grid method", () => gridSample(x, zeros([2, 3, 2]), { method: "sharp" as "linear" }), /method is sharp/],
  ["unfold", () => unfold(x, [2]), /with 1 spatial axes/],
  ["fold", () => fold(zeros([2, 7, 3]), [4, 4], [2, 2]), /expected \[batch, channels \* 4, 9\]/],
  ["window", () => slidingWindowView(x, 9), /a window of 9 does not fit axis 3/],
  ["axes twice", () => slidingWindowView(x, [2, 2], { axis: [1, 1] }), /repeat/],
])("%s", (_, f, message) => {
  expect(f).toThrow(message);
});

it("pools integers and booleans, where padding never wins", () => {
  const i = tensor([[-5, -3, -4]], { dtype: "i32" });
  expect(maxPool(i, [2], { stride: 1, padding: 1 }).toArray()).toEqual([[-5, -3, -3, -4]]);
  expect(maxPool(i.greater(-4), [2], { stride: 1, padding: 1 }).toArray()).toEqual([[false, true, true, false]]);
  expect(avgPool(i, [3]).toArray()).toEqual([[-4]]);
});

it("shares the derivative of a maximum among ties", () => {
  const g = grad((y: Tensor) => maxPool(y, [2]).sum())(tensor([1, 1, 2, 3]));
  expect(g.toArray()).toEqual([0.5, 0.5, 0, 1]);
});

it("same padding divides the size by the stride, rounded up", () => {
  for (const n of [5, 6, 7, 8])
    for (const stride of [1, 2, 3])
      for (const size of [1, 2, 3, 4])
        expect(conv(zeros([1, 1, n]), zeros([1, 1, size]), { stride, padding: "same" }).shape[2]).toBe(
          Math.ceil(n / stride),
        );
});

it("differentiates twice: the mixed second derivative against finite differences", () => {
  const a = random.normal(random.key(1), [1, 2, 5, 4], { dtype: "f64" });
  const k = random.normal(random.key(2), [2, 1, 2, 3], { dtype: "f64" });
  const f = (p: Tensor, q: Tensor): Tensor =>
    maxPool(conv2d(p, q, { groups: 2, padding: 1, stride: [2, 1] }).tanh(), 2)
      .square()
      .sum();
  const along = (p: Tensor, q: Tensor): Tensor => grad(f)(p, q).mul(a.sin()).sum();
  const exact = grad((q: Tensor) => along(a, q))(k);
  const h = 1e-5;
  for (let i = 0; i < k.size; i++) {
    const moved = (s: number): Tensor =>
      tensor(
        Float64Array.from(k.storage, (v, j) => Number(v) + (i === j ? s : 0)),
        { shape: k.shape },
      );
    const numeric = (along(a, moved(h)).item() - along(a, moved(-h)).item()) / (2 * h);
    expect(Math.abs(Number(exact.storage[i]) - numeric)).toBeLessThan(1e-7);
  }
});
