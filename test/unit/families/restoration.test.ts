/** Pictures as conditions: what is left of them reaches the network, what is known stays, a folder holds the same model. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { DiffusionTask, linearSchedule, loadModel, Trainer, UNet2D } from "../../../src/index.js";
import { withPicture } from "../../../src/families/latent/input-network.js";
import { recipes } from "../../../src/families/recipes.js";
import {
  loadRestoration,
  restorationExamples,
  RestorationModel,
  type RestorationTask,
  saveRestoration,
} from "../../../src/families/restoration/index.js";
import { enlarged, holes, masked, reduced } from "../../../src/families/restoration/tasks.js";
import * as tf from "../../../src/runtime/tf.js";

const folder = mkdtempSync(join(tmpdir(), "restoration-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const path = linearSchedule({ T: 100 });
const prediction = "velocity" as const;
const network = (task: RestorationTask): UNet2D =>
  new UNet2D(
    {
      sample_size: 8,
      in_channels: task === "super-resolution" ? 2 : 3,
      out_channels: 1,
      block_out_channels: [8, 8],
      layers_per_block: 1,
      down_block_types: ["DownBlock2D", "DownBlock2D"],
      up_block_types: ["UpBlock2D", "UpBlock2D"],
      norm_num_groups: 4,
    },
    { seed: 4 },
  );
/** Example i is a picture of its own. */
const originals = (first: number, count: number): tf.Tensor4D => {
  const values = Float32Array.from({ length: count * 64 }, (_, i) => Math.sin(0.37 * (first * 64 + i)));
  return tf.tensor4d(values, [count, 8, 8, 1]);
};
const modelOf = (task: RestorationTask): RestorationModel =>
  new RestorationModel({ task, network: network(task), path, prediction, originals });
const both = ["super-resolution", "inpainting"] as const;

describe("what is left of a picture", () => {
  test("is the mean of four pixels, enlarged again, or all but a hole", () => {
    const x = tf.tensor4d([0, 1, 0.5, 0.5, 1, 0, 0.5, 0.5], [1, 2, 4, 1]);
    assert.deepEqual([...reduced(x).dataSync()], [0.5, 0.5]);
    assert.deepEqual([...enlarged(tf.tensor4d([1, 2], [1, 1, 2, 1])).dataSync()], [1, 1, 2, 2, 1, 1, 2, 2]);
    const mask = tf.tensor4d([1, 0, 0, 0, 1, 0, 0, 0], [1, 2, 4, 1]);
    assert.deepEqual([...masked(x, mask).dataSync()], [1, 0, 0, 1, 0, 0.5, 0, 0.5, 1, 0, 0, 0, 0, 0.5, 0, 0.5]);
  });

  test("holes are rectangles of 0.3 to 0.7 of each side, by seed and number alone", () => {
    const [a, b] = [
      holes({ count: 40, height: 10, width: 20 }, { seed: 1, purpose: "p", first: 0 }),
      holes({ count: 39, height: 10, width: 20 }, { seed: 1, purpose: "p", first: 1 }),
    ];
    assert.deepEqual([...tf.slice(a, 1).dataSync()], [...b.dataSync()]);
    const values = a.dataSync();
    for (let i = 0; i < 40; i++) {
      const inside = Array.from({ length: 200 }, (_, k) => k).filter((k) => values[i * 200 + k] === 1);
      const [rows, columns] = [inside.map((k) => Math.floor(k / 20)), inside.map((k) => k % 20)];
      const span = (list: number[]): number => Math.max(...list) - Math.min(...list) + 1;
      assert.equal(span(rows) * span(columns), inside.length);
      assert.deepEqual([span(rows) >= 3 && span(rows) <= 7, span(columns) >= 6 && span(columns) <= 14], [true, true]);
    }
  });
});

describe("training", () => {
  const data = Float32Array.from({ length: 6 * 64 }, (_, i) => Math.sin(i));
  const begun = (task: RestorationTask): Trainer => {
    const source = restorationExamples({ task, data, shape: [8, 8, 1], seed: 2 });
    const net = withPicture(network(task), 1);
    const diffusion = new DiffusionTask({
      network: net,
      path,
      data: source,
      shape: [8, 8, 1],
      prediction,
      batchSize: 4,
      seed: 2,
    });
    return new Trainer(diffusion, { learningRate: 1e-3 });
  };

  test("examples are a pure function of the step, and the picture is that of its own example", () => {
    for (const task of both) {
      const source = restorationExamples({ task, data, shape: [8, 8, 1], seed: 2 });
      const [one, same, other] = [source.batch(3, 4), source.batch(3, 4), source.batch(4, 4)];
      assert.deepEqual([...one.x0.dataSync()], [...same.x0.dataSync()]);
      assert.deepEqual([...one.condition["picture"].dataSync()], [...same.condition["picture"].dataSync()]);
      assert.notDeepEqual([...one.condition["picture"].dataSync()], [...other.condition["picture"].dataSync()]);
      const [x0, picture] = [one.x0 as tf.Tensor4D, one.condition["picture"] as tf.Tensor4D];
      const left =
        task === "super-resolution"
          ? enlarged(reduced(x0))
          : masked(x0, tf.slice(picture, [0, 0, 0, 0], [-1, -1, -1, 1]));
      assert.deepEqual([...picture.dataSync()], [...left.dataSync()]);
    }
  });

  test("goes on to the same numbers from what it saved", async () => {
    for (const task of both) {
      const straight = begun(task);
      await straight.run(4);
      const stopped = begun(task);
      await stopped.run(2);
      const state = join(folder, `${task}.safetensors`);
      stopped.save(state);
      const resumed = begun(task);
      resumed.restore(state);
      await resumed.run(2);
      assert.deepEqual(resumed.averageValues, straight.averageValues);
      [straight, stopped, resumed].forEach((trainer) => trainer.dispose());
    }
  });
});

