/** Figures in JupyterLab: the size for the width there is, and the theme's colours in the place of the paper's. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fitted, rewrapped, type Layout } from "../../../src/lab/fit.js";
import { inTheme, layoutInTheme } from "../../../src/lab/theme.js";
import { lineChart, sideBySide, scatterChart } from "../../../src/plot/index.js";

/** Every letter is as wide as half its height. */
const measure = (text: string, size: number): number => 0.5 * size * text.length;

const x = { title: "x", unit: "1" };
const chart = (title?: string): Layout => lineChart({ title, x, y: x, series: [{ name: "a", y: [1, 2] }] }).layout;

test("a figure keeps its own size where there is room for it", () => {
  const layout = chart("a title");
  for (const room of [720, 721, 2000]) {
    assert.deepEqual(fitted(layout, room, measure), { layout: { ...layout, width: 720, height: 400 }, scale: 1 });
  }
  const { layout: bare } = fitted({}, 1000, measure);
  assert.deepEqual(bare, { width: 720, height: 400 });
});

test("where there is less, it is as wide as the room, and its title takes more lines", () => {
  const words = "a title of more than sixty letters, which fits the chart's own width";
  const layout = chart(words);
  const { layout: narrow, scale } = fitted(layout, 400, measure);
  assert.deepEqual([narrow.width, scale], [400, 1]);
  assert.equal(
    (narrow.title as { text: string }).text,
    "a title of more than sixty letters, which fits<br>the chart's own width",
  );
  assert.equal((narrow.margin as { t: number }).t, (layout.margin as { t: number }).t + 21);
  // The plot itself is as high as before.
  assert.equal(narrow.height, 421);
});

test("what would be illegible is drawn larger and made smaller as a whole", () => {
  assert.deepEqual([fitted(chart(), 150, measure).layout.width, fitted(chart(), 150, measure).scale], [300, 0.5]);
  const panels = sideBySide(
    ["a", "b", "c"].map((title) => ({ data: [{ x: [1], y: [1] }], layout: { ...chart(title), width: 360 } })),
  );
  const { layout, scale } = fitted(panels.layout, 540, measure);
  assert.deepEqual([layout.width, scale], [810, 540 / 810]);
});

test("a map with equal axes becomes lower as it becomes narrower", () => {
  const { layout } = scatterChart({
    clouds: [
      {
        name: "a",
        points: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
  });
  const { width = 720, height = 400 } = layout;
  assert.equal(fitted(layout, width - 100, measure).layout.height, height - 100);
});

test("a figure is never wider than the room, and a title never loses a word", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3000 }),
      fc.array(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }),
      (room, words) => {
        const { layout, scale } = fitted(chart(words.join(" ")), room, measure);
        assert.ok(layout.width * scale <= room + 1e-6);
        assert.equal((layout.title as { text: string }).text.replaceAll("<br>", " "), words.join(" "));
      },
    ),
  );
  assert.deepEqual(
    rewrapped("a <sub>b</sub> c", 3, (text) => text.length),
    ["a <sub>b</sub>", "c"],
  );
});

test("the colours of the paper become the theme's, those of the data stay", () => {
  const theme = { ink: "white", note: "silver", grid: "dimgrey" };
  const before = { line: { color: "#000000" }, marker: { color: ["#222222", "#0072B2"] }, y: [1, null] };
  assert.deepEqual(inTheme(before, theme), {
    line: { color: "white" },
    marker: { color: ["white", "#0072B2"] },
    y: [1, null],
  });
  assert.equal(before.line.color, "#000000");
  const layout = layoutInTheme(chart("t"), theme);
  assert.deepEqual([layout.paper_bgcolor, layout.plot_bgcolor], ["rgba(0, 0, 0, 0)", "rgba(0, 0, 0, 0)"]);
  assert.equal((layout.font as { color: string }).color, "white");
  assert.equal((layout.xaxis as { gridcolor: string }).gridcolor, "dimgrey");
  assert.doesNotMatch(JSON.stringify(layout), /#222222|#E6E6E6|#FFFFFF/i);
});
