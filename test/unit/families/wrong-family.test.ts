/** A checkpoint of one family is refused by every other, by name, and changes nothing; so is data smaller than a batch. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { linearSchedule } from "../../../src/diffusion/index.js";
import {
  ClassificationTask,
  DiffusionTask,
  GanTask,
  loadClassifier,
  loadDiffusionModel,
  loadGan,
  loadNormalisingFlow,
  loadVae,
  NormalisingFlowTask,
  saveClassifier,
  saveDiffusionModel,
  saveGan,
  saveNormalisingFlow,
  saveVae,
  VaeTask,
} from "../../../src/families/index.js";
import { Classifier, MlpDiscriminator, MlpGenerator, MlpVae, PointMlp, RealNvp } from "../../../src/networks/index.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { Trainer, type TrainingTask } from "../../../src/training/index.js";

const root = mkdtempSync(join(tmpdir(), "families-"));
after(() => rmSync(root, { recursive: true }));
const hidden = [4];
const path = linearSchedule({ T: 100 });
const points = new PointMlp({ hidden }, { seed: 0 });
const vae = new MlpVae({ hidden, likelihood: "gaussian" }, { seed: 0 });
const flow = new RealNvp({ num_couplings: 2, hidden }, { seed: 0 });
const players = {
  generator: new MlpGenerator({ hidden }, { seed: 0 }),
  discriminator: new MlpDiscriminator({ hidden }, { seed: 0 }),
};
const classifier = new Classifier({ height: 8, width: 8, channels: [8, 8, 8], features: 4, classes: 3 }, { seed: 0 });
const data = new RandomStream(0, "data").normals(2 * 8);

const folder = (name: string): string => join(root, name);
flow.initialise(tf.tensor2d(data, [8, 2]));
saveDiffusionModel(folder("diffusion"), { network: points, path, config: { prediction: "noise", shape: [2] } });
saveVae(folder("vae"), { network: vae });
saveNormalisingFlow(folder("flow"), { network: flow });
saveGan(folder("gan"), players);
saveClassifier(folder("classifier"), { classifier, heldOutAccuracy: 0.5 });

const loaders: Readonly<Record<string, (folder: string) => { dispose(): void }>> = {
  diffusion: (from) => loadDiffusionModel(from, { expect: "PointMlp" }),
  vae: loadVae,
  flow: loadNormalisingFlow,
  gan: loadGan,
  classifier: loadClassifier,
};

test("each family opens its own folder, and refuses those of the others by both names, without a tensor left", () => {
  const before = tf.memory().numTensors;
  for (const [family, load] of Object.entries(loaders)) {
    load(folder(family)).dispose();
    for (const other of Object.keys(loaders).filter((name) => name !== family)) {
      assert.throws(() => load(folder(other)), /model_index\.json is of class ".+".*/, `${other} opened as ${family}`);
    }
  }
  assert.equal(tf.memory().numTensors, before);
});

const tasks: Readonly<Record<string, (batchSize: number) => TrainingTask>> = {
  diffusion: (batchSize) => new DiffusionTask({ network: points, path, data, shape: [2], batchSize }),
  vae: (batchSize) => new VaeTask({ network: vae, data, batchSize }),
  flow: (batchSize) => new NormalisingFlowTask({ network: flow, data, batchSize }),
  gan: (batchSize) => new GanTask({ ...players, data, batchSize }),
};

test("a training's state is refused by the other families, and their parameters stay", () => {
  for (const [family, make] of Object.entries(tasks)) {
    const trainer = new Trainer(make(4));
    const state = join(root, `${family}.state`);
    trainer.save(state);
    for (const [other, makeOther] of Object.entries(tasks).filter(([name]) => name !== family)) {
      const wrong = new Trainer(makeOther(4));
      const phase = wrong.task.phases[0];
      const values = phase.trains.toFlat();
      assert.throws(
        () => wrong.restore(state),
        /state of (another network|a training with the phases)/,
        `${family} as ${other}`,
      );
      assert.deepEqual(phase.trains.toFlat(), values);
      wrong.dispose();
    }
    trainer.dispose();
  }
});

test("data smaller than a batch is refused with the remedy, but by diffusion, which draws a time for each copy", () => {
  for (const [family, make] of Object.entries(tasks)) {
    assert.ok(make(8), family);
    if (family === "diffusion") {
      assert.ok(make(9), family);
      continue;
    }
    assert.throws(
      () => make(9),
      /the data holds 8 examples, fewer than a batch of 9: give a smaller batchSize, or more data/,
      family,
    );
  }
  const images = new Float32Array(2 * 64);
  assert.throws(
    () => new ClassificationTask({ classifier, images, labels: Uint8Array.of(0, 1), batchSize: 3 }),
    /the data holds 2 examples, fewer than a batch of 3/,
  );
});
