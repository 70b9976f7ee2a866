/** Drawings in SVG with their PNG, and what most of them have: text with subscripts, arrows. */
import { requireKind } from "../base/kinds.js";
import { requireFunction, requireText, requireNumbers, requireLike } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { SvgElement, type Pen } from "./pen.js";
import type { Picture } from "./picture.js";
import { svgToPng } from "./rasterise.js";
import { fontFamily, ink } from "./style.js";

/**
 * Draws with the methods of a d3 selection, without a browser.
 *
 * @param draw appends elements to the root `svg`, in CSS pixels from the upper left corner.
 * @param alt what the picture shows.
 * @example drawing(100, 40, (svg) => svg.append("circle").attr("cx", 20).attr("cy", 20).attr("r", 9), "a dot")
 */
export function drawing(width: number, height: number, draw: (svg: Pen) => void, alt: string): Picture {
  requireKind("alt", alt, "a text");
  requireKind("height", height, "a number");
  requireKind("width", width, "a number");
  requireFunction("draw", draw, "(svg) => svg.append(…)");
  const svg = new SvgElement("svg")
    .attr("xmlns", "http://www.w3.org/2000/svg")
    .attr("width", width)
    .attr("height", height)
    .attr("viewBox", `0 0 ${width} ${height}`)
    .attr("font-family", fontFamily)
    .attr("font-size", 13)
    .attr("fill", ink);
  svg.append("rect").attr("width", width).attr("height", height).attr("fill", "#FFFFFF");
  draw(svg);
  const source = String(svg);
  return { svg: source, png: svgToPng(source), width, height, alt };
}

export interface MathText {
  size?: number;
  anchor?: "start" | "middle" | "end";
  colour?: string;
}

/**
 * Writes text with subscripts: `x_0`, `x_{t−1}`, `p_θ(x_{t−1} | x_t)`.
 */
export function mathText(pen: Pen, content: string, x: number, y: number, options: MathText = {}): void {
  requireKind("y", y, "a number");
  requireKind("x", x, "a number");
  requirePen(pen);
  requireText("content", content);
  requireKnownKeys("mathText", options, { size: "a number", anchor: ["start", "middle", "end"], colour: "a text" });
  const { size = 13, anchor = "middle", colour = ink } = options;
  const text = pen
    .append("text")
    .attr("x", x)
    .attr("y", y)
    .attr("text-anchor", anchor)
    .attr("font-size", size)
    .attr("fill", colour);
  let lowered = 0;
  for (const part of content.split(/(_\{[^}]*\}|_.)/u).filter((piece) => piece !== "")) {
    const sub = part.startsWith("_");
    const span = text.append("tspan").text(sub ? part.replace(/^_\{?|\}$/g, "") : part);
    if (sub) span.attr("font-size", 0.72 * size);
    // `dy` moves everything after it too, so each part moves from where the last one left off.
    const level = sub ? 0.24 * size : 0;
    if (level !== lowered) span.attr("dy", Number((level - lowered).toFixed(2)));
    lowered = level;
  }
}

/** A straight arrow with a filled head. */
export function arrow(
  pen: Pen,
  from: readonly [number, number],
  to: readonly [number, number],
  options: { colour?: string; dashed?: boolean } = {},
): void {
  requirePen(pen);
  requireNumbers("from", from);
  requireNumbers("to", to);
  requireKnownKeys("arrow", options, { colour: "a text", dashed: "true or false" });
  const { colour = ink, dashed = false } = options;
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const back = (length: number, side: number): string => {
    const x = to[0] - length * Math.cos(angle) + side * Math.sin(angle);
    const y = to[1] - length * Math.sin(angle) - side * Math.cos(angle);
    return `${x.toFixed(2)},${y.toFixed(2)}`;
  };
  pen
    .append("path")
    .attr("d", `M${from[0]},${from[1]}L${back(7, 0)}`)
    .attr("stroke", colour)
    .attr("stroke-width", 1.6)
    .attr("fill", "none")
    .attr("stroke-dasharray", dashed ? "5 3" : "none");
  pen
    .append("path")
    .attr("d", `M${to[0]},${to[1]}L${back(9, 4)}L${back(9, -4)}Z`)
    .attr("fill", colour);
}

function requirePen(value: unknown): void {
  requireLike("the pen", value, ["append"], "drawing(width, height, (pen) => …, alt)");
}
