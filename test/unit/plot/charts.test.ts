/** Charts carry the numbers they were given, and refuse what cannot be drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barChart,
  fieldChart,
  histogramChart,
  lineChart,
  lossChart,
  overlay,
  runningMean,
  scatterChart,
  sideBySide,
  vectorFieldChart,
} from "../../../src/plot/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";

const x = { title: "timestep t", unit: "steps" };
const y = { title: "ᾱ", unit: "1" };
type AxisLayout = {
  title: { text: string };
  type: string;
  range?: number[];
  domain?: number[];
  scaleanchor?: string;
};

test("a line chart carries the values, the timestep by default and the units", () => {
  const { data, layout } = lineChart({
    x,
    y: { ...y, log: true, range: [0.01, 10] },
    series: [{ name: "a", y: Float64Array.of(0, 1 / 3, Infinity) }],
  });
  assert.deepEqual(data[0].x, [0, 1, 2]);
  assert.deepEqual(data[0].y, [null, 0.333333, null]);
  assert.equal((layout.xaxis as AxisLayout).title.text, "timestep t (steps)");
  assert.equal((layout.yaxis as AxisLayout).title.text, "ᾱ");
  assert.deepEqual((layout.yaxis as AxisLayout).range, [-2, 1]);
  assert.equal(layout.showlegend, false);
});

test("a deviation is a closed strip around the curve", () => {
  const { data } = lineChart({ x, y, series: [{ name: "a", y: [1, 2], deviation: [0.5, 1] }] });
  assert.deepEqual(data[0].y, [1.5, 3, 1, 0.5]);
  assert.deepEqual(data[0].x, [0, 1, 1, 0]);
});

test("nothing to draw is refused", () => {
  assert.throws(() => lineChart({ x, y, series: [] }), RangeError);
  assert.throws(() => lineChart({ x, y, series: [{ name: "a", y: [] }] }), /"a" has no values/);
  assert.throws(() => lineChart({ x, y, series: [{ name: "a", x: [1], y: [1, 2] }] }), /1 x values and 2 y values/);
  assert.throws(() => lineChart({ x, y, series: [{ name: "a", y: [NaN, NaN] }] }), /no finite value among its 2/);
  assert.throws(() => barChart({ categories: ["a", "b"], x, y, series: [{ name: "n", values: [1] }] }), RangeError);
  assert.throws(() => scatterChart({ clouds: [{ name: "c", points: tf.zeros([3, 3]) }] }), /shape \[3, 3\]/);
  assert.throws(
    () => scatterChart({ clouds: [{ name: "c", points: [[1, 2], [3]] }] }),
    /point 1 of "c" has 1 coordinates/,
  );
  assert.throws(() => histogramChart({ x, series: [{ name: "h", values: [NaN] }] }), /no finite value/);
});

test("the running mean has no start-up bias", () => {
  assert.deepEqual(
    [...runningMean([3, 3, 3], 0.9)].map((v) => Number(v.toFixed(12))),
    [3, 3, 3],
  );
  // m = (0.5·1 + 1·2)·… : weights 0.5 and 0.25 of the values 2 and 1, over their sum 0.75
  assert.ok(Math.abs(runningMean([1, 2], 0.5)[1] - (0.5 * 2 + 0.25 * 1) / 0.75) < 1e-15);
  assert.deepEqual([...runningMean([1, NaN, 5], 0)], [1, 1, 5]);
  assert.throws(() => runningMean([1], 1), /\[0, 1\)/);
});

test("a loss chart shows steps, mean, held-out and learning rate", () => {
  const figure = lossChart({
    loss: [4, 2, 1],
    learningRate: [1e-4, 2e-4, 2e-4],
    heldOut: { steps: [2], loss: [3] },
    smoothing: 0.5,
  });
  assert.deepEqual(
    figure.data.map((trace) => trace.name),
    ["each step", "running mean", "held-out", "learning rate"],
  );
  assert.deepEqual(figure.data[0].x, [1, 2, 3]);
  assert.equal(figure.data[3].yaxis, "y2");
  assert.equal((figure.layout.yaxis as AxisLayout).type, "log");
  assert.equal((lossChart({ loss: [1, -1] }).layout.yaxis as AxisLayout).type, "linear");
});

test("the bars of a histogram have area one and a normal sample fits its density", () => {
  const density = (v: number) => Math.exp((-v * v) / 2) / Math.sqrt(2 * Math.PI);
  const { data } = histogramChart({
    x: { title: "value", unit: "1" },
    bins: 20,
    density: { name: "N(0, 1)", at: density },
    series: [{ name: "samples", values: tf.tensor1d(new RandomStream(5).normals(20000)) }],
  });
  const [heights, widths, centres] = [data[0].y, data[0].width, data[0].x] as number[][];
  const area = heights.reduce((sum, height, i) => sum + height * widths[i], 0);
  assert.ok(Math.abs(area - 1) < 1e-4, `area ${area}`);
  for (const [i, centre] of centres.entries())
    assert.ok(Math.abs(heights[i] - density(centre)) < 0.03, `bin at ${centre}`);
  assert.equal(data[1].name, "N(0, 1)");
});

test("all bins of a histogram are equally wide, whatever the data", () => {
  const { data } = histogramChart({
    x: { title: "value", unit: "1" },
    bins: 7,
    series: [{ name: "samples", values: [-2.9137, -1.3, 0.2, 0.21, 1, 3.0031] }],
  });
  const { width: widths, x: centres, y: heights } = data[0] as Record<string, number[]>;
  const wide = (3.0031 + 2.9137) / 7;
  assert.equal(widths.length, 7);
  for (const one of widths) assert.ok(Math.abs(one - wide) < 1e-4, `${one}, expected ${wide}`);
  assert.ok(Math.abs(centres[0] - (wide / 2 - 2.9137)) < 1e-4);
  assert.deepEqual(
    heights.map((height) => Math.round(height * 6 * wide)),
    [1, 1, 0, 2, 1, 0, 1],
  );
  assert.throws(
    () => histogramChart({ x: { title: "v", unit: "1" }, bins: 0, series: [{ name: "a", values: [1] }] }),
    /bins must be a whole number of at least 1, got 0/,
  );
});

test("several histograms are outlines of one density each", () => {
  const { data } = histogramChart({
    x: { title: "v", unit: "steps" },
    bins: 4,
    series: [
      { name: "a", values: [0, 0, 1, 3], colour: "black" },
      { name: "b", values: [4, 4, 4, 4] },
    ],
  });
  assert.deepEqual(
    [data[0].type, data[0].x, data[0].y],
    ["scatter", [-0.5, 0.5, 1.5, 2.5, 3.5, 4.5], [0, 0.5, 0.25, 0, 0.25, 0]],
  );
  assert.deepEqual(data[1].y, [0, 0, 0, 0, 1, 0]);
  assert.equal(data[0].fillcolor, "rgba(0, 0, 0, 0.15)");
});

test("points are read from tensors, rows and flat arrays alike", () => {
  const rows = [
    [1, 2],
    [3, 4],
  ];
  for (const points of [tf.tensor2d(rows), rows, Float32Array.of(1, 2, 3, 4)]) {
    const { data, layout } = scatterChart({ clouds: [{ name: "c", points }] });
    assert.deepEqual(
      [data[0].x, data[0].y],
      [
        [1, 3],
        [2, 4],
      ],
    );
    assert.equal((layout.yaxis as AxisLayout).scaleanchor, "x");
  }
});

const plane = { title: "x", unit: "1", range: [-1, 1] as [number, number] };

test("a field has its rows from below and its cells' centres as coordinates", () => {
  const { data } = fieldChart({
    x: plane,
    y: plane,
    colour: { title: "p", unit: "1" },
    values: [1, 2, 3, -4],
    columns: 2,
    diverging: true,
  });
  assert.deepEqual(data[0].z, [
    [1, 2],
    [3, -4],
  ]);
  assert.deepEqual(data[0].x, [-0.5, 0.5]);
  assert.deepEqual([data[0].zmin, data[0].zmax], [-4, 4]);
  assert.throws(
    () => fieldChart({ x: plane, y: plane, colour: y, values: [1, 2, 3], columns: 2 }),
    /3 values do not fill rows of 2/,
  );
});

test("arrows point along the field, and the longest spans a cell", () => {
  const { data } = vectorFieldChart({ x: plane, y: plane, name: "f", at: () => [3, 4], arrows: 2 });
  const [xs, ys] = [data[0].x, data[0].y] as number[][];
  const [dx, dy] = [xs[1] - xs[0], ys[1] - ys[0]];
  assert.ok(Math.abs(dy / dx - 4 / 3) < 1e-5);
  assert.ok(Math.abs(Math.hypot(dx, dy) - 0.9) < 1e-5);
  assert.throws(() => vectorFieldChart({ x: plane, y: plane, name: "f", at: () => [NaN, 0] }), /finite at none/);
});

test("panels keep their own axes, second axes and colour bars", () => {
  const loss = lossChart({ loss: [2, 1], learningRate: [1, 1] });
  const field = fieldChart({
    x: plane,
    y: plane,
    colour: y,
    values: [1, 2, 3, 4],
    columns: 2,
    title: "Field",
  });
  const { data, layout } = sideBySide([loss, field], { title: "Both" });
  assert.deepEqual(
    data.map((trace) => [trace.xaxis, trace.yaxis]),
    [
      ["x", "y"],
      ["x", "y"],
      ["x", "y2"],
      ["x3", "y3"],
    ],
  );
  assert.equal((layout.yaxis3 as AxisLayout).scaleanchor, "x3");
  assert.equal((layout.yaxis2 as { overlaying: string }).overlaying, "y");
  assert.ok((layout.xaxis as AxisLayout).domain![1] < (layout.xaxis3 as AxisLayout).domain![0]);
  assert.equal((layout.annotations as { text: string }[])[0].text, "Field");
});

test("panels share one legend entry for curves of one name and look", () => {
  const panel = lineChart({
    x,
    y,
    series: [
      { name: "linear", y: [1, 2] },
      { name: "cosine", y: [2, 1] },
    ],
  });
  const { data, layout } = sideBySide([panel, panel]);
  assert.deepEqual(
    data.map(({ name, showlegend }) => [name, showlegend]),
    [
      ["linear", true],
      ["cosine", true],
      ["linear", false],
      ["cosine", false],
    ],
  );
  assert.equal(layout.showlegend, true);
});

test("long titles are broken, and many names make room for themselves", () => {
  const long = Array(20).fill("variance").join(" ");
  const top = (title: string | undefined, count: number) =>
    (
      lineChart({
        title,
        x,
        y,
        series: Array.from({ length: count }, (_, i) => ({
          name: `a rather long name of a curve ${i}`,
          y: [i],
        })),
      }).layout.margin as { t: number }
    ).t;
  const text = (lineChart({ title: long, x, y, series: [{ name: "n", y: [1] }] }).layout.title as { text: string })
    .text;
  assert.equal(text.replaceAll("<br>", " "), long);
  assert.equal(text.split("<br>").length, 3);
  assert.equal(top(long, 1) - top("short", 1), 2 * 21);
  assert.equal(top("short", 2) - top("short", 1), 20);
  assert.equal(top("short", 8) - top("short", 2), 3 * 20);
});

test("a logarithmic axis over few decades has its ticks at 1, 2 and 5", () => {
  const marks = (values: number[]) =>
    (
      lineChart({ x, y: { ...y, log: true }, series: [{ name: "n", y: values }] }).layout.yaxis as {
        tickvals?: number[];
      }
    ).tickvals;
  assert.deepEqual(marks([0.02, 1]), [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]);
  assert.deepEqual(marks([1.1, 1.2, 1.5, 1.9]), [1.2, 1.4, 1.6, 1.8]);
  assert.equal(marks([1e-4, 1]), undefined);
});

test("an overlay keeps the first figure's axes", () => {
  const field = fieldChart({ x: plane, y: plane, colour: y, values: [1, 2, 3, 4], columns: 2 });
  const both = overlay(field, vectorFieldChart({ x: plane, y: plane, name: "f", at: () => [1, 0] }));
  assert.equal(both.data.length, 2);
  assert.equal(both.layout, field.layout);
});
