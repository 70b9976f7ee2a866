/** Charts of curves and bars, losses among them. */
import { requireAxes, requireRecords } from "./records.js";
import { requireKind } from "../base/kinds.js";
import { requireNumbers, requireTexts } from "../base/values.js";
import { requireKnownKeys, requireKeys, type OptionRule } from "../base/check.js";
import { requirePairs, rounded, type Axis, type Figure, type Numbers, type Trace } from "./figure.js";
import { withLegend } from "./legend.js";
import { axisLayout, chartLayout, logTicks, palette, transparent, type ChartSize } from "./style.js";

/** One curve. */
export interface Series {
  name: string;
  y: Numbers;
  /** Default 0, 1, 2, …: for a schedule's table, the timestep itself. */
  x?: Numbers;
  /** `"solid"` by default. */
  dash?: "solid" | "dash" | "dot";
  /** `"lines"` by default. */
  mode?: "lines" | "markers" | "lines+markers";
  /** A CSS colour; by default the next of the palette. */
  colour?: string;
  /** Half-width of a band around the curve, for example a standard error. */
  deviation?: Numbers;
}

const SERIES: { readonly [Key in keyof Series]-?: OptionRule } = {
  name: "a text",
  y: "a list",
  x: "a list",
  dash: ["solid", "dash", "dot"],
  mode: ["lines", "markers", "lines+markers"],
  colour: "a text",
  deviation: "a list",
};

export interface LineChart extends ChartSize {
  x: Axis;
  y: Axis;
  series: readonly Series[];
}

/**
 * Curves over a common axis.
 *
 * @example
 * lineChart({
 *   x: { title: "timestep t", unit: "steps" },
 *   y: { title: "ᾱ<sub>t</sub>", unit: "1" },
 *   series: [{ name: "linear", y: schedule.alphaBar }],
 * })
 * @throws RangeError when there is no series, a series is empty or all non-finite, or x and y differ in length.
 */
