import * as Plot from "@observablehq/plot";
import { type Axis, axisOptions, axisTitle, checkedPoints, type Point } from "./axis.js";
import { type Entry, legendHeight } from "./legend.js";
import { numberText } from "./numberText.js";
import { colors, drawSvg, ink } from "./svg.js";

export type { Axis } from "./axis.js";

/** One named curve or cloud of points. */
export interface Series {
  /** For the legend. */
  readonly name: string;
  readonly x: ArrayLike<number>;
  /** As long as x. Points that are not finite, or not positive on a logarithmic axis, are left out. */
  readonly y: ArrayLike<number>;
  /** How it is drawn; each kind of chart has its own default. */
  readonly style?: "line" | "dashed" | "dots" | "line and dots";
  /** A CSS colour; by default the next of the palette. */
  readonly color?: string;
}

/** A straight line across the whole chart: a mean, a true value, a limit. */
export interface Rule {
  readonly name: string;
  /** The axis on which it has one value: "y" gives a horizontal line. */
  readonly axis: "x" | "y";
  readonly at: number;
}

export interface ChartOptions {
  /** What the chart shows, for readers who cannot see it. */
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly rules?: readonly Rule[];
  /** Height in pixels without the legend, default 340; the width is 640. */
  readonly height?: number;
}

/** Points, for data and residuals. */
export function scatter(series: readonly Series[], options: ChartOptions): string {
  return chart(series, "dots", options);
}

/** Curves, for training and functions. */
export function lines(series: readonly Series[], options: ChartOptions): string {
  return chart(series, "line", options);
}

/** Curves with dots on two logarithmic axes, for rates: a power law is a straight line. */
export function logLog(series: readonly Series[], options: ChartOptions): string {
  const { x, y } = options;
  return chart(series, "line and dots", { ...options, x: { ...x, scale: "log" }, y: { ...y, scale: "log" } });
}

/** Numbers of which a histogram shows the distribution. */
export interface Sample {
  readonly name: string;
  readonly values: ArrayLike<number>;
  readonly color?: string;
}

export interface HistogramOptions {
  readonly title: string;
  readonly x: Axis;
  readonly rules?: readonly Rule[];
  /** Number of bins over the range of all values, default 40. */
  readonly bins?: number;
  /** Densities to draw over the bars. With them the bars show density, else they count. */
  readonly curves?: readonly Series[];
  readonly height?: number;
}

/** Bars over equal bins, shared by all samples. */
export function histogram(samples: readonly Sample[], options: HistogramOptions): string {
  const { title, x, bins = 40, curves = [], rules = [], height } = options;
  if (!(Number.isInteger(bins) && bins > 0))
    throw new RangeError(`histogram "${title}": bins is ${bins}, expected a whole number from 1.`);
  const finite = samples.map(({ values }) => Array.from(values).filter(Number.isFinite));
  const all = finite.flat();
  if (all.length === 0) throw new RangeError(`histogram "${title}": no finite values to show. Check what was sampled.`);
  const low = x.domain?.[0] ?? all.reduce((a, b) => Math.min(a, b));
  const high = x.domain?.[1] ?? all.reduce((a, b) => Math.max(a, b));
  const width = (high - low || 1) / bins;
  const bars = finite.flatMap((values, s) => {
    const counts = new Float64Array(bins);
    for (const value of values) {
      const bin = value === high ? bins - 1 : Math.floor((value - low) / width);
      if (bin >= 0 && bin < bins) counts[bin]++;
    }
    const scale = curves.length > 0 ? 1 / (values.length * width) : 1;
    const fill = samples[s].color ?? colors[s % colors.length];
    return Array.from(counts, (count, b) => ({
      x1: low + b * width,
      x2: low + (b + 1) * width,
      y: count * scale,
      fill,
    }));
  });
  const opacity = samples.length > 1 ? 0.45 : 0.6;
  const marks = [Plot.rectY(bars, { x1: "x1", x2: "x2", y: "y", fill: "fill", fillOpacity: opacity, inset: 0.5 })];
  const entries = samples.map((sample, s): Entry => {
    return { name: sample.name, color: sample.color ?? colors[s % colors.length], style: "block" };
  });
  const y: Axis = { label: curves.length > 0 ? "density" : "count" };
  const drawn = { title, x, y, rules, ...(height === undefined ? {} : { height }) };
  return chart(curves, "line", drawn, { marks, entries });
}

/** A bar with its name. */
export interface Bar {
  readonly name: string;
  readonly value: number;
  /** The bar that the chapter is about: it stands out, the others are grey. */
  readonly ours?: boolean;
}

/** Horizontal bars from zero, each with its name and its value, in the order given. */
export function bars(values: readonly Bar[], options: { readonly title: string; readonly x: Axis }): string {
  const { title, x } = options;
  if (!values.some(({ value }) => Number.isFinite(value)))
    throw new RangeError(`bars "${title}": no finite values to show. Check what was measured.`);
  const longest = Math.max(...values.map(({ name }) => name.length));
  const fill = values.some(({ ours }) => ours === true)
    ? (bar: Bar): string => (bar.ours === true ? colors[0] : "#9aa3ad")
    : colors[0];
  const axis = axisOptions(x);
  return drawSvg({
    title,
    height: 70 + 30 * values.length,
    margins: { top: 10, right: 80, bottom: 48, left: Math.min(300, 20 + 8 * longest) },
    entries: [],
    options: {
      x: {
        ...axis,
        grid: true,
        label: axisTitle(x),
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 42,
        zero: true,
      },
      y: { label: null, domain: values.map(({ name }) => name), tickSize: 0 },
      marks: [
        Plot.barX(values, { x: "value", y: "name", fill, insetTop: 3, insetBottom: 3 }),
        Plot.text(values, {
          x: "value",
          y: "name",
          text: (bar: Bar) => numberText(bar.value),
          textAnchor: "start",
          dx: 5,
        }),
        Plot.ruleX([0], { stroke: ink }),
      ],
    },
  });
}

