/** One line of a legend. */
export interface Entry {
  readonly name: string;
  readonly color: string;
  readonly style: "line" | "dashed" | "dots" | "line and dots" | "rule" | "block";
}

const rowHeight = 20;
const swatch = 26;
const room = 640 - 20;

/** Height in pixels that the legend takes above the chart. */
export function legendHeight(entries: readonly Entry[]): number {
  return entries.length === 0 ? 0 : rowHeight * layOut(entries).rows + 4;
}

/**
 * Draws the legend at the top of an svg element. Plot has legends, but outside the svg, as HTML.
 *
 * @param svg to be added to
 * @param entries from left to right, in as many rows as they need
 */
export function addLegend(svg: Element, entries: readonly Entry[]): void {
  const make = (parent: Element, tag: string, attributes: Readonly<Record<string, string | number>>): Element => {
    const element = svg.ownerDocument.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
    return parent.appendChild(element);
  };
  for (const { entry, x, y } of layOut(entries).places) {
    const group = make(svg, "g", { transform: `translate(${x},${y})` });
    const { color, style } = entry;
    if (style === "block")
      make(group, "rect", { x: 4, y: -5, width: 14, height: 10, fill: color, "fill-opacity": 0.6 });
    if (style.includes("dots")) make(group, "circle", { cx: 10, cy: 0, r: 3.5, fill: color });
    if (style !== "dots" && style !== "block")
      make(group, "line", { x1: 0, x2: 20, y1: 0, y2: 0, stroke: color, "stroke-width": 2, ...dashOf(style) });
    make(group, "text", { x: swatch, y: 0, dy: "0.32em", "text-anchor": "start" }).textContent = entry.name;
  }
}

function dashOf(style: Entry["style"]): Record<string, string> {
  return style === "dashed" ? { "stroke-dasharray": "6,4" } : style === "rule" ? { "stroke-dasharray": "2,3" } : {};
}

interface Place {
  readonly entry: Entry;
  readonly x: number;
  readonly y: number;
}

// Without a browser no text can be measured: 7.7 pixels is a generous width for a character of 14 pixels.
function layOut(entries: readonly Entry[]): { places: Place[]; rows: number } {
  const places: Place[] = [];
  let [x, row] = [0, 0];
  for (const entry of entries) {
    const width = swatch + 7.7 * entry.name.length + 18;
    if (x > 0 && x + width > room) [x, row] = [0, row + 1];
    places.push({ entry, x: 10 + x, y: 12 + rowHeight * row });
    x += width;
  }
  return { places, rows: row + 1 };
}
