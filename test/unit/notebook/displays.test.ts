/** Tables, tensors, schedules and networks show themselves in notebook and terminal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { UNet2D } from "../../../src/networks/index.js";
import { show, table } from "../../../src/notebook/index.js";
import { decodePng } from "../../../src/files/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { displayed, text } from "./kernel-stand-in.js";

test("a table is markdown in a notebook and aligned in a terminal", () => {
  const rows = [
    { sampler: "DDPM", steps: 1000, seconds: 41.23456 },
    { sampler: "DDIM|η", steps: 50, seconds: null },
  ];
  const made = table(rows, { digits: 3 });
  assert.equal(
    made.markdown,
    "| sampler | steps | seconds |\n| :--- | ---: | ---: |\n| DDPM | 1000 | 41.2 |\n| DDIM\\|η | 50 |  |",
  );
  assert.equal(
    inspect(made),
    "sampler  steps  seconds\n───────  ─────  ───────\nDDPM      1000     41.2\nDDIM|η      50",
  );
  assert.equal(table([[1, 2]], { columns: ["a", "b"] }).text, "a  b\n─  ─\n1  2");
  assert.throws(() => table([]), /at least one row/);
  assert.throws(() => table([[1, 2]]), /need `columns`/);
  assert.throws(() => table([[1, 2]], { columns: ["a"] }), /2 cells for 1 columns/);
});

test("whole numbers are written in full, others with as many digits as asked for", () => {
  assert.equal(table([[1234567, 12345678]], { columns: ["a", "b"] }).text.split("\n")[2], "1234567  12345678");
  assert.equal(table([[Math.PI]], { columns: ["a"], digits: 9 }).text.split("\n")[2], "3.14159265");
  assert.equal(
    table([[1234567, 0.0000123456]], { columns: ["a", "b"], digits: 3 }).text.split("\n")[2],
    "1230000  1.23e-5",
  );
});

test("a tensor prints shape, range and moments, or its few values", () => {
  assert.equal(inspect(tf.tensor1d([1, 2.5])), "float32 tensor, shape [2]: 1, 2.5");
  assert.equal(inspect(tf.scalar(3, "int32")), "int32 tensor, shape []: 3");
  assert.equal(
    inspect(tf.tensor1d([0, 1, 0, 1, 0, 1, 0, 1, 0, 1])),
    "float32 tensor, shape [10], 0 … 1, mean 0.5, deviation 0.5",
  );
  assert.match(inspect(tf.tensor1d([NaN, 1, 1, 1, 1, 1, 1, 1, 1])), /1 … 1, mean 1, deviation 0, 1 not finite/);
  assert.equal(inspect(tf.zeros([0, 4])), "float32 tensor, shape [0, 4], empty");
  const gone = tf.zeros([9]);
  gone.dispose();
  assert.equal(inspect(gone), "float32 tensor, shape [9], disposed");
});

test("a batch of images shows a thumbnail of its first 32 and leaves no tensor behind", () => {
  const images = tf.fill([40, 8, 8, 1], -1);
  const before = tf.memory().numTensors;
  const [sent] = displayed(() => show(images));
  assert.equal(tf.memory().numTensors, before);
  assert.match(text(sent), /shape \[40, 8, 8, 1\].*; the first 32 of 40 images/);
  const { width, height, data } = decodePng(new Uint8Array(Buffer.from(sent.data["image/png"] as string, "base64")));
  assert.deepEqual([width, height, data[0]], [8 * 58 - 2, 4 * 58 - 2, 0]);
  const [vector] = displayed(() => show(tf.zeros([3, 40])));
  assert.deepEqual(Object.keys(vector.data), ["text/plain"]);
});

test("a schedule is a table of some of its steps", () => {
  const [sent] = displayed(() => show(linearSchedule({ T: 1000 })));
  const lines = text(sent).split("\n");
  assert.equal(lines[0], "linear schedule, T = 1000");
  assert.deepEqual(
    lines.slice(3).map((line) => line.trim().split(/ +/)[0]),
    ["0", "1", "250", "500", "750", "1000"],
  );
  // β_1 = 1e-4, so ᾱ_1 = 0.9999, √(1 − ᾱ_1) = 0.01 and SNR_1 = 9999.
  assert.deepEqual(lines[4].trim().split(/ +/), ["1", "0.0001", "0.9999", "0.01", "9999"]);
  assert.match(String(sent.data["text/markdown"]), /\*\*linear schedule, T = 1000\*\*/);
});

test("a network is a table of its blocks that counts every parameter", () => {
  const model = new UNet2D({
    sample_size: 8,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [32],
    layers_per_block: 1,
    down_block_types: ["DownBlock2D"],
    up_block_types: ["UpBlock2D"],
  });
  const printed = inspect(model);
  assert.equal(printed.split("\n")[0], `UNet2D, ${model.parameters.count.toLocaleString("en")} parameters`);
  const counts = printed
    .split("\n")
    .slice(3)
    .map((line) => Number(line.trim().split(/ +/).at(-1)));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    model.parameters.count,
  );
  assert.match(printed, /^conv_in +2 +320$/m);
});
