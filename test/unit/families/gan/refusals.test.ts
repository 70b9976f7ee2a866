/** What a GAN refuses, by name, before any work: its task, its requests, its folders. And what it says of a failing game. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  ConvVae,
  discriminatorAccuracy,
  GanModel,
  gradientPenalty,
  loadGan,
  loadModel,
  meanPairwiseDistance,
  MlpDiscriminator,
  MlpGenerator,
  modesCovered,
  r1Penalty,
  ringModes,
  saveGan,
  saveVae,
  signsOfFailure,
  Trainer,
  type GanTask,
  type GanTaskOptions,
} from "../../../../src/index.js";
import * as tf from "../../../../src/runtime/tf.js";
import { pointGenerator, RING, ringTask } from "./players.js";

const folder = mkdtempSync(join(tmpdir(), "gan-refusals-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const players = () => ({
  generator: new MlpGenerator({ hidden: [4] }),
  discriminator: new MlpDiscriminator({ hidden: [4] }),
});

test("a task that cannot be trained is refused before a step", () => {
  const wrong: [options: object, message: RegExp][] = [
    [{ data: new Float32Array(9) }, /9 numbers are no whole count of examples of shape \[2\]/],
    [{ data: new Float32Array(20) }, /the data holds 10 examples, fewer than a batch of 16: give a smaller batchSize/],
    [{ data: new Float32Array(64).fill(NaN, 10) }, /example 5 of the data holds NaN: remove it/],
    [{ loss: "hinge" }, /loss of GanTask must be one of non-saturating, least-squares, wasserstein, got hinge/],
    [{ loss: "wassserstein" }, /loss of GanTask must be one of .*, got wassserstein: did you mean "wasserstein"\?/],
    [{ batchSize: 1 }, /batchSize of a GAN must be a whole number ≥ 2, got 1/],
    [{ discriminatorSteps: 0 }, /discriminatorSteps must be a whole number ≥ 1, got 0/],
    [
      { discriminator: new MlpDiscriminator({ dimensions: 3 }) },
      /examples of shape \[2\], the discriminator takes \[3\]/,
    ],
    [{ players: { critic: {} } }, /unknown option "critic" of players/],
    [{ penality: r1Penalty() }, /unknown option "penality" of GanTask: did you mean "penalty"/],
    [{ modes: { means: new Float32Array(3), std: 1 } }, /3 numbers are no means of examples of shape \[2\]/],
  ];
  for (const [options, message] of wrong) assert.throws(() => ringTask(options as Partial<GanTaskOptions>), message);
  assert.throws(() => r1Penalty({ gamma: 0 }), /gamma must be a finite number > 0, got 0/);
  assert.throws(() => gradientPenalty({ weight: Infinity }), /weight must be a finite number > 0, got Infinity/);
});

test("an option of a player that is out of range is refused when the trainer is made", () => {
  const task = ringTask({ players: { generator: { learningRate: -1 } } });
  assert.throws(() => new Trainer(task), /the learning rate must be positive and finite, got -1/);
});

test("a request that cannot be drawn is refused", async () => {
  const model = new GanModel(players());
  await assert.rejects(model.draw({ count: 0 }), /count must be a whole number ≥ 1, got 0/);
  await assert.rejects(model.draw({ count: 1, temperature: -1 }), /temperature must be a finite number ≥ 0, got -1/);
  await assert.rejects(
    model.draw({ count: 1, condition: { label: 3 } }),
    /this GAN knows no conditions: leave label out/,
  );
  await assert.rejects(model.draw({ count: 1, steps: 3 } as never), /unknown option "steps"/);
  model.dispose();
});

test("a folder of another family, with another network in a player's place, or damaged, is refused", () => {
  const vae = join(folder, "vae");
  const network = new ConvVae({ height: 4, width: 4, block_out_channels: [4], norm_num_groups: 2 });
  saveVae(vae, { network });
  assert.throws(() => loadGan(vae), /is of class "VaeModel", a GAN's is "GanModel"/);
  const place = join(folder, "gan");
  saveGan(place, players());
  const index = join(place, "model_index.json");
  const text = readFileSync(index, "utf8");
  const before = tf.memory().numTensors;
  writeFileSync(index, text.replaceAll("MlpGenerator", "MlpDiscriminator"));
  assert.throws(() => loadModel(place), /is of class "MlpGenerator", but the index says "MlpDiscriminator"/);
  // The discriminator's folder under the generator's name.
  const swapped = text.replace('"generator"', '"other"').replace('"discriminator"', '"generator"');
  writeFileSync(index, swapped.replace('"other"', '"discriminator"'));
  assert.throws(() => loadModel(place), RangeError);
  writeFileSync(index, text);
  const config = join(place, "discriminator", "config.json");
  const kept = readFileSync(config, "utf8");
  writeFileSync(config, kept.replace('"dimensions": 2', '"dimensions": 3'));
  assert.throws(() => loadModel(place), RangeError);
  writeFileSync(config, kept.replace('"negative_slope": 0.2', '"negative_slope": 2'));
  assert.throws(() => loadModel(place), /negative_slope must lie in 0 … < 1, got 2/);
  assert.equal(tf.memory().numTensors, before);
});

test("a network that no folder can name is not saved", () => {
  assert.throws(
    () => saveGan(join(folder, "own"), { generator: pointGenerator([0]) }),
    /generator must be a DcganGenerator or an MlpGenerator/,
  );
});

/** The phases of a step of the task, as a report has them. */
async function phasesOf(task: GanTask) {
  const trainer = new Trainer(task);
  const report = await trainer.run(1);
  trainer.dispose();
  return report!.phases;
}