export function lineChart(chart: LineChart): Figure {
  requireKnownKeys("lineChart", chart, {
    x: "an object",
    y: "an object",
    series: "a list",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("lineChart", chart, ["x", "y", "series"]);
  requireAxes({ x: chart.x, y: chart.y });
  requireRecords("series", chart.series, SERIES, ["name", "y"]);
  return withLegend(curves(chart));
}

function curves({ x, y, series, ...size }: LineChart): Figure {
  if (series.length === 0) throw new RangeError("a line chart needs at least one series");
  const data = series.flatMap((one, index) => {
    const colour = one.colour ?? palette[index % palette.length];
    const xs = one.x ?? Array.from({ length: one.y.length }, (_, i) => i);
    requirePairs(one.name, xs, one.y);
    const curve: Trace = {
      type: "scatter",
      mode: one.mode ?? "lines",
      name: one.name,
      x: rounded(xs),
      y: positiveOn(y, one.y),
      line: { color: colour, width: 2.2, dash: one.dash ?? "solid" },
      marker: { color: colour, size: 7 },
    };
    return one.deviation ? [...band(one.name, xs, one.y, one.deviation, colour), curve] : [curve];
  });
  const layout = chartLayout(size, x, y);
  for (const [key, axis, values] of [
    ["xaxis", x, series.flatMap((one) => Array.from(one.x ?? []))],
    ["yaxis", y, series.flatMap((one) => positiveOn(y, one.y))],
  ] as const) {
    if (axis.log) layout[key] = { ...(layout[key] as object), ...logTicks(axis.range ?? values) };
  }
  return { data, layout };
}

function positiveOn(axis: Axis, values: Numbers): (number | null)[] {
  const out = rounded(values);
  if (axis.log && !out.some((value) => value !== null && value > 0)) {
    throw new RangeError(`"${axis.title}" is logarithmic, and one of its series has no value above 0`);
  }
  return axis.log ? out.map((value) => (value !== null && value > 0 ? value : null)) : out;
}

/** The strip y ± deviation, drawn as one closed outline. */
function band(name: string, x: Numbers, y: Numbers, deviation: Numbers, colour: string): Trace[] {
  requirePairs(`${name} (deviation)`, y, deviation);
  const upper = Array.from(y, (value, i) => value + deviation[i]);
  const lower = Array.from(y, (value, i) => value - deviation[i]);
  return [
    {
      type: "scatter",
      mode: "lines",
      x: rounded([...Array.from(x), ...Array.from(x).reverse()]),
      y: rounded([...upper, ...lower.reverse()]),
      fill: "toself",
      fillcolor: transparent(colour, 0.18),
      line: { width: 0 },
      hoverinfo: "skip",
      showlegend: false,
    },
  ];
}

export interface BarChart extends ChartSize {
  /** What the bars stand for, one name a bar. */
  categories: readonly string[];
  x: Axis;
  y: Axis;
  /** One group of bars for each; the names go in the legend. */
  series: readonly { name: string; values: Numbers; colour?: string }[];
}

/**
 * Bars by category, for example how many samples fell in each class.
 *
 * @throws RangeError when a series has not one finite value a category.
 */
export function barChart(options: BarChart): Figure {
  requireKnownKeys("barChart", options, {
    categories: "a list",
    x: "an object",
    y: "an object",
    series: "a list",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("barChart", options, ["categories", "x", "y", "series"]);
  requireTexts("categories", options.categories);
  requireAxes({ x: options.x, y: options.y });
  requireRecords("series", options.series, { name: "a text", values: "a list", colour: "a text" }, ["name", "values"]);
  const { categories, x, y, series, ...size } = options;
  if (series.length === 0) throw new RangeError("a bar chart needs at least one series");
  const data = series.map(({ name, values, colour }, index): Trace => {
    requirePairs(
      name,
      categories.map((_, i) => i),
      values,
    );
    return {
      type: "bar",
      name,
      x: [...categories],
      y: rounded(values),
      marker: { color: colour ?? palette[index % palette.length] },
    };
  });
  const layout = chartLayout(size, x, y);
  return withLegend({
    data,
    layout: { ...layout, xaxis: { ...axisLayout(x), type: "category" }, bargap: 0.25 },
  });
}

export interface LossChart extends ChartSize {
  /** Loss at each recorded step. */
  loss: Numbers;
  /** Step of each loss; default 1, 2, 3, … */
  steps?: Numbers;
  /** Weight of the past in the running mean, in [0, 1); 0.95 by default, 0 shows the raw loss only. */
  smoothing?: number;
  /** Learning rate at each recorded step, drawn on an axis of its own. */
  learningRate?: Numbers;
  /** Losses on held-out data. */
  heldOut?: { steps: Numbers; loss: Numbers };
  /** Logarithmic loss axis; default true where all losses are positive. */
  log?: boolean;
}

/**
 * The loss of a training: each step's in grey, the running mean in colour, the learning rate on a second axis.
 *
 * @throws RangeError when there is no finite loss or lengths differ.
 */
export function lossChart(options: LossChart): Figure {
  requireKnownKeys("lossChart", options, {
    loss: "a list",
    steps: "a list",
    smoothing: "a number",
    learningRate: "a list",
    heldOut: "an object",
    log: "true or false",
    title: "a text",
    width: "a number",
    height: "a number",
  });
  requireKeys("lossChart", options, ["loss"]);
  if (options.heldOut) {
    requireKnownKeys("heldOut", options.heldOut, { steps: "a list", loss: "a list" });
    requireKeys("heldOut", options.heldOut, ["steps", "loss"]);
  }
  const { loss, steps, smoothing = 0.95, learningRate, heldOut, log, ...size } = options;
  const xs = steps ?? Array.from({ length: loss.length }, (_, i) => i + 1);
  requirePairs("loss", xs, loss);
  const y: Axis = { title: "loss", unit: "1", log: log ?? Array.from(loss).every((value) => value > 0) };
  const x: Axis = { title: "training step", unit: "steps" };
  const series: Series[] = [{ name: "each step", x: xs, y: loss, colour: smoothing > 0 ? "#BBBBBB" : palette[0] }];
  if (smoothing > 0) series.push({ name: "running mean", x: xs, y: runningMean(loss, smoothing), colour: palette[0] });
  if (heldOut)
    series.push({
      name: "held-out",
      x: heldOut.steps,
      y: heldOut.loss,
      colour: palette[1],
      mode: "lines+markers",
    });
  const figure = curves({ ...size, x, y, series });
  if (smoothing > 0) figure.data[0].line = { color: "#BBBBBB", width: 1 };
  if (learningRate) {
    requirePairs("learning rate", xs, learningRate);
    figure.data.push({
      type: "scatter",
      mode: "lines",
      name: "learning rate",
      x: rounded(xs),
      y: rounded(learningRate),
      yaxis: "y2",
      line: { color: palette[4], width: 1.5, dash: "dot" },
    });
    figure.layout.yaxis2 = {
      ...axisLayout({ title: "learning rate", unit: "1" }),
      overlaying: "y",
      side: "right",
      rangemode: "tozero",
      showgrid: false,
      exponentformat: "power",
    };
    figure.layout.margin = { ...(figure.layout.margin as object), r: 72 };
  }
  return withLegend(figure);
}

/**
 * Exponential running mean with the start-up bias taken out:
 * m_k = w·m_{k−1} + (1−w)·l_k, shown as m_k / (1 − w^k) (Kingma & Ba 2015, section 3).
 * Non-finite values are passed over.
 *
 * @throws RangeError for a weight outside [0, 1)
 */
export function runningMean(values: Numbers, weight: number): Float64Array {
  requireKind("weight", weight, "a number");
  requireNumbers("values", values);
  if (!(weight >= 0 && weight < 1)) throw new RangeError(`smoothing is ${weight}; give a weight in [0, 1)`);
  const out = new Float64Array(values.length);
  let mean = 0;
  let mass = 0;
  for (let k = 0; k < values.length; k++) {
    if (Number.isFinite(values[k])) {
      mean = weight * mean + (1 - weight) * values[k];
      mass = weight * mass + (1 - weight);
    }
    out[k] = mass > 0 ? mean / mass : NaN;
  }
  return out;
}
