/** Points, densities and arrows in the plane. */
import { requireAxes, requireRecords } from "./records.js";
import { requireKnownKeys, requireKeys, type OptionRule } from "../base/check.js";
import { bin as binning, max as largest, min as smallest } from "d3";
import { requirePairs, rounded, type Axis, type Figure, type Numbers, type Trace } from "./figure.js";
import { withLegend } from "./legend.js";
import { isTensor, pointColumns, tensorValues, type Points, type TensorLike } from "./numbers.js";
import {
  axisTitle,
  chartLayout,
  divergingColours,
  palette,
  sequentialColours,
  transparent,
  type ChartSize,
} from "./style.js";

export interface PointCloud {
  name: string;
  points: Points;
  /** A CSS colour; by default the next of the palette. */
  colour?: string;
  /** One value a point, shown by colour instead: class, time, density. */
  values?: Numbers;
  /** Diameter in pixels; default by the number of points, 3 … 7. */
  size?: number;
  /** Joins the points in their order: a trajectory. */
  joined?: boolean;
}

export interface ScatterChart extends ChartSize {
  x?: Axis;
  y?: Axis;
  /** Title and unit of the colour scale, where a cloud has `values`. */
  colour?: Axis;
  clouds: readonly PointCloud[];
}

const CLOUD: { readonly [Key in keyof PointCloud]-?: OptionRule } = {
  name: "a text",
  points: "a list or a tensor",
  colour: "a text",
  values: "a list",
  size: "a number",
  joined: "true or false",
};

const plainX: Axis = { title: "x", unit: "1" };
const plainY: Axis = { title: "y", unit: "1" };

/**
 * Points of the plane, both axes to the same scale.
 *
 * @throws RangeError when there is no cloud, or one is not n × 2 with n ≥ 1.
 */