test("a generator of one point is told from one that does well, in the metrics and in words", async () => {
  const [x, y] = ringModes(RING).means;
  const collapsed = await phasesOf(ringTask({ generator: pointGenerator([x, y]) }));
  assert.equal(collapsed["generator"].metrics["diversity"], 0);
  assert.equal(collapsed["generator"].metrics["modes"], 1);
  const signs = signsOfFailure(collapsed, 8);
  assert.match(signs.join("; "), /the generator collapses: .* 0\.00 times.*; the generator reaches 1 of 8 modes/);
  const well = {
    discriminator: { ...collapsed["discriminator"], metrics: { accuracy: 0.6 } },
    generator: { ...collapsed["generator"], metrics: { diversity: 0.97, modes: 8 } },
  };
  assert.deepEqual(signsOfFailure(well, 8), []);
  const lost = { ...well, discriminator: { ...well.discriminator, metrics: { accuracy: 1 } } };
  assert.deepEqual(signsOfFailure(lost), ["the discriminator wins: it tells 100 % of pairs apart"]);
});

test("the metrics are what they say, and leave nothing behind", () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    // 3, 4 and 5 apart
    const triangle = tf.tensor2d([0, 0, 3, 0, 0, 4], [3, 2]);
    assert.ok(Math.abs(meanPairwiseDistance(triangle).dataSync()[0] - 4) < 1e-5);
    const far = tf.add(triangle, 1000);
    assert.ok(Math.abs(meanPairwiseDistance(far).dataSync()[0] - 4) < 1e-3);
    // Of six pairs, 2 > 1, 3 > 1 and 3 > 2.5 are told apart.
    const accuracy = discriminatorAccuracy(tf.tensor1d([2, 3, 0]), tf.tensor1d([1, 2.5]));
    assert.ok(Math.abs(accuracy.dataSync()[0] - 3 / 6) < 1e-6);
    const modes = { means: Float32Array.of(0, 0, 3, 0, 9, 9), std: 0.1 };
    assert.equal(modesCovered(triangle, modes).dataSync()[0], 2);
  });
  assert.equal(tf.memory().numTensors, before);
});
