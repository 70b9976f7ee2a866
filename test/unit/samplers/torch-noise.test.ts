/** Noise of PyTorch's generators: layout, draws, and independence of the batch. The numbers are held in test/parity/random. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { TorchGenerator, torchNoise } from "../../../src/index.js";

const values = (noise: tf.Tensor): number[] => {
  const read = [...noise.dataSync()];
  noise.dispose();
  return read;
};

describe("torchNoise", () => {
  it("fills an image channel after channel", () => {
    const [height, width, channels] = [2, 3, 4];
    const drawn = new TorchGenerator(7).normals(height * width * channels);
    const image = values(torchNoise(7)(0, [1, height, width, channels]));
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          assert.equal(image[(y * width + x) * channels + c], drawn[(c * height + y) * width + x]);
        }
      }
    }
  });

  it("gives example i the generator of the seed plus i, whatever the batch", () => {
    const shape = [2, 2, 4];
    const size = 16;
    const both = torchNoise(7);
    const second = torchNoise(7, { firstSample: 1 });
    for (const draw of [0, 1, 2]) {
      assert.deepEqual(values(both(draw, [2, ...shape])).slice(size), values(second(draw, [1, ...shape])));
    }
    assert.deepEqual(
      values(torchNoise(8)(0, [1, ...shape])),
      values(torchNoise(7, { firstSample: 1 })(0, [1, ...shape])),
    );
  });

  it("goes on from draw to draw, and gives the last one again", () => {
    const noise = torchNoise(3);
    const generator = new TorchGenerator(3);
    const draws = [0, 4, 5].map((draw) => [values(noise(draw, [1, 20])), values(noise(draw, [1, 20]))]);
    for (const [first, again] of draws) {
      assert.deepEqual(first, [...generator.normals(20)]);
      assert.deepEqual(again, first);
    }
  });

  it("refuses an earlier draw, and a bad seed before any draw", () => {
    const noise = torchNoise(3);
    noise(2, [1, 4]).dispose();
    assert.throws(() => noise(1, [1, 4]), /draw 1 of a torch generator is asked for after draw 2.*anew/);
    assert.throws(() => torchNoise(-1), /a seed must be a whole number/);
  });

  it("leaves no tensor but the noise", () => {
    const before = tf.memory().numTensors;
    torchNoise(1)(0, [2, 4, 4, 3]).dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
