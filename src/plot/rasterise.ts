/** From SVG to PNG. */
import { requireKnownKeys } from "../base/check.js";
import { createRequire } from "node:module";
import { fontFiles } from "./font.js";
import type { Bitmap } from "../files/png.js";

const require = createRequire(import.meta.url);

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
 */
export function svgToPng(svg: string, options: { scale?: number } = {}): Uint8Array {
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
  if (!(scale > 0)) throw new RangeError(`scale is ${scale}; give a number above 0`);
  const { Resvg } = require("@resvg/resvg-js") as typeof import("@resvg/resvg-js");
  return new Resvg(svg, {
    background: "#FFFFFF",
    fitTo: { mode: "zoom", value: scale },
    font: { loadSystemFonts: false, fontFiles: fontFiles(), defaultFontFamily: "DejaVu Sans" },
  }).render();
}
