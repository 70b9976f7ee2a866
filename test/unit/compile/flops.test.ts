/** The counted operations of a recording are those of a count by hand. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, loadedGraphs } from "../../../src/compile/index.js";
import { UNet2D } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { normals, temporaryCache } from "./support.js";

const cacheFolder = temporaryCache();

/** What one call of the graph computes; the graph is loaded only meanwhile. */
function flopsOf(
  program: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  inputs: Record<string, tf.Tensor>,
  captures: Record<string, tf.Tensor> = {},
): number {
  const compiled = compile(program, { cacheFolder, captures, name: "counted" });
  tf.dispose(compiled(inputs));
  const graphs = loadedGraphs().filter(({ name }) => name === "counted");
  compiled.dispose();
  tf.dispose(inputs);
  assert.equal(graphs.length, 1);
  assert.equal(loadedGraphs().length, 0);
  return graphs[0].flops;
}

test("matrix products count two operations a term, transposed or in batches", () => {
  const product = (left: boolean, right: boolean) => (inputs: Record<string, tf.Tensor>) => ({
    y: tf.matMul(inputs["a"], inputs["b"], left, right),
  });
  assert.equal(flopsOf(product(false, false), { a: normals([3, 4]), b: normals([4, 5]) }), 2 * 3 * 4 * 5);
  assert.equal(flopsOf(product(true, true), { a: normals([4, 3]), b: normals([5, 4]) }), 2 * 3 * 4 * 5);
  assert.equal(flopsOf(product(true, false), { a: normals([7, 4, 3]), b: normals([7, 4, 5]) }), 7 * 120);
});

test("a convolution and its two gradients count the same", () => {
  const convolve = (x: tf.Tensor, k: tf.Tensor): tf.Tensor => tf.conv2d(x as tf.Tensor4D, k as tf.Tensor4D, 2, "same");
  const inputs = () => ({ x: normals([2, 8, 6, 3]), k: normals([3, 3, 3, 5]) });
  // [2, 4, 3, 5] outputs of 3·3·3 terms
  const once = 2 * (2 * 4 * 3 * 5) * 27;
  assert.equal(
    flopsOf(({ x, k }) => ({ y: convolve(x, k) }), inputs()),
    once,
  );
  const gradients = ({ x, k }: Record<string, tf.Tensor>): Record<string, tf.Tensor> => {
    const [dx, dk] = tf.grads((a: tf.Tensor, b: tf.Tensor) => tf.sum(tf.square(convolve(a, b))))([x, k]);
    return { dx, dk };
  };
  assert.equal(flopsOf(gradients, inputs()), 3 * once);
});

test("a U-Net counts what a count by hand does", () => {
  const unet = new UNet2D({
    sample_size: 8,
    in_channels: 1,
    out_channels: 1,
    block_out_channels: [4, 8],
    layers_per_block: 1,
    down_block_types: ["DownBlock2D", "DownBlock2D"],
    up_block_types: ["UpBlock2D", "UpBlock2D"],
    mid_block_type: null,
    norm_num_groups: 2,
  });
  const conv = (pixels: number, taps: number, inputs: number, outputs: number): number =>
    2 * pixels * taps * inputs * outputs;
  const block = (pixels: number, inputs: number, outputs: number): number =>
    conv(pixels, 9, inputs, outputs) +
    conv(pixels, 9, outputs, outputs) +
    (inputs === outputs ? 0 : conv(pixels, 1, inputs, outputs)) +
    // the projection of the time embedding, 16 long
    2 * 16 * outputs;
  const expected =
    // time embedding 4 → 16 → 16
    2 * (4 * 16 + 16 * 16) +
    conv(64, 9, 1, 4) +
    block(64, 4, 4) +
    // to half the size
    conv(16, 9, 4, 4) +
    block(16, 4, 8) +
    // back up, with what was kept: 8, 4 at the small size, 4, 4 at the large
    block(16, 8 + 8, 8) +
    block(16, 8 + 4, 8) +
    // to twice the size, by a transposed convolution: each small pixel reaches 4×4 large ones
    conv(16, 16, 8, 8) +
    block(64, 8 + 4, 4) +
    block(64, 4 + 4, 4) +
    conv(64, 9, 4, 1);
  const flops = flopsOf(
    ({ x, t }) => ({ y: unet.apply(x as tf.Tensor4D, t as tf.Tensor1D) }),
    { x: normals([1, 8, 8, 1]), t: tf.tensor1d([5]) },
    unet.parameters.tensors,
  );
  unet.dispose();
  assert.equal(flops, expected);
});
