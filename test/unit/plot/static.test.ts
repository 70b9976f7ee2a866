/** Figures become the same PNG bytes on every machine, without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  barChart,
  fieldChart,
  figureToPng,
  figureToSvg,
  lineChart,
  sideBySide,
  type Figure,
} from "../../../src/plot/index.js";
import { decodePng } from "../../../src/files/index.js";

const axis = { title: "timestep t", unit: "steps" };
const bars = barChart({
  categories: ["a", "b"],
  x: axis,
  y: { title: "count", unit: "1" },
  series: [{ name: "n", values: [1, 2] }],
  title: "Bars",
});

function colours(png: Uint8Array): Map<string, number> {
  const { channels, data } = decodePng(png);
  const counts = new Map<string, number>();
  for (let i = 0; i < data.length; i += channels) {
    const key = Buffer.from(data.slice(i, i + 3)).toString("hex");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

test("a bar twice as high has twice the ink", () => {
  const png = figureToPng(bars, { scale: 1 });
  const { width, height, channels, data } = decodePng(png);
  assert.deepEqual([width, height], [720, 400]);
  const blue = (x: number) => {
    let count = 0;
    for (let y = 0; y < height; y++) {
      const at = channels * (y * width + x);
      if (data[at] === 0x00 && data[at + 1] === 0x72 && data[at + 2] === 0xb2) count++;
    }
    return count;
  };
  const columns = Array.from({ length: width }, (_, x) => blue(x)).filter((count) => count > 20);
  const [low, high] = [Math.min(...columns), Math.max(...columns)];
  assert.ok(Math.abs(high / low - 2) < 0.03, `${low} and ${high} pixels high`);
});

test("labels are placed, complete and inside the picture", () => {
  const svg = figureToSvg(bars);
  for (const text of ["Bars", "timestep t (steps)", "count", ">a<", ">b<"]) assert.ok(svg.includes(text), text);
  assert.doesNotMatch(svg, /NaN|Infinity/);
  const names = [...svg.matchAll(/class="ytick"[^>]*><text[^>]*>([\d.]+)</g)].map(([, tick]) => Number(tick));
  assert.deepEqual(names, [0, 0.5, 1, 1.5, 2]);
});

test("the same figure gives the same bytes, and is not changed by drawing", () => {
  const before = JSON.stringify(bars);
  assert.deepEqual(figureToPng(bars), figureToPng(bars));
  assert.equal(JSON.stringify(bars), before);
});

test("heat maps are painted without a canvas of the browser", () => {
  const plane = { title: "x", unit: "1", range: [0, 2] as [number, number] };
  const figure = fieldChart({
    x: plane,
    y: plane,
    colour: { title: "v", unit: "1" },
    values: [-1, 1, 1, -1],
    columns: 2,
    style: "heatmap",
    diverging: true,
  });
  const found = colours(figureToPng(figure, { scale: 1 }));
  const [blue, orange] = [found.get("0072b2") ?? 0, found.get("d55e00") ?? 0];
  assert.ok(blue > 10000 && Math.abs(blue / orange - 1) < 0.1, `${blue} blue and ${orange} orange pixels`);
});

test("panels are drawn beside one another", () => {
  const line = lineChart({ x: axis, y: { title: "v", unit: "1" }, series: [{ name: "n", y: [1, 2, 3] }] });
  const svg = figureToSvg(sideBySide([bars, line]));
  assert.equal(svg.match(/timestep t \(steps\)/g)?.length, 2);
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

test("a figure without data, or of a kind that needs a browser, is refused", () => {
  assert.throws(() => figureToPng({ data: [], layout: {} }), /no data/);
  assert.throws(() => figureToPng(bars, { scale: 0 }), /scale must be a finite number > 0, got 0/);
  const broken: Figure = {
    data: [{ type: "scatter", x: [1], y: [2] }],
    layout: {
      get title(): string {
        throw new Error("unreadable");
      },
    },
  };
  assert.throws(() => figureToPng(broken), /unreadable/);
});
