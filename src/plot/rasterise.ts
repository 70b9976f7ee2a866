/** From SVG to PNG. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { requirePositive } from "../base/values.js";
import { createRequire } from "node:module";
import type { Resvg } from "@resvg/resvg-js";
import { fontFiles } from "./font.js";
import type { Bitmap } from "../files/png.js";
import { withoutLayersOutOfSight } from "./out-of-sight.js";

const require = createRequire(import.meta.url);

/** 8192×8192, 256 MB while it is drawn. */
const MOST_PIXELS = 2 ** 26;

interface Rendered {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
  asPng(): Uint8Array;
}

/**
 * Draws an SVG as PNG with the shipped font and no other, so the picture is the same on every machine.
 *
 * @param options.scale PNG pixels a CSS pixel, 2 by default for sharp text on dense screens.
 * @throws RangeError for a scale that is not above 0, or that makes more than 2²⁶ pixels (8192×8192)
 */
export function svgToPng(svg: string, options: { scale?: number } = {}): Uint8Array {
  requireKind("svg", svg, "a text");
  requireKnownKeys("svgToPng", options, { scale: true });
  const { scale = 2 } = options;
  return new Uint8Array(render(svg, scale).asPng());
}

/** Draws an opaque SVG as RGB pixels. */
export function svgToBitmap(svg: string, { scale = 1 }: { scale?: number } = {}): Bitmap {
  const { width, height, pixels } = render(svg, scale);
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) data.set(pixels.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, channels: 3, data };
}

function render(svg: string, scale: number): Rendered {
  requirePositive("scale", scale);
  const { Resvg: Drawing } = require("@resvg/resvg-js") as typeof import("@resvg/resvg-js");
  const options = {
    background: "#FFFFFF",
    fitTo: { mode: "zoom", value: scale },
    font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: "DejaVu Sans" },
  } as const;
  const drawing = new Drawing(svg, options);
  const { width, height } = drawing;
  // More memory than there is would end the process.
  if (width * height * scale ** 2 > MOST_PIXELS) {
    throw new RangeError(
      `a picture of ${width}×${height} at scale ${scale} has more than ${MOST_PIXELS} pixels: give a smaller scale`,
    );
  }
  if (staysInSight(svg, drawing)) return drawing.render();
  const inSight = withoutLayersOutOfSight(drawing.toString());
  return inSight === undefined ? drawing.render() : new Drawing(inSight, options).render();
}

/** Whether nothing lies far outside of the picture; false where a glance does not tell. */
function staysInSight(svg: string, drawing: Resvg): boolean {
  const { width, height } = drawing;
  // The box around what is drawn is in the units of the view, which are pixels if there is no other.
  if (svg.includes("viewBox") && !svg.includes(`viewBox="0 0 ${width} ${height}"`)) return false;
  const box = drawing.getBBox();
  if (!box) return true;
  return box.x > -width && box.y > -height && box.x + box.width < 1.5 * width && box.y + box.height < 1.5 * height;
}
