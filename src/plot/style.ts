/** Colours, fonts and layout that all figures share. */
import { extent, range, rgb, ticks } from "d3";
import type { Axis, Layout } from "./figure.js";
import { textWidth } from "./font.js";

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

/** A CSS colour with an opacity. */
export function transparent(colour: string, opacity: number): string {
  return rgb(colour).copy({ opacity }).formatRgb();
}

/** Text and axes. */
export const ink = "#222222";
/** What stands back: notes, small numbers. */
export const grey = "#8A8A8A";
/** Grid lines. */
export const gridColour = "#E6E6E6";

/** CSS pixels, where a chart is given none. */
export const chartWidth = 720;
/** CSS pixels, where a chart is given none. */
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
  const bounds = axis.range?.map((bound) => (axis.log ? Math.log10(bound) : bound));
  return {
    title: { text: axisTitle(axis), standoff: 8 },
    type: axis.log ? "log" : "linear",
    ...(axis.log ? { exponentformat: "power", dtick: 1, tickfont: { size: 10.5 } } : {}),
    ...(bounds ? { range: bounds } : {}),
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

/**
 * Ticks of a logarithmic axis, written in full: 1, 2 and 5 times the powers of ten, or evenly spaced values where
 * the axis spans less than a factor of three. Three decades or more keep the powers of ten.
 */
export function logTicks(values: Iterable<number | null>): Record<string, unknown> {
  const [low, high] = extent(Array.from(values).filter((value) => value !== null && value > 0) as number[]);
  if (low === undefined || high === undefined || high / low >= 1000) return {};
  const decades = range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1);
  const wide = decades.flatMap((power) => [1, 2, 5].map((digit) => Number((digit * 10 ** power).toPrecision(1))));
  const tickvals = high / low < 3 ? ticks(low, high, 5) : wide;
  return { tickmode: "array", tickvals, exponentformat: "none", tickfont: { size: 13 } };
}

/** A whole layout in house style: white ground, one font, legend over the plot. */
export function chartLayout(size: ChartSize, x: Axis, y: Axis): Layout {
  return {
    ...pageLayout(size),
    xaxis: axisLayout(x),
    yaxis: axisLayout(y),
  };
}

/**
 * A title at most as wide as `room`: broken into lines between words where it is longer.
 */
export function fittedTitle(title: string, size: number, room: number): { text: string; lines: number } {
  const width = (text: string) => textWidth(text.replace(/<[^>]*>/g, ""), size);
  const lines = [""];
  for (const word of title.split(" ")) {
    const longer = lines[lines.length - 1] === "" ? word : `${lines[lines.length - 1]} ${word}`;
    if (width(longer) <= room || lines[lines.length - 1] === "") lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return { text: lines.join("<br>"), lines: lines.length };
}

/** The layout without axes. */
export function pageLayout({ title, width = chartWidth, height = chartHeight }: ChartSize): Layout {
  const heading = title ? fittedTitle(title, titleSize, width - 32) : undefined;
  const place = { x: 0.5, xanchor: "center", y: 1, yanchor: "top", pad: { t: 14 } };
  return {
    width,
    height,
    ...(heading ? { title: { text: heading.text, font: { size: titleSize }, ...place } } : {}),
    font: { family: fontFamily, size: 13, color: ink },
    paper_bgcolor: "#FFFFFF",
    plot_bgcolor: "#FFFFFF",
    margin: { l: 64, r: 24, t: heading ? 26 + 21 * heading.lines : 20, b: 56 },
    legend: { orientation: "h", x: 0, xanchor: "left", y: 1.01, yanchor: "bottom" },
    hovermode: "closest",
  };
}

const titleSize = 16;
