import type { Axis, Layout } from "./figure.js";

/** Eight colours told apart by colour-blind readers too (Okabe & Ito, 2008), darkest contrasts first. */
export const palette: readonly string[] = [
  "#0072B2",
  "#D55E00",
  "#009E73",
  "#CC79A7",
  "#E69F00",
  "#56B4E9",
  "#000000",
  "#8C8C00",
];

/** Perceptually even, readable in grey and by colour-blind readers (Nuñez, Anderton & Renslow, 2018). */
export const sequentialColours = "Cividis";

/** Blue – white – orange for signed values, white at zero. */
export const divergingColours: readonly (readonly [number, string])[] = [
  [0, "#0072B2"],
  [0.25, "#7FB8D8"],
  [0.5, "#FFFFFF"],
  [0.75, "#EAAE80"],
  [1, "#D55E00"],
];

/** The shipped font first; Verdana has the same metrics where a browser lacks it. */
export const fontFamily = "DejaVu Sans, Verdana, Arial, sans-serif";

export const ink = "#222222";
export const grey = "#8A8A8A";
export const gridColour = "#E6E6E6";

export const chartWidth = 720;
export const chartHeight = 400;

export interface ChartSize {
  title?: string;
  /** CSS pixels; default 720. */
  width?: number;
  /** CSS pixels; default 400. */
  height?: number;
}

/** `title (unit)`, or the title alone for a pure number. */
export function axisTitle(axis: Axis): string {
  return axis.unit === "1" || axis.unit === "" ? axis.title : `${axis.title} (${axis.unit})`;
}

/** A plotly axis in house style. */
export function axisLayout(axis: Axis): Record<string, unknown> {
  const range = axis.range?.map((bound) => (axis.log ? Math.log10(bound) : bound));
  return {
    title: { text: axisTitle(axis), standoff: 8 },
    type: axis.log ? "log" : "linear",
    ...(axis.log ? { exponentformat: "power", dtick: 1, tickfont: { size: 10.5 } } : {}),
    ...(range ? { range } : {}),
    automargin: true,
    showline: true,
    linecolor: ink,
    ticks: "outside",
    ticklen: 4,
    tickcolor: ink,
    gridcolor: gridColour,
    zeroline: false,
  };
}

/** A whole layout in house style: white ground, one font, legend over the plot. */
export function chartLayout(size: ChartSize, x: Axis, y: Axis): Layout {
  return {
    ...pageLayout(size),
    xaxis: axisLayout(x),
    yaxis: axisLayout(y),
  };
}

const topCentre = { x: 0.5, xanchor: "center", y: 1, yanchor: "top", pad: { t: 14 } };

/** The layout without axes. */
export function pageLayout({ title, width = chartWidth, height = chartHeight }: ChartSize): Layout {
  return {
    width,
    height,
    ...(title ? { title: { text: title, font: { size: 16 }, ...topCentre } } : {}),
    font: { family: fontFamily, size: 13, color: ink },
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    margin: { l: 64, r: 24, t: title ? 72 : 40, b: 56 },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.01, yanchor: "bottom" },
    hovermode: "closest",
  };
}
