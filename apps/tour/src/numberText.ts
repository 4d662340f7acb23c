/**
 * A number as people read it: four significant digits, whole numbers in full, powers of ten beyond 10^-4 and 10^7.
 *
 * @param value any number; NaN and infinities are shown as such
 * @param unit set behind it
 */
export function numberText(value: number, unit?: string): string {
  return unit === undefined || unit === "" ? digitsOf(value) : `${digitsOf(value)} ${unit}`;
}

function digitsOf(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-4 || size >= 1e7)) return powerText(value);
  const text = Number.isInteger(value)
    ? grouped(value)
    : size >= 9999.5
      ? grouped(Math.round(value))
      : value.toPrecision(4);
  return text.replace("-", "−");
}

/**
 * The label of a tick: no more digits than the number has.
 *
 * @param value where the tick stands
 */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) return powerText(value);
  return grouped(Number(value.toPrecision(6))).replace("-", "−");
}

// A year must not become 1,960, so grouping starts at five digits.
function grouped(value: number): string {
  return Math.abs(value) >= 1e4 ? value.toLocaleString("en-US", { maximumFractionDigits: 6 }) : String(value);
}

/** As 1.5×10⁻⁸. */
function powerText(value: number): string {
  const [digits, exponent] = value.toExponential(2).split("e");
  const mantissa = String(Number(digits)).replace("-", "−");
  const power = `10${String(Number(exponent))
    .split("")
    .map((digit) => superscripts[digit])
    .join("")}`;
  return mantissa === "1" ? power : mantissa === "−1" ? `−${power}` : `${mantissa}×${power}`;
}

const superscripts: Readonly<Record<string, string>> = {
  "-": "⁻",
  ...Object.fromEntries(Array.from("⁰¹²³⁴⁵⁶⁷⁸⁹").map((sign, digit) => [String(digit), sign])),
};
