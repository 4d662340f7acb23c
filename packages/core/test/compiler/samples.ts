import { type Tensor, grad, scan, softmax, valueAndGrad } from "../../src/index.js";

/** A representative program, and what people should look for in what it compiles to. */
export interface Sample {
  readonly look: string;
  readonly program: (...args: Tensor[]) => unknown;
  readonly shapes: readonly (readonly number[])[];
  /** Lines of kernels shown, where they are long. */
  readonly lines?: number;
}

export const samples: Readonly<Record<string, Sample>> = {
  elementwise: {
    look: "One loop: each input is loaded once an element, each result stored once, nothing in between.",
    program: (x, a, b) => x.mul(a).add(b).tanh().mul(x),
    shapes: [[1000], [1000], [1000]],
  },
  softmax: {
    look: "One kernel, row by row: the maximum, then the exponentials and their sum, then the division; no temporary of x's size.",
    program: (x) => softmax(x, -1),
    shapes: [[64, 100]],
  },
  layerNorm: {
    look: "One kernel, row by row: the mean; the differences from it, with the sum of their squares in the same loop; the deviation; then scale and shift, one store an element.",
    program: (x, scale, shift) => {
      const centered = x.sub(x.mean(-1, { keepDims: true }));
      const variance = centered.square().mean(-1, { keepDims: true });
      return centered.div(variance.add(1e-5).sqrt()).mul(scale).add(shift);
    },
    shapes: [[64, 100], [100], [100]],
  },
  linearRegression: {
    look: "Value and both gradients in one pass over x and y: three sums in one loop.",
    program: valueAndGrad(
      (a: Tensor, b: Tensor, x: Tensor, y: Tensor) =>
        y
          .sub(a.add(b.mul(x)))
          .square()
          .sum(),
      { argnums: [0, 1] },
    ),
    shapes: [[], [], [1000], [1000]],
  },
  logisticRegression: {
    look: "Two passes over x, one for x beta and one for the gradient's product; between them value and residual in one loop, with one exponential for both.",
    program: valueAndGrad((beta: Tensor, x: Tensor, y: Tensor) => {
      const eta = x.matmul(beta);
      return y.mul(eta).sub(eta.softplus()).sum();
    }),
    shapes: [[10], [1000, 10], [1000]],
  },
  garch: {
    look: "The scan is one loop in one kernel, the carried variance and what is constant in registers; it stores its terms only, which are summed after it.",
    program: (y, a, b, c) =>
      scan(
        (variance: Tensor, r: Tensor) => [
          a.add(b.mul(r.square())).add(c.mul(variance)),
          variance.log().add(r.square().div(variance)),
        ],
        a,
        y,
      )[1].sum(),
    shapes: [[200], [], [], []],
  },
  lstmCell: {
    look: "Two products, their sum with the bias, then one kernel for all of the cell: it reads the four gates in place, without a split.",
    program: (x, h, cell, wx, wh, b) => {
      const [i, f, g, o] = x.matmul(wx).add(h.matmul(wh)).add(b).split(4, -1);
      const next = f.sigmoid().mul(cell).add(i.sigmoid().mul(g.tanh()));
      return [o.sigmoid().mul(next.tanh()), next];
    },
    shapes: [[16, 32], [16, 64], [16, 64], [32, 256], [64, 256], [256]],
    lines: 14,
  },
  matmul: {
    look: "Blocks of rows and columns kept in registers over the inner loop; only the head is shown.",
    program: (a, b) => a.matmul(b),
    shapes: [
      [64, 784],
      [784, 256],
    ],
    lines: 30,
  },
  adam: {
    look: "Gradient, both moments and the new weights of one leaf in one kernel: each of w, m, v read and written once.",
    program: (w, m, v, x) => {
      const g = grad((w: Tensor) => w.sub(x).square().sum())(w);
      const m2 = m.mul(0.9).add(g.mul(0.1));
      const v2 = v.mul(0.999).add(g.square().mul(0.001));
      return [w.sub(m2.mul(0.01).div(v2.mul(1000).sqrt().add(1e-8))), m2, v2];
    },
    shapes: [[1000], [1000], [1000], [1000]],
  },
  trainingStep: {
    look: "Bias, activation and what the gradient needs of them in one kernel; on a GPU inside of the product, as the steps of the parameters are inside of what makes their gradients.",
    program: (w1, b1, w2, b2, x, y) => {
      const loss = (w1: Tensor, b1: Tensor, w2: Tensor, b2: Tensor): Tensor => {
        const logits = x.matmul(w1).add(b1).relu().matmul(w2).add(b2);
        return logits.logSoftmax(-1).mul(y).sum().mul(-1);
      };
      const gradients = grad(loss, { argnums: [0, 1, 2, 3] })(w1, b1, w2, b2);
      return [w1, b1, w2, b2].map((w, i) => w.sub(gradients[i].mul(0.1)));
    },
    shapes: [[32, 64], [64], [64, 10], [10], [64, 32], [64, 10]],
    lines: 14,
  },
};