/** A matrix in colours: blue below zero, white at zero, red above; black on white if nothing is below zero. */
export function heatmap(
  values: ArrayLike<number>,
  options: { readonly title: string; readonly rows: number; readonly columns: number },
): string {
  const { title, rows, columns } = options;
  if (values.length !== rows * columns || values.length === 0)
    throw new RangeError(`heatmap "${title}": ${values.length} values for ${rows} x ${columns} cells. Give one each.`);
  const finite = Array.from(values).filter(Number.isFinite);
  const limit = finite.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1;
  const signed = finite.some((value) => value < 0);
  const cell = Math.min(40, Math.max(6, Math.floor(320 / Math.max(rows, columns))));
  const cells = Array.from(values, (value, i) => ({ row: Math.floor(i / columns), column: i % columns, value }));
  return drawSvg({
    title,
    width: cell * columns + 2,
    height: cell * rows + 2,
    margins: { top: 1, right: 1, bottom: 1, left: 1 },
    entries: [],
    options: {
      x: { axis: null, type: "band", padding: 0 },
      y: { axis: null, type: "band", padding: 0 },
      color: signed
        ? { type: "diverging", scheme: "RdBu", reverse: true, domain: [-limit, limit], pivot: 0 }
        : { type: "linear", scheme: "Greys", domain: [0, limit] },
      marks: [Plot.cell(cells, { x: "column", y: "row", fill: "value" }), Plot.frame({ stroke: "#999" })],
    },
  });
}

interface Underlay {
  readonly marks: readonly Plot.Markish[];
  readonly entries: readonly Entry[];
}

function chart(
  series: readonly Series[],
  style: NonNullable<Series["style"]>,
  { title, x, y, rules = [], height = 340 }: ChartOptions,
  under: Underlay = { marks: [], entries: [] },
): string {
  if (series.length === 0 && under.marks.length === 0)
    throw new RangeError(`chart "${title}": no series to show. Give at least one.`);
  const drawn = series.map((one, i) => ({
    points: checkedPoints(one, x, y),
    style: one.style ?? style,
    color: one.color ?? colors[(i + under.entries.length) % colors.length],
    name: one.name,
  }));
  const lost = drawn.find(({ points }) => points.length === 0);
  if (lost !== undefined)
    throw new RangeError(
      `chart "${title}": series "${lost.name}" has no point that the axes can show. Check its values.`,
    );
  const ruleEntries = rules.map((rule, i): Entry => {
    return { name: rule.name, color: ["#444444", "#8a5a00", "#5b2a86"][i % 3], style: "rule" };
  });
  const all = [...under.entries, ...drawn, ...ruleEntries];
  const entries = all.length > 1 ? all : [];
  return drawSvg({
    title,
    height: height + legendHeight(entries),
    margins: { top: 34, right: 30, bottom: 50, left: 66 },
    entries,
    yTitle: axisTitle(y),
    options: {
      x: {
        ...axisOptions(x),
        grid: true,
        label: axisTitle(x),
        labelAnchor: "center",
        labelArrow: "none",
        labelOffset: 42,
      },
      y: { ...axisOptions(y), grid: true, label: null, ...floorOf(under) },
      // Only where the domain is given can anything lie outside.
      clip: x.domain !== undefined || y.domain !== undefined,
      marks: [
        ...under.marks,
        ...drawn.flatMap(marksOf),
        ...rules.map((rule, i) => ruleMark(rule, ruleEntries[i].color)),
      ],
    },
  });
}

// Bars stand on zero; a cloud of points need not.
function floorOf(under: Underlay): { zero?: true } {
  return under.marks.length > 0 ? { zero: true } : {};
}

function marksOf({
  points,
  style,
  color,
}: {
  points: Point[];
  style: NonNullable<Series["style"]>;
  color: string;
}): Plot.Markish[] {
  const at = { x: "x", y: "y" };
  const line = (dash?: string): Plot.Markish =>
    Plot.line(points, {
      ...at,
      stroke: color,
      strokeWidth: 2,
      ...(dash === undefined ? {} : { strokeDasharray: dash }),
    });
  const crowded = points.length > 150;
  const dots = (opacity: number): Plot.Markish =>
    Plot.dot(points, { ...at, fill: color, fillOpacity: opacity, r: crowded ? 2 : 3, stroke: "none" });
  switch (style) {
    case "line":
      return [line()];
    case "dashed":
      return [line("6,4")];
    case "dots":
      return [dots(crowded ? 0.55 : 0.8)];
    case "line and dots":
      return [line(), dots(1)];
  }
}

function ruleMark({ axis, at }: Rule, color: string): Plot.Markish {
  const look = { stroke: color, strokeWidth: 1.5, strokeDasharray: "2,3" };
  return axis === "x" ? Plot.ruleX([at], look) : Plot.ruleY([at], look);
}
