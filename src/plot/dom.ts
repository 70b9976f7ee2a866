/** The document without a screen that plotly.js draws on: the parts of it that are used here. */

/** The part of plotly.js that draws without a screen. */
export interface Plotly {
  newPlot(element: unknown, data: unknown, layout: unknown, config: unknown): Promise<unknown>;
  purge(element: unknown): void;
  Snapshot: { toSVG(element: unknown, format: "svg"): string };
}

/** The part of a jsdom window that is used here. */
export interface DomWindow {
  document: { createElement(name: string): unknown; body: { appendChild(node: unknown): void } };
  eval(code: string): unknown;
  Plotly?: Plotly;
  [name: string]: unknown;
}
