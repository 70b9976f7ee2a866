/** The GAN: its training, what it reports, its folder and its drawing. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import {
  DcganDiscriminator,
  DcganGenerator,
  GanModel,
  GanTask,
  gradientPenalty,
  loadGan,
  loadModel,
  MlpDiscriminator,
  MlpGenerator,
  r1Penalty,
  RandomStream,
  saveGan,
  Trainer,
  type AdversarialLossName,
  type GanTaskOptions,
} from "../../../../src/index.js";
import * as tf from "../../../../src/runtime/tf.js";
import { TrainingDivergedError } from "../../../../src/training/index.js";
import { assertGraphEqualsEager } from "../../training/graph-equals-eager.js";
import { ringTask } from "./players.js";

const folder = mkdtempSync(join(tmpdir(), "gan-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const image = { height: 8, width: 4, block_out_channels: [4, 6] };
const imagePlayers = (weight_norm: "spectral" | null = null) => ({
  generator: new DcganGenerator({ ...image, latent_channels: 3, norm_num_groups: 2 }, { seed: 1 }),
  discriminator: new DcganDiscriminator({ ...image, weight_norm }, { seed: 2 }),
});
const pictures = (count: number): Float32Array =>
  new RandomStream(3, "pictures").uniforms(count * 32).map((u) => 2 * u - 1);

/** Every kind of game, small. */
const tasks: Readonly<Record<string, () => GanTask>> = {
  "non-saturating with R1, images": () =>
    new GanTask({ ...imagePlayers(), data: pictures(8), batchSize: 4, penalty: r1Penalty() }),
  "least squares with spectral norm, images": () =>
    new GanTask({ ...imagePlayers("spectral"), data: pictures(8), batchSize: 4, loss: "least-squares" }),
  "Wasserstein with a gradient penalty, points": () =>
    ringTask({ loss: "wasserstein", penalty: gradientPenalty(), discriminatorSteps: 2 }),
  "R1 and spectral norm at once": () =>
    new GanTask({ ...imagePlayers("spectral"), data: pictures(8), batchSize: 4, penalty: r1Penalty() }),
};

for (const [name, make] of Object.entries(tasks)) {
  test(`the recorded step equals the step operation by operation, and leaves no tensor: ${name}`, () => {
    assertGraphEqualsEager(make);
  });
}

test("a training that was stopped goes on to the same bits, both players and buffers in one file", async () => {
  const make = (): Trainer =>
    new Trainer(
      new GanTask({
        ...imagePlayers("spectral"),
        data: pictures(20),
        batchSize: 4,
        discriminatorSteps: 2,
        penalty: r1Penalty(),
        players: { generator: { learningRate: 3e-3, averageDecay: 0.9 } },
      }),
      { learningRate: 1e-3 },
    );
  const [one, other] = ["straight", "resumed"].map((name) => join(folder, `${name}.safetensors`));
  const straight = make();
  await straight.run(1);
  const before = tf.memory().numTensors;
  await straight.run(10);
  assert.equal(tf.memory().numTensors, before);
  straight.save(one);
  const stopped = make();
  await stopped.run(5);
  stopped.save(other);
  const resumed = make();
  resumed.restore(other);
  await resumed.run(6);
  resumed.save(other);
  assert.deepEqual(readFileSync(other), readFileSync(one));
  for (const trainer of [straight, stopped, resumed]) trainer.dispose();
});

test("points: R1 reaches every mode of the ring, and the report says so", async () => {
  for (const [loss, options] of Object.entries({
    "non-saturating": { penalty: r1Penalty({ gamma: 0.1 }) },
    wasserstein: { penalty: gradientPenalty({ weight: 1 }), discriminatorSteps: 3 },
  } satisfies Partial<Record<AdversarialLossName, Partial<GanTaskOptions>>>)) {
    const hidden = [64, 64];
    const players = {
      generator: new MlpGenerator({ hidden }, { seed: 1 }),
      discriminator: new MlpDiscriminator({ hidden }, { seed: 2 }),
    };
    const task = ringTask({ ...players, ...options, loss: loss as AdversarialLossName, batchSize: 128 });
    const trainer = new Trainer(task, { learningRate: 2e-3 });
    const report = await trainer.run(900);
    const { generator, discriminator } = report!.phases;
    assert.equal(generator.metrics["modes"], 8, loss);
    assert.ok(Math.abs(generator.metrics["diversity"] - 1) < 0.15, `${loss}: ${generator.metrics["diversity"]}`);
    assert.ok(discriminator.metrics["accuracy"] < 0.9, `${loss}: ${discriminator.metrics["accuracy"]}`);
    trainer.dispose();
  }
});

