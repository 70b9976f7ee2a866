/** plotly.js in the page: the very build that draws the figures' PNGs, loaded when the first figure is drawn. */

export interface Plotly {
  react(place: HTMLElement, figure: { data: unknown; layout: unknown; config: unknown }): Promise<unknown>;
  purge(place: HTMLElement): void;
}

const FONT = "DejaVu Sans";

let loading: Promise<Plotly> | undefined;

async function load(): Promise<Plotly> {
  const script = document.createElement("script");
  script.src = new URL("plotly-cartesian.min.js", import.meta.url).href;
  await new Promise<void>((resolve, reject) => {
    script.onload = () => resolve();
    script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
    document.head.append(script);
  });
  // Texts are measured as they are laid out, so their font must be there.
  await Promise.all(["", "bold "].map((weight) => document.fonts.load(`${weight}13px "${FONT}"`)));
  return (globalThis as unknown as { Plotly: Plotly }).Plotly;
}

export function loadPlotly(): Promise<Plotly> {
  return (loading ??= load());
}

let canvas: CanvasRenderingContext2D | null | undefined;

/** Width of a line of text in the font of figures, in CSS pixels. */
export function textWidth(text: string, size: number): number {
  canvas ??= document.createElement("canvas").getContext("2d");
  if (!canvas) return 0.6 * size * text.length;
  canvas.font = `${size}px "${FONT}"`;
  return canvas.measureText(text).width;
}

/** What the toolbar offers beside a figure: a PNG, zoom, pan, and the way back. */
export const CONFIG = {
  displaylogo: false,
  modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
} as const;
