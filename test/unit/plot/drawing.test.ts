/** Drawings place text, arrows and images as asked, in SVG and PNG alike. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { arrow, chainDiagram, drawing, imageGrid, mathText } from "../../../src/plot/index.js";
import { decodePng } from "../../../src/files/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { lossDrawing } from "../../../src/plot/loss-drawing.js";

function pixel(png: Uint8Array, x: number, y: number): number[] {
  const { width, channels, data } = decodePng(png);
  const at = channels * (y * width + x);
  return [...data.slice(at, at + 3)];
}

test("a drawing is an SVG and its PNG at double density", () => {
  const picture = drawing(
    40,
    20,
    (svg) => svg.append("rect").attr("x", 10).attr("width", 10).attr("height", 20).attr("fill", "#009E73"),
    "a bar",
  );
  assert.match(picture.svg!, /^<svg [^>]*viewBox="0 0 40 20"[^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.deepEqual([decodePng(picture.png).width, picture.width, picture.alt], [80, 40, "a bar"]);
  assert.deepEqual(pixel(picture.png, 30, 20), [0x00, 0x9e, 0x73]);
  assert.deepEqual(pixel(picture.png, 50, 20), [255, 255, 255]);
});

test("subscripts are lowered and what follows comes back up", () => {
  const { svg } = drawing(100, 20, (pen) => mathText(pen, "q(x_t | x_{t−1})", 50, 14, { size: 10 }), "");
  const spans = [...svg!.matchAll(/<tspan([^>]*)>([^<]*)</g)].map(([, attributes, text]) => [
    text,
    /dy="([^"]*)"/.exec(attributes)?.[1],
  ]);
  assert.deepEqual(spans, [
    ["q(x", undefined],
    ["t", "2.4"],
    [" | x", "-2.4"],
    ["t−1", "2.4"],
    [")", "-2.4"],
  ]);
});

test("an arrow ends in its tip", () => {
  const { svg } = drawing(50, 20, (pen) => arrow(pen, [5, 10], [45, 10]), "");
  assert.match(svg!, /M5,10L38\.00,10\.00/);
  assert.match(svg!, /M45,10L36\.00,6\.00L36\.00,14\.00Z/);
});

test("the chain names its states and both transitions", () => {
  const { svg, alt } = chainDiagram();
  assert.equal(svg!.match(/<circle[^>]*stroke="#555555"/g)?.length, 4);
  assert.match(alt, /x_0 → … → x_{t−1} → x_t → … → x_T/);
  assert.equal(svg!.match(/stroke-dasharray="5 3"/g)?.length, 5);
  assert.doesNotMatch(chainDiagram({ reverse: null }).svg!, /5 3/);
  assert.throws(() => chainDiagram({ states: ["x_0"] }), /at least two/);
});

test("the chain takes one image for each state", () => {
  const images = { images: Uint8Array.of(0, 128, 255), height: 1, width: 1, channels: 1 };
  assert.equal(chainDiagram({ states: ["x_0", "x_t", "…", "x_T"], images }).svg!.match(/<image/g)?.length, 3);
  const tensor = tf.tensor4d([-1, 0, 1], [3, 1, 1, 1]);
  assert.equal(chainDiagram({ states: ["x_0", "x_t", "x_T"], images: tensor }).svg!.match(/<image/g)?.length, 3);
  tensor.dispose();
  assert.throws(() => chainDiagram({ images }), /3 images for 4 drawn states/);
});

test("the loss drawing ends at the running mean and keeps the samples' pixels", () => {
  const beside = imageGrid(
    { images: Uint8Array.of(0, 255, 255, 0), height: 2, width: 2, channels: 1 },
    { columns: 1, scale: 10 },
  );
  const steps = Array.from({ length: 50 }, (_, i) => i + 1);
  const picture = lossDrawing({
    steps,
    loss: steps.map(() => 0.5),
    lastStep: 100,
    beside,
    learningRate: steps.map(() => 1e-4),
  });
  assert.match(picture.alt, /running mean 0.5 after 50 steps/);
  assert.match(picture.svg!, /learning rate 1e-4/);
  const [left, top] = [2 * 614, 2 * Math.floor((picture.height - 20) / 2)];
  assert.deepEqual(pixel(picture.png, left + 5, top + 5), [0, 0, 0]);
  assert.deepEqual(pixel(picture.png, left + 19, top + 19), [0, 0, 0]);
  assert.deepEqual(pixel(picture.png, left + 21, top + 19), [255, 255, 255]);
  assert.throws(() => lossDrawing({ steps: [1], loss: [NaN] }), /none of 1 losses/);
});
