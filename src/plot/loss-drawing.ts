/** The loss as it is drawn while a training runs. */
import { line as lineOf, scaleLinear, scaleLog } from "d3";
import { runningMean } from "./charts.js";
import { drawing, mathText } from "./drawing.js";
import type { Pen } from "./pen.js";
import type { Numbers } from "./figure.js";
import type { Picture } from "./picture.js";
import { gridColour, ink, palette } from "./style.js";

export interface LossDrawing {
  steps: Numbers;
  loss: Numbers;
  learningRate?: Numbers;
  /** Weight of the past in the running mean, as in `lossChart`. */
  smoothing?: number;
  /** Right end of the step axis, where the training's length is known. */
  lastStep?: number;
  title?: string;
  /** Drawn beside the chart. */
  beside?: Picture;
}

const chart = { left: 64, top: 44, width: 480, height: 200, right: 70, bottom: 46 };

/**
 * The loss of a training as it goes: drawn in a few milliseconds, where `lossChart` takes a tenth of a second.
 *
 * @throws RangeError when no loss is finite.
 */
export function lossDrawing({
  steps,
  loss,
  learningRate,
  smoothing = 0.95,
  lastStep,
  title,
  beside,
}: LossDrawing): Picture {
  const kept = thinned(loss.length, 600).filter((i) => Number.isFinite(loss[i]));
  if (kept.length === 0) throw new RangeError(`none of ${loss.length} losses is finite`);
  const mean = runningMean(loss, smoothing);
  const [low, high] = [Math.min(...kept.map((i) => loss[i])), Math.max(...kept.map((i) => loss[i]))];
  const scale = low > 0 ? scaleLog() : scaleLinear();
  const y = scale
    .domain(low < high ? [low, high] : [low * 0.9 - (low > 0 ? 0 : 1), high * 1.1 + (high > 0 ? 0 : 1)])
    .range([chart.top + chart.height, chart.top]);
  const end = Math.max(lastStep ?? 0, steps[loss.length - 1], steps[0] + 1);
  const x = scaleLinear()
    .domain([steps[0], end])
    .range([chart.left, chart.left + chart.width]);
  const plotWidth = chart.left + chart.width + chart.right;
  const width = plotWidth + (beside ? beside.width + 12 : 0);
  const height = Math.max(chart.top + chart.height + chart.bottom, beside ? beside.height + 24 : 0);
  const curve = (values: Numbers, scaled: (value: number) => number) =>
    lineOf<number>(
      (i) => x(steps[i]),
      (i) => scaled(values[i]),
    ).digits(1)(kept)!;

  const draw = (svg: Pen): void => {
    for (const tick of lossTicks(y.domain(), low > 0)) {
      line(svg, chart.left, y(tick), chart.left + chart.width, y(tick), gridColour);
      label(svg, shortNumber(tick), chart.left - 8, y(tick) + 4, "end");
    }
    for (const tick of x.ticks(6)) {
      line(svg, x(tick), chart.top + chart.height, x(tick), chart.top + chart.height + 4, ink);
      label(svg, String(tick), x(tick), chart.top + chart.height + 18, "middle");
    }
    line(svg, chart.left, chart.top, chart.left, chart.top + chart.height, ink);
    line(svg, chart.left, chart.top + chart.height, chart.left + chart.width, chart.top + chart.height, ink);
    mathText(svg, "training step", chart.left + chart.width / 2, chart.top + chart.height + 38);
    path(svg, curve(loss, y), "#BBBBBB", 1);
    path(svg, curve(mean, y), palette[0], 2.2);
    const last = kept[kept.length - 1];
    svg.append("circle").attr("cx", x(steps[last])).attr("cy", y(mean[last])).attr("r", 3).attr("fill", palette[0]);
    let heading = `mean loss ${shortNumber(mean[last])} at step ${steps[last]}`;
    if (learningRate) {
      const top = Math.max(...kept.map((i) => learningRate[i])) || 1;
      const rate = scaleLinear()
        .domain([0, top])
        .range([chart.top + chart.height, chart.top + 6]);
      path(svg, curve(learningRate, rate), palette[4], 1.5, "2 3");
      label(svg, shortNumber(top), chart.left + chart.width + 6, rate(top) + 4, "start");
      label(svg, "0", chart.left + chart.width + 6, rate(0) + 4, "start");
      heading += `, learning rate ${shortNumber(learningRate[last])} (dotted)`;
    }
    mathText(svg, title ? `${title}: ${heading}` : heading, chart.left, 26, { size: 14, anchor: "start" });
    if (beside) {
      svg
        .append("image")
        .attr("href", `data:image/png;base64,${Buffer.from(beside.png).toString("base64")}`)
        .attr("x", plotWidth)
        .attr("y", Math.floor((height - beside.height) / 2))
        .attr("width", beside.width)
        .attr("height", beside.height)
        .attr("image-rendering", "optimizeSpeed");
    }
  };
  const alt = `training loss: running mean ${shortNumber(mean[kept[kept.length - 1]])} after ${loss.length} steps`;
  return drawing(width, height, draw, alt);
}

/** At most `most` indices of `count`, evenly spread, the last one among them. */
function thinned(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, k) => Math.round((k * (count - 1)) / (most - 1)));
}

/** 1, 2 and 5 times powers of ten where the axis is logarithmic. */
function lossTicks([low, high]: number[], log: boolean): number[] {
  if (!log) return scaleLinear().domain([low, high]).ticks(5);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of high / low > 1000 ? [1] : [1, 2, 5]) {
      const tick = Number((digit * 10 ** power).toPrecision(3));
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  }
  return ticks.length >= 2 ? ticks : scaleLinear().domain([low, high]).ticks(4);
}

function shortNumber(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5)
    ? value.toExponential(1).replace(/(\.0)?e\+?/, "e")
    : String(Number(value.toPrecision(3)));
}

function line(svg: Pen, x1: number, y1: number, x2: number, y2: number, colour: string): void {
  svg.append("line").attr("x1", x1).attr("y1", y1).attr("x2", x2).attr("y2", y2).attr("stroke", colour);
}

function path(svg: Pen, d: string, colour: string, width: number, dash = "none"): void {
  svg
    .append("path")
    .attr("d", d)
    .attr("fill", "none")
    .attr("stroke", colour)
    .attr("stroke-width", width)
    .attr("stroke-dasharray", dash);
}

function label(svg: Pen, text: string, x: number, y: number, anchor: "start" | "middle" | "end"): void {
  mathText(svg, text, x, y, { size: 11, anchor, colour: ink });
}
