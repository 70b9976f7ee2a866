/** The sizes of labels, which plotly.js asks of a document. */
import { ascent, descent, textWidth } from "./font.js";
import type { DomWindow } from "./dom.js";

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** What is read of an SVG element. */
interface SvgElement {
  readonly tagName: string;
  readonly textContent: string;
  readonly parentElement: SvgElement | null;
  readonly childNodes: ArrayLike<SvgElement & { nodeType: number }>;
  readonly style?: { fontSize: string; fontWeight: string };
  getAttribute(name: string): string | null;
}

/**
 * jsdom lays nothing out, and plotly.js asks how large its labels are to place margins, legends and titles.
 * The answer is computed from the metrics of the shipped font.
 */
export function installTextGeometry(window: DomWindow): void {
  const svgPrototype = (window["SVGElement"] as { prototype: object }).prototype;
  const htmlPrototype = (window["HTMLElement"] as { prototype: object }).prototype;
  const describe = (box: Box | undefined) => {
    const { left, right, top, bottom } = box ?? { left: 0, right: 0, top: 0, bottom: 0 };
    return { x: left, y: top, left, right, top, bottom, width: right - left, height: bottom - top };
  };
  Object.assign(svgPrototype, {
    getBBox(this: SvgElement) {
      return describe(boxOf(this));
    },
    getBoundingClientRect(this: SvgElement) {
      return describe(pageBox(this));
    },
    getComputedTextLength(this: SvgElement) {
      return inlineWidth(this);
    },
  });
  Object.assign(htmlPrototype, {
    getBoundingClientRect: () => ({ x: 0, y: 0, left: 0, top: 0, right: 0, bottom: 0, width: 0, height: 0 }),
  });
  (window["URL"] as { createObjectURL?: () => string }).createObjectURL = () => "";
  window["matchMedia"] ??= () => ({ matches: false, addEventListener() {}, addListener() {} });
}

/** The box on the page: moved by the element's own transform and by those of all around it. */
function pageBox(element: SvgElement): Box | undefined {
  let box = boxOf(element);
  for (let at: SvgElement | null = element; at && box; at = at.parentElement) box = transformed(at, box);
  return box;
}

/** The box in the element's own coordinates. */
function boxOf(element: SvgElement): Box | undefined {
  const tag = element.tagName.toLowerCase();
  if (tag === "text") return textBox(element);
  if (tag === "tspan") return lineBox(element, 0, 0);
  if (tag === "rect") return rectangle(element);
  let union: Box | undefined;
  for (const child of Array.from(element.childNodes)) {
    const box = child.nodeType === 1 && tag !== "defs" ? boxOf(child) : undefined;
    if (box) union = join(transformed(child, box), union);
  }
  return union;
}

/** Plotly writes a line break as a `tspan` of class `line` with its `dy` in ems. */
function textBox(text: SvgElement): Box {
  const x = Number(text.getAttribute("x") ?? 0);
  const y = Number(text.getAttribute("y") ?? 0);
  const lines = Array.from(text.childNodes).filter(
    (node) => node.nodeType === 1 && node.getAttribute("class") === "line",
  );
  if (lines.length === 0) return lineBox(text, x, y);
  return lines
    .map((line) => lineBox(line, x, y + (parseFloat(line.getAttribute("dy") ?? "0") || 0) * fontSize(line)))
    .reduce((union, box) => join(union, box));
}

function lineBox(line: SvgElement, x: number, y: number): Box {
  const size = fontSize(line);
  const width = inlineWidth(line);
  const anchor = inherited(line, "text-anchor");
  const left = x - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
  return { left, right: left + width, top: y - ascent * size, bottom: y + descent * size };
}

function inlineWidth(node: SvgElement): number {
  let width = 0;
  for (const child of Array.from(node.childNodes)) {
    if (child.nodeType === 3)
      width += textWidth(child.textContent.replace(/\u200b/g, ""), fontSize(node), isBold(node));
    else if (child.nodeType === 1) width += inlineWidth(child);
  }
  return width;
}

function rectangle(rect: SvgElement): Box {
  const [x, y, width, height] = ["x", "y", "width", "height"].map(
    (name) => parseFloat(rect.getAttribute(name) ?? "0") || 0,
  );
  return { left: x, right: x + width, top: y, bottom: y + height };
}

/** Pixels; sub- and superscripts are percentages of their parent. */
function fontSize(element: SvgElement | null): number {
  if (!element) return 12;
  const own = element.style?.fontSize || element.getAttribute("font-size") || "";
  if (own.endsWith("%")) return (parseFloat(own) / 100) * fontSize(element.parentElement);
  return parseFloat(own) || fontSize(element.parentElement);
}

function isBold(element: SvgElement | null): boolean {
  if (!element) return false;
  const own = element.style?.fontWeight || element.getAttribute("font-weight") || "";
  return own === "" ? isBold(element.parentElement) : own === "bold" || Number(own) >= 600;
}

function inherited(element: SvgElement | null, name: string): string | null {
  return element ? (element.getAttribute(name) ?? inherited(element.parentElement, name)) : null;
}

function join(a: Box, b: Box = a): Box {
  return {
    left: Math.min(a.left, b.left),
    right: Math.max(a.right, b.right),
    top: Math.min(a.top, b.top),
    bottom: Math.max(a.bottom, b.bottom),
  };
}

/** The upright box around a box moved by the element's own `transform`: translations, rotations and scales. */
function transformed(element: SvgElement, box: Box): Box {
  const steps = [...(element.getAttribute("transform") ?? "").matchAll(/(translate|rotate|scale)\(([^)]*)\)/g)];
  if (steps.length === 0) return box;
  const corners = [
    [box.left, box.top],
    [box.right, box.top],
    [box.left, box.bottom],
    [box.right, box.bottom],
  ].map((corner) =>
    // The list acts from right to left on a point.
    steps.reduceRight<number[]>(
      (point, [, name, list]) =>
        moved(
          point,
          name,
          list
            .trim()
            .split(/[\s,]+/)
            .map(Number),
        ),
      corner,
    ),
  );
  const [xs, ys] = [corners.map(([x]) => x), corners.map(([, y]) => y)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
}

function moved([x, y]: number[], name: string, given: number[]): number[] {
  if (name === "translate") return [x + given[0], y + (given[1] ?? 0)];
  if (name === "scale") return [x * given[0], y * (given[1] ?? given[0])];
  const [angle, cx = 0, cy = 0] = given;
  const [cos, sin] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  return [cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)];
}
