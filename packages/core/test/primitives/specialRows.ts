import type { Input, Row } from "./table.js";

const real = (low: number, high: number): Input => ({ shape: [9], values: [low, high] });

const unary = (primitive: string, low: number, high: number): Row => ({
  primitive,
  inputs: [{ shape: [2, 7], values: [low, high] }],
  varies: [0],
});

export const specialRows: readonly Row[] = [
  unary("gamma", 0.7, 4),
  unary("gamma", -1.8, -1.2),
  unary("erfcx", -1.5, 1.5),
  unary("ndtr", -3, 3),
  unary("logNdtr", -2, 3),
  unary("ndtri", 0.05, 0.95),
  unary("i0e", 0.5, 6),
  unary("i0e", -6, -0.5),
  unary("i1e", 0.5, 6),
  unary("i1e", -6, -0.5),
  unary("log1pMinus", -0.6, 3),
  // Below, around and above the shape. Parameters have first derivatives, x all.
  ...(
    [
      [0.3, 0.9, 0.1, 0.9],
      [2, 4, 1.2, 2],
      [0.5, 2, 2.1, 4],
    ] as const
  ).flatMap(([low, high, from, to]): Row[] =>
    ["lower", "upper", "density"].flatMap((of): Row[] => {
      const inputs = [real(low, high), real(from, to)];
      return [
        { primitive: "incompleteGamma", inputs, params: { of }, varies: [0, 1], orders: of === "density" ? 3 : 1 },
        { primitive: "incompleteGamma", inputs, params: { of }, varies: [1] },
      ];
    }),
  ),
  { primitive: "incompleteGamma", inputs: [real(0.5, 4), real(0.2, 5)], params: { of: "shape" }, varies: [1] },
  { primitive: "incompleteGamma", inputs: [real(0.5, 4), real(0.2, 5)], params: { of: "sample" } },
  ...["value", "density"].flatMap((of): Row[] => {
    const inputs = [real(0.5, 4), real(0.5, 4), real(0.1, 0.9)];
    return [
      { primitive: "incompleteBeta", inputs, params: { of }, varies: [0, 1, 2], orders: of === "density" ? 3 : 1 },
      { primitive: "incompleteBeta", inputs, params: { of }, varies: [2] },
    ];
  }),
  ...["a", "b"].map((of): Row => ({
    primitive: "incompleteBeta",
    inputs: [real(0.5, 4), real(0.5, 4), real(0.1, 0.9)],
    params: { of },
    varies: [2],
  })),
];
