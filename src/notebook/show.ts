/** Shows a value under the cell, in the richest form that the place can draw. */
import { inspect } from "node:util";
import { isFigure, type Figure } from "../plot/figure.js";
import { isPicture, type Picture } from "../plot/picture.js";
import { pngSize } from "../files/png.js";
import { svgToPng } from "../plot/rasterise.js";
import { figureSize, figureToPng } from "../plot/static.js";
import { say } from "./messages.js";
import { bundle, publish, type MimeBundle } from "./publish.js";

/** The method by which a value says how it is displayed. */
export const displayMethod: unique symbol = Symbol.for("Jupyter.display");

/** The method by which Node's `util.inspect` and `console.log` ask a value for its text. */
export const inspectMethod: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** A value that displays itself. */
export interface Displayable {
  [displayMethod](): MimeBundle;
}

/**
 * Displays a value as output of the cell, in one message with every form it has:
 * a chart as interactive plotly figure and PNG, a picture as PNG (and SVG if it was drawn as one),
 * SVG text as SVG and PNG, PNG bytes as they are, tensors, schedules, models, formulas and tables by their own display.
 * In a terminal the description is printed.
 *
 * @example show(lineChart({ … }))
 * @throws RangeError for a figure without data; TypeError for a widget that is still at work.
 */
export function show(...values: readonly unknown[]): void {
  for (const value of values) {
    const bundle: unknown = bundleOf(value);
    if (bundle instanceof Promise) {
      throw new TypeError(say("stillComputing"));
    }
    publish(bundle as MimeBundle);
  }
}

/** The output that {@link show} sends, and that a cell's last value is displayed as. */
export function bundleOf(value: unknown): MimeBundle {
  if (isDisplayable(value)) return value[displayMethod]();
  if (isPicture(value)) return pictureBundle(value);
  if (isFigure(value)) return figureBundle(value);
  if (typeof value === "string" && /^\s*<svg[\s>]/.test(value)) return svgBundle(value);
  if (value instanceof Uint8Array && value[0] === 0x89 && value[1] === 0x50) return pngBundle(value);
  return bundle({ "text/plain": typeof value === "string" ? value : inspect(value) });
}

function isDisplayable(value: unknown): value is Displayable {
  return value !== null && value !== undefined && typeof (value as Partial<Displayable>)[displayMethod] === "function";
}

function figureBundle(figure: Figure): MimeBundle {
  requireData(figure);
  const size = figureSize(figure);
  return {
    data: {
      "application/vnd.plotly.v1+json": {
        data: figure.data,
        layout: { ...figure.layout, ...size },
        config: { displaylogo: false },
      },
      // JupyterLab's plotly renderer shows this until the mouse comes, at its own pixels: the metadata do not reach it.
      "image/png": base64(figureToPng(figure, { scale: 1 })),
      "text/plain": describeFigure(figure),
    },
    metadata: { "image/png": size },
  };
}

function requireData(figure: Figure): void {
  const values = (trace: Figure["data"][number]) => trace["z"] ?? trace["y"] ?? trace["x"] ?? trace["values"];
  const empty = figure.data.findIndex((trace) => {
    const held = values(trace) as ArrayLike<unknown> | undefined;
    return held === undefined || held.length === 0;
  });
  if (figure.data.length === 0) throw new RangeError(say("noData"));
  if (empty >= 0) throw new RangeError(say("emptyTrace", { trace: empty }));
}

/** A sentence in place of the chart: kind, title, curves and axes. */
function describeFigure({ data, layout }: Figure): string {
  const plain = (text: unknown) => String(text ?? "").replace(/<[^>]*>/g, "");
  const title = plain((layout.title as { text?: string } | undefined)?.text);
  const names = data
    .filter((trace) => trace["showlegend"] !== false && trace["name"])
    .map((trace) => plain(trace["name"]));
  const axes = Object.keys(layout)
    .filter((key) => /^[xy]axis\d*$/.test(key))
    .map((key) => plain((layout[key] as { title?: { text?: string } }).title?.text))
    .filter((text) => text !== "");
  return [
    `Figure${title ? ` "${title}"` : ""}`,
    ...(names.length > 0 ? [`shows ${names.join(", ")}`] : []),
    ...(axes.length > 0 ? [`axes: ${[...new Set(axes)].join(", ")}`] : []),
  ].join("; ");
}

export function pictureBundle({ png, svg, width, height, alt }: Picture): MimeBundle {
  const size = { width, height };
  return {
    data: { "image/png": base64(png), ...(svg ? { "image/svg+xml": svg } : {}), "text/plain": alt },
    metadata: { "image/png": size, ...(svg ? { "image/svg+xml": size } : {}) },
  };
}

function svgBundle(svg: string): MimeBundle {
  const png = svgToPng(svg);
  const { width, height } = pngSize(png);
  return pictureBundle({ png, svg, width: width / 2, height: height / 2, alt: "SVG drawing" });
}

function pngBundle(png: Uint8Array): MimeBundle {
  const { width, height } = pngSize(png);
  return pictureBundle({ png, width, height, alt: `PNG picture of ${width}×${height} pixels` });
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}