export function scatterChart(options: ScatterChart): Figure {
  requireKnownKeys("scatterChart", options, {
    x: "an object",
    y: "an object",
    colour: "an object",
    clouds: "a list",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("scatterChart", options, ["clouds"]);
  requireAxes({ x: options.x, y: options.y, colour: options.colour });
  requireRecords("clouds", options.clouds, CLOUD, ["name", "points"]);
  const { x = plainX, y = plainY, colour, clouds, ...size } = options;
  if (clouds.length === 0) throw new RangeError("a scatter chart needs at least one cloud of points");
  const data = clouds.map((cloud, index): Trace => {
    const columns = pointColumns(cloud.name, cloud.points);
    requirePairs(cloud.name, columns.x, columns.y);
    if (cloud.values) requirePairs(`${cloud.name} (values)`, columns.x, cloud.values);
    const count = columns.x.length;
    const diameter = cloud.size ?? (count > 2000 ? 3 : count > 300 ? 4.5 : 7);
    const plain = cloud.colour ?? palette[index % palette.length];
    const scale = {
      title: { text: colour ? axisTitle(colour) : cloud.name, side: "right" },
      thickness: 14,
      outlinewidth: 0,
    };
    return {
      type: "scatter",
      mode: cloud.joined ? "lines+markers" : "markers",
      name: cloud.name,
      x: rounded(columns.x),
      y: rounded(columns.y),
      line: { color: plain, width: 1.5 },
      marker: cloud.values
        ? {
            size: diameter,
            color: rounded(cloud.values),
            colorscale: sequentialColours,
            showscale: true,
            colorbar: scale,
          }
        : { size: diameter, color: plain, opacity: count > 300 ? 0.6 : 0.9 },
    };
  });
  return square(withLegend({ data, layout: chartLayout({ width: 480, height: 480, ...size }, x, y) }));
}

/** Ties the scale of y to that of x. */
function square(figure: Figure): Figure {
  const xaxis = { ...(figure.layout.xaxis as object), constrain: "domain" };
  const yaxis = { ...(figure.layout.yaxis as object), constrain: "domain", scaleanchor: "x", scaleratio: 1 };
  return { ...figure, layout: { ...figure.layout, xaxis, yaxis } };
}

export interface Histogram extends ChartSize {
  x: Axis;
  series: readonly { name: string; values: Numbers | TensorLike; colour?: string }[];
  /** Number of bins, roughly; default 40. */
  bins?: number;
  /** A density to hold the bars against, for example the standard normal's. */
  density?: { name: string; at: (x: number) => number };
}

/**
 * Share of values by interval, scaled so that the bars have area one: an estimate of the density.
 *
 * @throws RangeError when a series has no finite value.
 */
export function histogramChart(options: Histogram): Figure {
  requireKnownKeys("histogramChart", options, {
    x: "an object",
    series: "a list",
    bins: true,
    density: "an object",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("histogramChart", options, ["x", "series"]);
  requireAxes({ x: options.x });
  const rules = { name: "a text", values: "a list or a tensor", colour: "a text" } as const;
  requireRecords("series", options.series, rules, ["name", "values"]);
  const { x, series, bins = 40, density, ...size } = options;
  if (density) {
    requireKnownKeys("density", density, { name: "a text", at: "a function" });
    requireKeys("density", density, ["name", "at"]);
  }
  if (series.length === 0) throw new RangeError("a histogram needs at least one series");
  const samples = series.map(({ name, values }) => {
    const finite = Array.from(isTensor(values) ? tensorValues(values) : values).filter(Number.isFinite);
    if (finite.length === 0) throw new RangeError(`"${name}" has no finite value; a histogram needs at least one`);
    return finite;
  });
  const low = x.range?.[0] ?? smallest(samples, (values) => smallest(values))!;
  const high = x.range?.[1] ?? largest(samples, (values) => largest(values))!;
  const domain: [number, number] = low < high ? [low, high] : [low - 0.5, high + 0.5];
  if (!Number.isSafeInteger(bins) || bins < 1)
    throw new RangeError(`bins must be a whole number of at least 1, got ${bins}`);
  const edges = Array.from({ length: bins - 1 }, (_, i) => domain[0] + ((domain[1] - domain[0]) * (i + 1)) / bins);
  const split = binning().domain(domain).thresholds(edges);
  const data = series.map(({ name, colour }, index): Trace => {
    const counted = split(samples[index]).filter((interval) => interval.x1! > interval.x0!);
    const widths = counted.map(({ x0, x1 }) => x1! - x0!);
    const fill = colour ?? palette[index % palette.length];
    const bars: Trace = {
      type: "bar",
      name,
      x: rounded(counted.map(({ x0, x1 }) => (x0! + x1!) / 2)),
      // height = count / (n · width), so that the areas sum to the share of values shown
      y: rounded(counted.map((interval, i) => interval.length / (samples[index].length * widths[i]))),
      width: rounded(widths),
      marker: { color: fill, opacity: 0.8 },
    };
    return series.length === 1 ? bars : outline(bars, fill);
  });
  if (density) {
    const xs = Array.from({ length: 201 }, (_, i) => domain[0] + ((domain[1] - domain[0]) * i) / 200);
    data.push({
      type: "scatter",
      mode: "lines",
      name: density.name,
      x: rounded(xs),
      y: rounded(xs.map(density.at)),
      line: { color: "#000000", width: 2 },
    });
  }
  const perUnit = x.unit === "1" || x.unit === "" ? "1" : `per ${x.unit.replace(/(..)s$/, "$1")}`;
  const layout = chartLayout(size, x, { title: "density", unit: perUnit });
  return withLegend({ data, layout: { ...layout, barmode: "overlay", bargap: 0 } });
}

/** The outline of bars, so that several histograms can be told apart where they overlap. */
function outline({ name, x, y, width }: Trace, colour: string): Trace {
  const [centres, heights, widths] = [x, y, width] as number[][];
  // An empty bin at either end brings the line down to zero at the outer edges.
  const [first, last] = [centres[0] - widths[0], centres[centres.length - 1] + widths[widths.length - 1]];
  return {
    type: "scatter",
    mode: "lines",
    name,
    x: rounded([first, ...centres, last]),
    y: [0, ...heights, 0],
    line: { color: colour, width: 1.8, shape: "hvh" },
    fill: "tozeroy",
    fillcolor: transparent(colour, 0.15),
  };
}

/** Values on a regular grid: `values[row · columns + column]`, row along y from below. */
export interface GridField extends ChartSize {
  x: Axis & { range: readonly [number, number] };
  y: Axis & { range: readonly [number, number] };
  /** What the colour stands for. */
  colour: Axis;
  values: Numbers;
  columns: number;
  /** `"contour"` (default) draws filled levels, `"heatmap"` one cell a value. */
  style?: "contour" | "heatmap";
  /** Colours on both sides of white at zero, for signed values. */
  diverging?: boolean;
}

/**
 * A function of the plane by colour: a density, an energy, one component of a score.
 *
 * @throws RangeError when the values do not fill whole rows of `columns`.
 */
export function fieldChart(options: GridField): Figure {
  requireKnownKeys("fieldChart", options, {
    x: "an object",
    y: "an object",
    colour: "an object",
    values: "a list",
    columns: "a number",
    style: ["contour", "heatmap"],
    diverging: "true or false",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("fieldChart", options, ["x", "y", "colour", "values", "columns"]);
  requireAxes({ x: options.x, y: options.y, colour: options.colour });
  const { x, y, colour, values, columns, style = "contour", diverging = false, ...size } = options;
  const rows = values.length / columns;
  if (!Number.isInteger(rows) || rows < 1)
    throw new RangeError(`${values.length} values do not fill rows of ${columns}`);
  requirePairs(colour.title, values, values);
  const flat = rounded(values);
  const reach = largest(flat, (value) => Math.abs(value ?? 0))!;
  const trace: Trace = {
    type: style,
    x: rounded(centres(x.range, columns)),
    y: rounded(centres(y.range, rows)),
    z: Array.from({ length: rows }, (_, row) => flat.slice(row * columns, (row + 1) * columns)),
    colorscale: diverging ? divergingColours : sequentialColours,
    ...(diverging ? { zmin: -reach, zmax: reach } : {}),
    colorbar: { title: { text: axisTitle(colour), side: "right" }, thickness: 14, outlinewidth: 0 },
    ...(style === "contour" ? { ncontours: 14, line: { width: 0.5, color: "rgba(255,255,255,0.5)" } } : {}),
    showlegend: false,
  };
  return square({ data: [trace], layout: chartLayout({ width: 520, height: 440, ...size }, x, y) });
}

function centres([low, high]: readonly [number, number], count: number): Float64Array {
  const step = (high - low) / count;
  return Float64Array.from({ length: count }, (_, i) => low + step * (i + 0.5));
}

export interface VectorField extends ChartSize {
  x: Axis & { range: readonly [number, number] };
  y: Axis & { range: readonly [number, number] };
  name: string;
  /** The vector at a point: a score, a velocity, one denoising step. */
  at: (x: number, y: number) => readonly [number, number];
  /** Arrows along each axis; default 16. */
  arrows?: number;
  colour?: string;
}

/**
 * Arrows of a vector field on a regular grid. Lengths are true to one another up to the 95 % quantile,
 * which spans a cell; longer ones are cut to that.
 *
 * @throws RangeError when the field is nowhere finite.
 */
export function vectorFieldChart(options: VectorField): Figure {
  requireKnownKeys("vectorFieldChart", options, {
    x: "an object",
    y: "an object",
    name: "a text",
    at: "a function",
    arrows: "a number",
    colour: "a text",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("vectorFieldChart", options, ["x", "y", "at"]);
  requireAxes({ x: options.x, y: options.y });
  const { x, y, name, at, arrows = 16, colour = "#222222", ...size } = options;
  const heads: { from: [number, number]; vector: readonly [number, number] }[] = [];
  for (const py of centres(y.range, arrows)) {
    for (const px of centres(x.range, arrows)) heads.push({ from: [px, py], vector: at(px, py) });
  }
  const lengths = heads
    .map(({ vector }) => Math.hypot(...vector))
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  if (lengths.length === 0) throw new RangeError(`the field "${name}" is finite at none of the ${heads.length} points`);
  const cell = Math.min(x.range[1] - x.range[0], y.range[1] - y.range[0]) / arrows;
  const unit = lengths[Math.floor(0.95 * (lengths.length - 1))] || 1;
  const [xs, ys]: [(number | null)[], (number | null)[]] = [[], []];
  for (const { from, vector } of heads) {
    const length = Math.hypot(...vector);
    if (!(length > 0) || !Number.isFinite(length)) continue;
    const scale = (0.9 * cell * Math.min(1, length / unit)) / length;
    const [dx, dy] = [vector[0] * scale, vector[1] * scale];
    const start: [number, number] = [from[0] - dx / 2, from[1] - dy / 2];
    const tip: [number, number] = [from[0] + dx / 2, from[1] + dy / 2];
    // The head: two strokes back from the tip, 150° off the arrow, a third of its length.
    const barbs = [1, -1].map((side) => [tip[0] - 0.3 * dx + side * 0.17 * dy, tip[1] - 0.3 * dy - side * 0.17 * dx]);
    xs.push(...rounded([start[0], tip[0]]), null, ...rounded([barbs[0][0], tip[0], barbs[1][0]]), null);
    ys.push(...rounded([start[1], tip[1]]), null, ...rounded([barbs[0][1], tip[1], barbs[1][1]]), null);
  }
  const trace: Trace = {
    type: "scatter",
    mode: "lines",
    name,
    x: xs,
    y: ys,
    line: { color: colour, width: 1.2 },
    hoverinfo: "skip",
    showlegend: false,
  };
  return square({ data: [trace], layout: chartLayout({ width: 480, height: 480, ...size }, x, y) });
}
