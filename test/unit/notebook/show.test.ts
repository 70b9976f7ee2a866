/** `show` sends each kind of picture in every form that front ends need. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { show } from "../../../src/notebook/index.js";
import { chainDiagram, imageGrid, lineChart } from "../../../src/plot/index.js";
import { decodePng, pngSize } from "../../../src/files/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { displayed, text } from "./kernel-stand-in.js";

const chart = () =>
  lineChart({
    title: "Signal",
    x: { title: "timestep t", unit: "steps" },
    y: { title: "ᾱ<sub>t</sub>", unit: "1" },
    series: [
      { name: "linear", y: [1, 0.5, 0.25] },
      { name: "cosine", y: [1, 0.7, 0.1] },
    ],
    width: 400,
    height: 300,
  });
const bytes = (base64: unknown) => new Uint8Array(Buffer.from(base64 as string, "base64"));

test("a chart is one message: plotly, PNG with its size, and a sentence", () => {
  const [sent, ...more] = displayed(() => show(chart()));
  assert.deepEqual(more, []);
  assert.deepEqual(Object.keys(sent.data), ["application/vnd.plotly.v1+json", "image/png", "text/plain"]);
  const plotly = sent.data["application/vnd.plotly.v1+json"] as {
    data: { y: number[] }[];
    layout: { width: number };
  };
  assert.deepEqual(plotly.data[0].y, [1, 0.5, 0.25]);
  assert.equal(JSON.parse(JSON.stringify(plotly)).layout.width, 400);
  assert.deepEqual(sent.metadata, { "image/png": { width: 400, height: 300 } });
  assert.deepEqual(pngSize(bytes(sent.data["image/png"])), { width: 400, height: 300 });
  assert.equal(text(sent), 'Figure "Signal"; shows linear, cosine; axes: timestep t (steps), ᾱt');
});

test("a grid is a PNG of its own size, a drawing also an SVG", () => {
  const grid = imageGrid({ images: Uint8Array.of(7, 8), height: 1, width: 1, channels: 1 }, { scale: 1, gap: 0 });
  const [first, second] = displayed(() => show(grid, chainDiagram({ width: 500 })));
  assert.deepEqual([...decodePng(bytes(first.data["image/png"])).data], [7, 8]);
  assert.deepEqual(first.metadata, { "image/png": { width: 2, height: 1 } });
  assert.equal(first.data["image/svg+xml"], undefined);
  assert.match(second.data["image/svg+xml"] as string, /^<svg /);
  assert.equal((second.metadata["image/svg+xml"] as { width: number }).width, 500);
});

test("SVG text, PNG bytes and anything else find their form", () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20"/></svg>';
  const sent = displayed(() => show(svg, imageGrid(tf.ones([1, 8, 8, 1])).png, "words", { a: 1 }));
  assert.deepEqual(sent[0].metadata["image/png"], { width: 30, height: 20 });
  assert.deepEqual(sent[1].metadata["image/png"], { width: 56, height: 56 });
  assert.deepEqual([sent[2].data, sent[3].data], [{ "text/plain": "words" }, { "text/plain": "{ a: 1 }" }]);
});

test("a figure without data is refused before anything is sent", () => {
  const sent = displayed(() => {
    assert.throws(() => show({ data: [], layout: {} }), /no data/);
    assert.throws(
      () => show({ data: [{ type: "scatter", x: [], y: [] }], layout: {} }),
      /trace 0 of this figure has no data/,
    );
  });
  assert.deepEqual(sent, []);
});

test("outside a notebook the sentence is printed", (t) => {
  const written: string[] = [];
  t.mock.method(process.stdout, "write", (chunk: string) => written.push(chunk) > 0);
  show(chart());
  t.mock.restoreAll();
  assert.deepEqual(written, ['Figure "Signal"; shows linear, cosine; axes: timestep t (steps), ᾱt\n']);
});
