/** Autoencoders: their task and its loss, the size of latents, their folder, and what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  AutoencoderKL,
  AutoencoderModel,
  AutoencoderTask,
  CaptionedDigits,
  latentSize,
  loadAutoencoder,
  loadModel,
  loadNetwork,
  type Parameters,
  picturesOf,
  RandomStream,
  saveAutoencoder,
  Trainer,
  type AutoencoderBatch,
  type AutoencoderTaskOptions,
} from "../../../src/index.js";
import { recipes } from "../../../src/families/recipes.js";
import * as tf from "../../../src/runtime/tf.js";
import { largestDifference } from "../nn/gradient-check.js";

const folder = mkdtempSync(join(tmpdir(), "autoencoder-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const make = (seed = 1): AutoencoderKL =>
  new AutoencoderKL(
    {
      block_out_channels: [4, 6],
      down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
      up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
      norm_num_groups: 2,
      sample_size: 8,
    },
    { seed },
  );
/** A dozen colours that change from left to right. */
const pictures = picturesOf(
  Float32Array.from({ length: 12 * 8 * 8 * 3 }, (_, i) => {
    const [picture, column, channel] = [Math.floor(i / 192), Math.floor(i / 3) % 8, i % 3];
    const [level, slope] = new RandomStream(3, "pictures", 3 * picture + channel).uniforms(2).map((u) => 2 * u - 1);
    return 0.7 * level + 0.3 * slope * (column / 3.5 - 1);
  }),
  [8, 8, 3],
);

test("the loss is the sum of its terms, each as defined, with a weight of KL that falls geometrically", () => {
  const network = make();
  const task = new AutoencoderTask({
    network,
    pictures,
    batchSize: 3,
    klWeight: { first: 1e-2, last: 1e-4, until: 10 },
  });
  const weights = [1, 5, 10, 99].map((step) => {
    const batch = task.batch(step);
    const [weight] = batch.klWeight.dataSync();
    tf.dispose(Object.values(batch));
    return weight;
  });
  [1e-2 * 10 ** -0.2, 1e-3, 1e-4, 1e-4].forEach((expected, i) =>
    assert.ok(Math.abs(weights[i] / expected - 1) < 1e-5, `${weights[i]}`),
  );
  const batch = task.batch(2);
  assert.deepEqual(batch.x.shape, [3, 8, 8, 3]);
  assert.deepEqual(batch.noise.shape, [3, 4, 4, 4]);
  const before = tf.memory().numTensors;
  const terms = tf.tidy(() => {
    const { loss, metrics } = task.phases[0].loss(batch);
    return { loss, ...metrics } as Record<string, tf.Tensor>;
  });
  assert.equal(tf.memory().numTensors, before + 4);
  const [loss, absolute, squared, kl] = ["loss", "absolute", "squared", "kl"].map((name) => terms[name].dataSync()[0]);
  const expected = tf
    .tidy(() => {
      const posterior = network.encode(batch.x);
      const difference = tf.sub(network.decode(posterior.sample(batch.noise)), batch.x);
      const own = [tf.mean(tf.abs(difference)), tf.mean(tf.square(difference)), tf.div(tf.mean(posterior.kl()), 64)];
      return tf.stack(own);
    })
    .dataSync();
  [absolute, squared, kl].forEach((term, i) => assert.ok(Math.abs(term - expected[i]) < 1e-5));
  const sum = absolute + squared + kl * batch.klWeight.dataSync()[0];
  assert.ok(Math.abs(loss - sum) < 1e-5);
  network.dispose();
});

test("a training falls, and a batch depends on its step alone", async () => {
  const network = make();
  const task = new AutoencoderTask({ network, pictures, batchSize: 6, seed: 4 });
  const [a, b, c] = [task.batch(3), task.batch(3), task.batch(4)];
  assert.equal(largestDifference(a.x, b.x), 0);
  assert.equal(largestDifference(a.noise, b.noise), 0);
  assert.ok(largestDifference(a.x, c.x) > 0.1);
  tf.dispose([a, b, c]);
  const trainer = new Trainer(task, { learningRate: 5e-3 });
  await trainer.run(60);
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value) / values.length;
  const [first, last] = [mean(trainer.losses.slice(0, 5)), mean(trainer.losses.slice(-5))];
  assert.ok(last < 0.8 * first, `${first} → ${last}`);
  trainer.dispose();
  network.dispose();
});