describe("drawing", () => {
  test("depends on the picture, on seed and number, not on the batch, and leaves no tensor", async () => {
    for (const task of both) {
      const model = modelOf(task);
      const whole = await model.draw({ count: 5, seed: 3, steps: 2 });
      assert.deepEqual(whole.shape, [5, 8, 8, 1]);
      const before = tf.memory().numTensors;
      const parts = await model.draw({ count: 5, seed: 3, steps: 2, batchSize: 2 });
      assert.equal(tf.memory().numTensors, before + 1);
      const difference = tf.max(tf.abs(tf.sub(whole, parts))).dataSync()[0];
      assert.equal(difference < 1e-5, true, `${difference}`);
      const image = tf.zeros(task === "super-resolution" ? [4, 4, 1] : [8, 8, 1]);
      const other = await model.draw({ count: 5, seed: 3, steps: 2, image });
      assert.notDeepEqual([...other.dataSync()], [...whole.dataSync()]);
      model.dispose();
    }
  });

  test("of inpainting is the picture itself outside the hole", async () => {
    const model = modelOf("inpainting");
    const image = tf.tidy(() => tf.reshape(originals(9, 1), [8, 8, 1]));
    const mask = tf.tensor2d(
      Array.from({ length: 64 }, (_, i) => (i % 8 < 3 ? 1 : 0)),
      [8, 8],
    );
    const drawn = (await model.draw({ count: 2, steps: 2, image, mask })).dataSync();
    const given = image.dataSync();
    drawn.forEach((value, k) => {
      if (k % 8 >= 3) assert.equal(value, given[k % 64]);
    });
    assert.notEqual(drawn[0], given[0]);
    model.dispose();
  });

  test("what does not fit is refused by name before any work", async () => {
    const [sharp, filled] = both.map(modelOf);
    const refused = (model: RestorationModel, request: object, what: RegExp): Promise<void> =>
      assert.rejects(model.draw({ count: 2, steps: 2, ...request }), what);
    await refused(
      sharp,
      { image: tf.zeros([8, 8, 1]) },
      /image must be \[4,4,1\] for all examples, or \[2,4,4,1\], got \[8,8,1\]/,
    );
    await refused(sharp, { image: tf.fill([4, 4, 1], 255) }, /image must lie in −1 … 1, but reaches 255/);
    await refused(sharp, { mask: tf.ones([8, 8]) }, /a mask is for inpainting/);
    await refused(filled, { mask: tf.ones([8, 8]) }, /give the image too/);
    await refused(filled, { image: tf.zeros([8, 8, 1]), mask: tf.zeros([8, 8]) }, /mask is 0 everywhere/);
    await refused(
      filled,
      { image: tf.zeros([8, 8, 1]), mask: tf.ones([4, 8]) },
      /mask must have the model's size, \[8,8\], got \[4,8\]/,
    );
    await refused(sharp, { guidance: 2 }, /unknown option "guidance"/);
    await refused(sharp, { condition: { label: 1 } }, /knows no conditions: leave label out/);
    assert.throws(
      () => new RestorationModel({ task: "inpainting", network: network("super-resolution"), path, prediction }),
      /inpainting of pictures of 1 channels needs a network of in_channels 3, got 2/,
    );
    sharp.dispose();
    filled.dispose();
  });
});

test("a folder holds the same model, under the name of its family", async () => {
  for (const task of both) {
    const model = modelOf(task);
    const place = join(folder, task);
    saveRestoration(place, { task, network: model.parts.network, path, prediction });
    const image = tf.fill(task === "super-resolution" ? [4, 4, 1] : [8, 8, 1], 0.25);
    const request = { count: 2, seed: 1, steps: 3, image };
    const opened = loadModel(place);
    assert.deepEqual([opened.family, opened.describe(request)], ["restoration", `${task}, ddim, 3 steps`]);
    assert.deepEqual([...(await opened.draw(request)).dataSync()], [...(await model.draw(request)).dataSync()]);
    await assert.rejects(opened.draw({ count: 1 }), /this model knows no pictures: give an image to complete/);
    opened.dispose();
    model.dispose();
  }
  const recipe = recipes["digit-super-resolution"];
  const made = recipe.make({ seed: 0, batchSize: 2, steps: 1 });
  const trainer = new Trainer(made.task, recipe.trainerOptions(1));
  await trainer.run(1);
  const place = join(folder, "trained");
  await made.save({ folder: place, trainer, record: { command: "", seed: 0 } as never, format: "F16" });
  const opened = loadRestoration(place);
  const drawn = await opened.draw({ count: 2, steps: 2 });
  assert.deepEqual(drawn.shape, [2, 28, 28, 1]);
  opened.dispose();
});
