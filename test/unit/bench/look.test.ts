import assert from "node:assert/strict";
import { test } from "node:test";
import { imagesOfClasses } from "../../../src/bench/look.js";
import { imageDataset } from "../../../src/data/index.js";

test("real images of the classes asked for: the first of each, none twice, and too few are refused", () => {
  const images = Uint8Array.from([10, 11, 12, 13, 14]);
  const labels = Uint8Array.from([1, 0, 1, 0, 1]);
  const dataset = imageDataset({ name: "five", images, labels, height: 1, width: 1, channels: 1, classes: ["a", "b"] });
  const drawn = imagesOfClasses(dataset, Int32Array.from([0, 1, 1, 0]));
  const bytes = Array.from(drawn.dataSync(), (value) => Math.round(127.5 * (value + 1)));
  assert.deepEqual(bytes, [11, 10, 12, 13]);
  drawn.dispose();
  assert.throws(() => imagesOfClasses(dataset, Int32Array.from([0, 0, 0])), /"five" has too few examples of class 0/);
});