test("what diverges stops at its step, names its player, and leaves the parameters of the step before", async () => {
  const task = ringTask({ loss: "wasserstein", players: { discriminator: { learningRate: 1e18 } } });
  const trainer = new Trainer(task, { learningRate: 1e-3 });
  const seen: number[] = [];
  await assert.rejects(
    trainer.run(200, { onStep: ({ step }) => seen.push(step) }),
    (error: unknown) =>
      error instanceof TrainingDivergedError && /at step \d+ in phase "(discriminator|generator)"/.test(error.message),
  );
  assert.equal(trainer.step, seen.length);
  for (const { trains } of task.phases) assert.ok(trains.toFlat().every(Number.isFinite));
  trainer.dispose();
});

test("what is saved opens to the same model, by loadModel too, with the discriminator or without", async () => {
  const players = imagePlayers("spectral");
  for (const parts of [players, { generator: players.generator }]) {
    const place = join(folder, `model-${Object.keys(parts).length}`);
    saveGan(place, parts);
    const opened = loadModel(place);
    assert.equal(opened.family, "gan");
    assert.deepEqual(opened.shape, [8, 4, 1]);
    const model = new GanModel(players);
    const [expected, found] = [await model.draw({ count: 5, seed: 7 }), await opened.draw({ count: 5, seed: 7 })];
    assert.deepEqual(found.dataSync(), expected.dataSync());
    const { discriminator } = opened as GanModel;
    assert.equal(discriminator !== undefined, "discriminator" in parts);
    if (discriminator) {
      const [judged, before] = [discriminator.apply(expected), players.discriminator.apply(expected)];
      assert.deepEqual(judged.dataSync(), before.dataSync());
    }
    opened.dispose();
  }
});

test("other values of a player are what its part then holds", () => {
  const place = join(folder, "values");
  const generator = new MlpGenerator({ hidden: [4] }, { seed: 1 });
  const values = generator.parameters.toFlat().map((value) => value / 2);
  saveGan(place, { generator }, { values: { generator: values } });
  const opened = loadGan(place);
  assert.deepEqual(opened.generator.parameters.toFlat(), values);
  opened.dispose();
});

test("an example depends on the seed and its number alone; drawing leaves no tensor and takes a temperature", async () => {
  const model = new GanModel(imagePlayers());
  const one = await model.draw({ count: 6, seed: 1 });
  const before = tf.memory().numTensors;
  const batched = await model.draw({ count: 6, seed: 1, batchSize: 4 });
  assert.equal(tf.memory().numTensors, before + 1);
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(one, batched))).dataSync()[0]);
  assert.ok(difference < 1e-6, `${difference}`);
  const other = await model.draw({ count: 6, seed: 2 });
  assert.notDeepEqual(other.dataSync(), one.dataSync());
  const mean = await model.draw({ count: 2, temperature: 0 });
  const [first, second] = tf.split(mean, 2).map((half) => half.dataSync());
  assert.deepEqual(first, second);
  assert.equal(model.describe({ count: 1 }), "temperature 1");
  model.dispose();
});

test("drawing ends between two batches when it is asked to, by a signal or by Ctrl-C, and leaves no tensor", async () => {
  const model = new GanModel(imagePlayers());
  (await model.draw({ count: 1, batchSize: 1 })).dispose();
  const before = tf.memory().numTensors;
  const stop = new AbortController();
  const request = { count: 4, batchSize: 1, onProgress: () => stop.abort(new Error("enough")) };
  await assert.rejects(model.draw({ ...request, signal: stop.signal }), /enough/);
  const interrupt = (): void => void process.emit("SIGINT");
  await assert.rejects(model.draw({ count: 4, batchSize: 1, onProgress: interrupt }), /was interrupted/);
  assert.equal(tf.memory().numTensors, before);
  assert.equal(process.listenerCount("SIGINT"), 0);
  model.dispose();
});