test("captioned digits are pictures as they are, one number after the other", () => {
  const network = make();
  const digits = new CaptionedDigits({ split: "train", seed: 2, digits: [0, 9] });
  const task = new AutoencoderTask({ network, pictures: digits, batchSize: 2 });
  const { x, noise, klWeight } = task.batch(3);
  assert.deepEqual(x.dataSync(), digits.pictures([4, 5]));
  assert.deepEqual(noise.shape, [2, 16, 16, 4]);
  tf.dispose([x, noise, klWeight]);
  network.dispose();
});

test("the size of latents is that of many draws, and its inverse gives them unit deviation", async () => {
  const network = make();
  const before = tf.memory().numTensors;
  const seen: number[] = [];
  const { mean, deviation } = await latentSize(network, pictures, {
    batchSize: 5,
    onProgress: (done) => seen.push(done),
  });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual(seen, [5 / 12, 10 / 12, 1]);
  const x = tf.tensor4d(pictures.pictures([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), [12, 8, 8, 3]);
  const posterior = network.encode(x);
  const draws = Array.from({ length: 40 }, (_, i) => {
    const noise = tf.tensor4d(new RandomStream(9, "noise", i).normals(12 * 64), [12, 4, 4, 4]);
    return posterior.sample(noise);
  });
  const { mean: drawnMean, variance } = tf.moments(tf.stack(draws));
  assert.ok(Math.abs(mean - drawnMean.dataSync()[0]) < 0.03 * deviation);
  assert.ok(Math.abs(deviation / Math.sqrt(variance.dataSync()[0]) - 1) < 0.02);
  const few = await latentSize(network, pictures, { count: 3 });
  assert.notEqual(few.deviation, deviation);
  network.dispose();
});

test("a folder opens as a model and as diffusers' network, with the scale that was measured", async () => {
  const network = make();
  const place = join(folder, "model");
  saveAutoencoder(place, { network, trainedOn: "captioned-digits" }, { scalingFactor: 0.5, format: "F16" });
  const config = JSON.parse(readFileSync(join(place, "vae", "config.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual([config["_class_name"], config["scaling_factor"]], ["AutoencoderKL", 0.5]);
  const alone = loadNetwork(join(place, "vae"), { expect: "AutoencoderKL" });
  assert.equal(alone.config.scaling_factor, 0.5);
  alone.dispose();

  const before = tf.memory().numTensors;
  const model = loadModel(place) as AutoencoderModel;
  assert.deepEqual([model.family, model.shape, model.trainedOn], ["autoencoder", [32, 32, 3], "captioned-digits"]);
  const copies = await model.draw({ count: 3, seed: 2, batchSize: 2 });
  const originals = model.originals(2, 0, 3);
  const again = model.reconstruct(originals);
  assert.ok(largestDifference(copies, again) < 1e-5);
  const noise = await model.draw({ count: 3, latents: "noise" });
  assert.deepEqual(noise.shape, [3, 32, 32, 3]);
  assert.match(model.describe({ count: 1 }), /keeps of pictures/);
  await assert.rejects(model.draw({ count: 1, latents: "prior" as "noise" }), /latents/);
  await assert.rejects(model.draw({ count: 1, condition: { label: 1 } }), /knows no conditions/);
  tf.dispose([copies, originals, again, noise]);
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
  network.dispose();
});

test("a model without pictures draws of noise, and says what it lacks", async () => {
  const place = join(folder, "plain");
  saveAutoencoder(place, { network: make() });
  const model = loadAutoencoder(place);
  assert.deepEqual(model.shape, [8, 8, 3]);
  const drawn = await model.draw({ count: 2 });
  assert.deepEqual(drawn.shape, [2, 8, 8, 3]);
  await assert.rejects(
    model.draw({ count: 1, latents: "pictures" }),
    /knows no pictures to reconstruct: draw of latents/,
  );
  model.dispose();
});

test("folders and networks that are no autoencoder's are refused by name", () => {
  const place = join(folder, "wrong");
  saveAutoencoder(place, { network: make() });
  const index = join(place, "model_index.json");
  const written = JSON.parse(readFileSync(index, "utf8")) as Record<string, unknown>;
  const refuses = (change: Record<string, unknown>, message: RegExp): void => {
    writeFileSync(index, JSON.stringify({ ...written, ...change }));
    assert.throws(() => loadAutoencoder(place), message);
  };
  refuses({ _diffusion_lab: { trained_on: "cats" } }, /names pictures "cats"; there are captioned-digits/);
  refuses({ _class_name: "VaeModel" }, /is of class "VaeModel", an autoencoder's is "AutoencoderModel"/);
  refuses({ vae: null }, /names no part vae/);
  const network = make();
  assert.throws(() => saveAutoencoder(place, { network, trainedOn: "cats" }), /trainedOn names pictures "cats"/);
  assert.throws(() => saveAutoencoder(place, { network }, { scalingFactor: 0 }), /scalingFactor must be a positive/);
  network.dispose();
});

test("the recipe makes the network of the facts, its KL term light after a tenth of the steps", () => {
  const recipe = recipes["tiny-autoencoder"];
  const { task, examples } = recipe.make({ seed: 0, batchSize: 2, steps: 100 });
  const [{ trains }] = task.phases;
  assert.ok(Math.abs(trains.count / 0.95e6 - 1) < 0.01, `${trains.count} parameters`);
  assert.equal(examples, 200);
  const weightAt = (step: number): number => {
    const batch = task.batch(step) as AutoencoderBatch;
    const [weight] = batch.klWeight.dataSync();
    tf.dispose([batch.x, batch.noise, batch.klWeight]);
    return weight;
  };
  assert.deepEqual(
    [weightAt(10), weightAt(100)].map((weight) => weight.toExponential(2)),
    ["1.00e-6", "1.00e-6"],
  );
  assert.ok(weightAt(1) > 5e-5 && weightAt(5) < weightAt(1));
  (trains as Parameters).dispose();
});

test("tasks and pictures that do not fit are refused before any work", async () => {
  const network = make();
  const refuses = (change: Partial<AutoencoderTaskOptions>, message: RegExp): void => {
    assert.throws(() => new AutoencoderTask({ network, pictures, ...change }), message);
  };
  refuses({ pictures: {} as never }, /pictures must be a source such as/);
  refuses({}, new RegExp(`holds ${pictures.count} examples, fewer than a batch of 64`));
  refuses({ pictures: picturesOf(new Float32Array(64), [8, 8, 1]) }, /this autoencoder takes \[H, W, 3\]/);
  refuses({ pictures: picturesOf(new Float32Array(7 * 8 * 3), [7, 8, 3]) }, /7 × 8 do not divide into latents of 2/);
  refuses({ network: {} as AutoencoderKL }, /network must be an AutoencoderKL/);
  refuses({ klWeight: -1 }, /klWeight/);
  refuses({ klWeight: { first: 0, last: 1, until: 3 } }, /klWeight.first must be a positive number, got 0/);
  refuses({ batchSize: 0 }, /batchSize/);
  assert.throws(() => picturesOf(new Float32Array(10), [2, 2, 3]), /no whole count of pictures of shape \[2,2,3\]/);
  assert.throws(() => picturesOf(Float32Array.of(0, 2, 0), [1, 1, 3]), /picture 0 holds 2: pictures lie in \[−1, 1\]/);
  await assert.rejects(latentSize(network, pictures, { count: 0 }), /count/);
  network.dispose();
});
