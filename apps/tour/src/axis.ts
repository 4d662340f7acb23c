import { tickText } from "./numberText.js";

/** One axis of a chart. */
export interface Axis {
  /** What it measures, as "body mass". */
  readonly label: string;
  /** As "g"; shown in brackets behind the label. */
  readonly unit?: string;
  /** Default "linear". */
  readonly scale?: "linear" | "log";
  /** Where it begins and ends; by default where the data do. */
  readonly domain?: readonly [number, number];
}

/** Where something is drawn. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

interface Coordinates {
  readonly name: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

interface AxisOptions {
  type: "linear" | "log";
  tickFormat: (value: number) => string;
  nice?: boolean;
  domain?: [number, number];
}

/** What Plot must know of an axis. */
export function axisOptions({ scale = "linear", domain }: Axis): AxisOptions {
  const tickFormat = scale === "log" ? logTickText : tickText;
  return domain === undefined
    ? { type: scale, tickFormat, nice: scale === "linear" }
    : { type: scale, tickFormat, domain: [...domain] };
}

export function axisTitle({ label, unit }: Axis): string {
  return unit === undefined || unit === "" ? label : `${label} (${unit})`;
}

/** The points of a series that can stand on both axes. */
export function checkedPoints({ name, x, y }: Coordinates, xAxis: Axis, yAxis: Axis): Point[] {
  if (x.length !== y.length)
    throw new RangeError(`series "${name}": ${x.length} values of x and ${y.length} of y. Give as many of each.`);
  const stands = (value: number, { scale }: Axis): boolean => Number.isFinite(value) && (scale !== "log" || value > 0);
  const points = Array.from(x, (value, i): Point => ({ x: value, y: y[i] }));
  return points.filter((point) => stands(point.x, xAxis) && stands(point.y, yAxis));
}

// Plot puts ticks at all of 1 to 9; with all their labels they would run into each other.
function logTickText(value: number): string {
  const mantissa = Number(value.toExponential(6).split("e")[0]);
  return [1, 2, 3, 5].includes(mantissa) ? tickText(value) : "";
}
