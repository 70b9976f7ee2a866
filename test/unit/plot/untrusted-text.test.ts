/** Labels and titles are text, whoever gave them: in pictures, charts and tables nothing of them runs or loads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { decodePng } from "../../../src/files/index.js";
import { table } from "../../../src/notebook/index.js";
import { figureToPng, figureToSvg, imageGrid, lineChart } from "../../../src/plot/index.js";
import * as tf from "../../../src/runtime/tf.js";

const HOSTILE =
  '"><script>globalThis.ran = 1</script><img src=x onerror="ran = 1"><a href="javascript:ran = 1">x</a>' +
  "&amp;\u0001\u001b[2J\ud800\uffff";

test("an image grid shows it as text", () => {
  const images = tf.zeros([1, 2, 2, 1]) as tf.Tensor4D;
  const { png } = imageGrid(images, { labels: [HOSTILE], title: HOSTILE, scale: 40 });
  images.dispose();
  assert.ok(decodePng(png).width > 80);
});

test("a chart draws it without tags, addresses or scripts of its own", () => {
  const axis = { title: HOSTILE, unit: HOSTILE };
  const chart = lineChart({ series: [{ name: HOSTILE, x: [0, 1], y: [1, 2] }], x: axis, y: axis, title: HOSTILE });
  const svg = figureToSvg(chart);
  // Plotly writes the text of tags it does not know, and drops addresses that are none of the web.
  for (const forbidden of [/<script/i, /<img/i, /href="javascript:/i, /<[^>]*\sonerror=/i]) {
    assert.doesNotMatch(svg, forbidden);
  }
  assert.ok(decodePng(figureToPng(chart)).width > 100);
  assert.equal((globalThis as { ran?: number }).ran, undefined);
});

test("a table of a notebook shows it as text, in one line", () => {
  const { markdown } = table([{ [HOSTILE]: "a\n| b <b>" }]);
  assert.doesNotMatch(markdown, /</);
  assert.equal(markdown.split("\n").length, 3);
  assert.match(markdown, /a \\\| b &lt;b>/);
});
