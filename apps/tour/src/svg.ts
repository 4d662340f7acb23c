import { plot, type PlotOptions } from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { addLegend, type Entry, legendHeight } from "./legend.js";

/** Dark enough on white, and told apart by most colour-blind readers (after Okabe and Ito, jfly.uni-koeln.de/color). */
export const colors: readonly string[] = ["#0067a8", "#c74a00", "#00795a", "#a8437f", "#7a6000", "#4b4b9b"];
/** Colour of text and axes. */
export const ink = "#1a1a1a";

/** A drawing for Plot, with what Plot leaves to us. */
export interface Drawing {
  readonly title: string;
  readonly width?: number;
  readonly height: number;
  readonly margins: { readonly top: number; readonly right: number; readonly bottom: number; readonly left: number };
  readonly entries: readonly Entry[];
  /** Title of the vertical axis, written from left to right above it. */
  readonly yTitle?: string;
  readonly options: PlotOptions;
}

/**
 * Draws without a browser.
 *
 * @returns an `<svg>` element, dark on white, that scales to the width it gets and tells a screen reader its title
 */
export function drawSvg({ title, width = 640, height, margins, entries, yTitle, options }: Drawing): string {
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const svg = plot({
    ...options,
    document,
    width,
    height,
    marginTop: margins.top + legendHeight(entries),
    marginRight: margins.right,
    marginBottom: margins.bottom,
    marginLeft: margins.left,
    ariaLabel: title,
    style: { fontSize: "14px", color: ink, background: "white" },
  });
  svg.setAttribute("role", "img");
  addLegend(svg, entries);
  if (yTitle !== undefined) addText(svg, yTitle, 10, legendHeight(entries) + 16);
  roundCoordinates(svg);
  return svg.outerHTML;
}

// Plot would put the title at the very top, where the legend is.
function addText(svg: Element, text: string, x: number, y: number): void {
  const element = svg.ownerDocument.createElementNS("http://www.w3.org/2000/svg", "text");
  for (const [name, value] of Object.entries({ x, y, "text-anchor": "start" }))
    element.setAttribute(name, String(value));
  element.textContent = text;
  svg.appendChild(element);
}

const coordinates = ["d", "transform", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height"];

// A hundredth of a pixel is enough; with all their digits, coordinates make up most of a report.
function roundCoordinates(svg: Element): void {
  for (const element of svg.querySelectorAll("*")) {
    for (const name of coordinates) {
      const value = element.getAttribute(name);
      if (value === null) continue;
      element.setAttribute(
        name,
        value.replace(/-?\d+\.\d{3,}(e-?\d+)?/g, (digits) => String(Number(Number(digits).toFixed(2)))),
      );
    }
  }
}
