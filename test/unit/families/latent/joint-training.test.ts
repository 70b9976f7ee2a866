/** Text encoder and U-Net learn as one network, from latents drawn anew and captions in other words at each step. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as tf from "../../../../src/runtime/tf.js";
import { DiffusionTask, scaledLinearSchedule, Trainer } from "../../../../src/index.js";
import { captionExamples } from "../../../../src/families/latent/caption-examples.js";
import { jointNetwork, partsOfJoint } from "../../../../src/families/latent/joint-network.js";
import { LatentTable } from "../../../../src/families/latent/latent-table.js";
import { promptRow } from "../../../../src/families/latent/prompt/chunks.js";
import { tinyParts, tokenizer } from "./tiny.js";

const parts = tinyParts();
const { unet, vae, textEncoder } = parts;
const count = 12;
const encodedPictures: number[] = [];

/** Picture i is of one tone, and its caption says which. */
const pictures = (indices: ArrayLike<number>): Float32Array => {
  encodedPictures.push(...Array.from(indices));
  const size = 16 * 16 * 3;
  return Float32Array.from({ length: indices.length * size }, (_, k) =>
    indices[Math.floor(k / size)] % 2 ? 0.8 : -0.8,
  );
};
const captions = (indices: ArrayLike<number>, wording: number): string[] =>
  Array.from(indices, (i) => `${wording % 2 ? "a" : "on"} ${i % 2 ? "red" : "green"} fox`);

const latents = new LatentTable({ vae, pictures, count, size: [16, 16], batchSize: 4 });
const source = (change: object = {}) =>
  captionExamples({ latents, captions, tokenizer, positions: 8, count, seed: 3, dropped: 0.25, ...change });
after(() => {
  latents.dispose();
  [unet, vae, textEncoder].forEach((one) => one.dispose());
});

const read = ({ x0, condition }: ReturnType<ReturnType<typeof source>["batch"]>) => {
  const values = { x0: [...x0.dataSync()], tokens: [...condition["tokens"].dataSync()] };
  tf.dispose([x0, condition]);
  return values;
};

describe("pictures with captions as examples", () => {
  it("are a pure function of the step, latents and words drawn anew at each", () => {
    const [one, same, other] = [source().batch(1, 8), source().batch(1, 8), source().batch(4, 8)].map(read);
    assert.deepEqual(one, same);
    assert.notDeepEqual(one.x0, other.x0);
    assert.notDeepEqual(one.tokens, other.tokens);
  });

  it("are encoded once, in batches of one size", () => {
    encodedPictures.length = 0;
    const table = new LatentTable({ vae, pictures, count, size: [16, 16], batchSize: 4 });
    for (const indices of [
      [0, 1],
      [1, 2, 0],
      [0, 1, 2, 3, 4, 5, 6],
    ]) {
      table.draw(Int32Array.from(indices), { seed: 0, step: 1 }).dispose();
    }
    assert.deepEqual([...new Set(encodedPictures)].sort(), [0, 1, 2, 3, 4, 5, 6]);
    assert.equal(encodedPictures.length % 4, 0);
    assert.equal(encodedPictures.length, 3 * 4);
    table.dispose();
  });

  it("have the mean and the deviation that the autoencoder gives, as the U-Net sees them", () => {
    const draws = Array.from({ length: 200 }, (_, step) => [
      ...latents.draw(Int32Array.of(1), { seed: 1, step }).dataSync(),
    ]);
    const { mean, logVariance } = tf.tidy(() => {
      const moments = vae.encode(tf.fill([1, 16, 16, 3], 0.8) as tf.Tensor4D);
      return { mean: moments.mean.dataSync(), logVariance: moments.logVariance.dataSync() };
    });
    const first = draws.map(([value]) => value);
    const average = first.reduce((sum, value) => sum + value, 0) / 200;
    const deviation = Math.sqrt(first.reduce((sum, value) => sum + (value - average) ** 2, 0) / 199);
    const expected = 0.5 * Math.exp(logVariance[0] / 2);
    assert.ok(Math.abs(average - 0.5 * mean[0]) < (4 * expected) / Math.sqrt(200));
    assert.ok(Math.abs(deviation / expected - 1) < 0.25);
  });

  it("leave out a share of the captions", () => {
    const empty = [...promptRow("", tokenizer, 8)].join();
    const rows = Array.from({ length: 50 }, (_, i) => read(source().batch(i + 1, 8)).tokens).flatMap((tokens) =>
      Array.from({ length: 8 }, (_, k) => tokens.slice(8 * k, 8 * k + 8).join()),
    );
    const share = rows.filter((row) => row === empty).length / rows.length;
    assert.ok(Math.abs(share - 0.25) < 0.09, `${share}`);
  });

  it("begin with those of the first stage", () => {
    const first = { indices: Int32Array.of(1, 3, 5), steps: 2 };
    const red = read(source({ first, dropped: 0 }).batch(2, 12)).tokens;
    const all = read(source({ first, dropped: 0 }).batch(3, 12)).tokens;
    const [redToken] = tokenizer.tokensOf("red") as number[];
    const reds = (tokens: number[]): number => tokens.filter((token) => token === redToken).length;
    assert.deepEqual([reds(red), reds(all)], [12, 6]);
  });
});

describe("joint training", () => {
  it("moves both networks, and the loss falls", async () => {
    const network = jointNetwork(unet, textEncoder);
    const path = scaledLinearSchedule({ T: 1000, betaStart: 0.00085, betaEnd: 0.012 });
    const shape = latents.shape;
    const data = source({ dropped: 0.1 });
    const task = new DiffusionTask({ network, path, data, shape, prediction: "velocity", batchSize: 16, seed: 2 });
    const before = { unet: unet.parameters.toFlat(), text_encoder: textEncoder.parameters.toFlat() };
    const trainer = new Trainer(task, { learningRate: 5e-3 });
    await trainer.run(120);
    const mean = (losses: readonly number[]): number => losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const [first, last] = [mean(trainer.losses.slice(0, 10)), mean(trainer.losses.slice(-10))];
    assert.ok(last < 0.93 * first, `${first} → ${last}`);
    const values = partsOfJoint(parts, trainer.averageValues);
    for (const [name, flat] of Object.entries(before) as [keyof typeof before, Float32Array][]) {
      assert.equal(values[name].length, flat.length);
      assert.ok(
        values[name].some((value, i) => Math.abs(value - flat[i]) > 1e-4),
        name,
      );
    }
    trainer.dispose();
  });

  it("refuses values of other networks", () => {
    assert.throws(
      () => partsOfJoint(parts, new Float32Array(3)),
      /got 3 values for \d+ parameters of the U-Net and \d+/,
    );
  });
});
