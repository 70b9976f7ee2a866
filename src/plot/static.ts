/** Plotly figures as pictures, without a browser. */
import { requireFigure } from "./figure.js";
import { requireKnownKeys } from "../base/check.js";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Figure } from "./figure.js";
import type { DomWindow } from "./dom.js";
import { installCanvas } from "./canvas.js";
import { installTextGeometry } from "./text-geometry.js";
import { svgToPng } from "./rasterise.js";
import { chartHeight, chartWidth } from "./style.js";
import { allowedInXml } from "./pen.js";

const require = createRequire(import.meta.url);

let draw: ((figure: Figure) => string) | undefined;

/**
 * A plotly figure as a static SVG, drawn by plotly.js itself on a DOM without a screen.
 * The first call loads plotly.js (about half a second); each figure then takes about a tenth.
 *
 * @throws RangeError when the figure has no data.
 * @throws TypeError when plotly.js cannot draw it here: WebGL and map traces need a browser.
 */
export function figureToSvg(figure: Figure): string {
  requireFigure(figure);
  if (figure.data.length === 0) throw new RangeError("this figure has no data: give it at least one trace");
  draw ??= loadPlotly();
  return draw(figure);
}

/**
 * A plotly figure as PNG, without a browser.
 *
 * @param options.scale PNG pixels a CSS pixel, 2 by default.
 * @throws as {@link figureToSvg}.
 */
export function figureToPng(figure: Figure, options: { scale?: number } = {}): Uint8Array {
  requireKnownKeys("figureToPng", options, { scale: true });
  return svgToPng(figureToSvg(figure), options);
}

/** Width and height of a figure in CSS pixels. */
export function figureSize(figure: Figure): { width: number; height: number } {
  requireFigure(figure);
  const { layout } = figure;
  return { width: layout.width ?? chartWidth, height: layout.height ?? chartHeight };
}

function loadPlotly(): (figure: Figure) => string {
  const { JSDOM, VirtualConsole } = require("jsdom") as {
    JSDOM: new (html: string, options: object) => { window: DomWindow };
    VirtualConsole: new () => object;
  };
  const { window } = new JSDOM("<!doctype html><body></body>", {
    runScripts: "outside-only",
    virtualConsole: new VirtualConsole(),
  });
  installTextGeometry(window);
  installCanvas(window);
  window.eval(readFileSync(require.resolve("plotly.js-cartesian-dist-min"), "utf8"));
  const plotly = window.Plotly!;

  return (figure) => {
    const element = window.document.createElement("div");
    window.document.body.appendChild(element);
    let failure: unknown;
    // Without a browser nothing has to be fetched, so plotly draws before it returns.
    const layout = { ...structuredClone(figure.layout), ...figureSize(figure) };
    const drawn = plotly.newPlot(element, structuredClone(figure.data), layout, { staticPlot: true });
    drawn.catch((error: unknown) => (failure = error));
    try {
      const svg = plotly.Snapshot.toSVG(element, "svg");
      if (failure) throw failure;
      // resvg knows the older name of "no smoothing" only; browsers know both.
      return allowedInXml(svg).replaceAll("image-rendering: pixelated", "image-rendering: optimizeSpeed");
    } catch (error) {
      const kinds = [...new Set(figure.data.map((trace) => trace.type ?? "scatter"))].join(", ");
      const reason = (error as Error).message;
      throw new TypeError(`plotly could not draw this figure (${kinds}) without a browser: ${reason}`, {
        cause: error,
      });
    } finally {
      plotly.purge(element);
      (element as { remove(): void }).remove();
    }
  };
}
