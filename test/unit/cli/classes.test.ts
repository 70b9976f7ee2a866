/** A model with classes draws the class asked for, guided, and refuses classes it does not know. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { generate, GUIDANCE_SCALE, type GenerateOptions } from "../../../src/families/diffusion/generate.js";
import { clipStatic, guided, linearSchedule } from "../../../src/diffusion/index.js";
import { ddim, ddpm, normalNoise, sample } from "../../../src/samplers/index.js";
import {
  loadDiffusionModel,
  networkDenoiser,
  saveDiffusionModel,
  type DiffusionConfig,
} from "../../../src/families/index.js";
import { toyNetwork } from "../training/toy.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "classes-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const CLASSES = 3;
const path = linearSchedule({ T: 100 });
const config: DiffusionConfig = { prediction: "noise", shape: [8, 8, 1], unconditionalLabel: CLASSES };
// A fresh network hardly answers its class: rows of the table far from each other make it.
const network = toyNetwork({ config: { num_class_embeds: CLASSES + 1 } });
const table = network.parameters.get("class_embedding.weight").variable;
table.assign(tf.mul(table, 8));
const folders = { classes: join(folder, "classes"), plain: join(folder, "plain") };
saveDiffusionModel(folders.classes, { network, path, config });
const plain = toyNetwork();
saveDiffusionModel(folders.plain, { network: plain, path, config: { prediction: "noise", shape: [8, 8, 1] } });

const model = loadDiffusionModel(folders.classes);
const common: GenerateOptions = { sampler: ddim, steps: 4, count: 5, seed: 11 };

function apart(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

/** What `generate` should draw, put together from the library's parts: one batch, classes and guidance as given. */
function byHand(labels: number[], guidanceScale: number): Promise<tf.Tensor> {
  const [label, none] = [tf.tensor1d(labels, "int32"), tf.tensor1d([CLASSES], "int32")];
  const denoiser = guided(networkDenoiser(network, linearSchedule({ T: 100 })), {
    guidanceScale,
    unconditional: { label: none },
  });
  const xT = normalNoise(11)(0, [labels.length, 8, 8, 1]);
  return sample(ddim(denoiser, linearSchedule({ T: 100 }), xT, { steps: 4, condition: { label }, clip: clipStatic() }));
}

describe("a model with classes", () => {
  test("draws its classes in turn, or the one asked for, with the guidance asked for", async () => {
    assert.equal(model.classes, CLASSES);
    const cases: [Partial<GenerateOptions>, number[], number][] = [
      [{}, [0, 1, 2, 0, 1], GUIDANCE_SCALE],
      [{ guidanceScale: 3 }, [0, 1, 2, 0, 1], 3],
      [{ guidanceScale: 1 }, [0, 1, 2, 0, 1], 1],
      [{ label: 2 }, [2, 2, 2, 2, 2], GUIDANCE_SCALE],
    ];
    for (const [options, labels, scale] of cases) {
      const [drawn, expected] = [await generate(model, { ...common, ...options }), await byHand(labels, scale)];
      // Other batches round otherwise, and four coarse steps magnify it.
      assert.ok(apart(drawn, expected) < 1e-3, `${JSON.stringify(options)}: ${apart(drawn, expected)}`);
    }
    const [weak, strong] = [await byHand([0, 1, 2, 0, 1], 1), await byHand([0, 1, 2, 0, 1], 3)];
    assert.ok(apart(weak, strong) > 0.05, "guidance changes what is drawn");
    const [zeros, twos] = [await byHand([0, 0, 0, 0, 0], 1), await byHand([2, 2, 2, 2, 2], 1)];
    assert.ok(apart(zeros, twos) > 0.05, "so does the class");
  });

  test("an image does not change with the batch it is drawn in, and nothing leaks", async () => {
    const draw = (batchSize: number): Promise<tf.Tensor> => generate(model, { ...common, sampler: ddpm, batchSize });
    (await draw(5)).dispose();
    const before = tf.memory().numTensors;
    const [all, few] = [await draw(5), await draw(2)];
    assert.ok(apart(all, few) < 1e-5, `${apart(all, few)}`);
    tf.dispose([all, few]);
    assert.equal(tf.memory().numTensors, before);
  });

  test("without a class its denoiser answers as for the row that stands for none", () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const [xt, t] = [normalNoise(1)(0, [2, 8, 8, 1]), tf.tensor1d([50, 50])];
      const answer = (label: number): tf.Tensor =>
        model.denoiser.predict(xt, t, { label: tf.tensor1d([label, label], "int32") });
      assert.equal(apart(model.denoiser.predict(xt, t), answer(CLASSES)), 0);
      assert.ok(apart(model.denoiser.predict(xt, t), answer(0)) > 0.01);
    });
    assert.equal(tf.memory().numTensors, before);
  });
});

test("an unconditional label that is not the last row of the table is refused, naming the file", () => {
  const withLabel = (folder: string, unconditional_label: unknown, check: () => void): void => {
    const path = join(folder, "model_index.json");
    const good = readFileSync(path, "utf8");
    const index = JSON.parse(good) as { _diffusion_lab: object };
    writeFileSync(path, JSON.stringify({ ...index, _diffusion_lab: { ...index._diffusion_lab, unconditional_label } }));
    check();
    writeFileSync(path, good);
  };
  for (const label of [0, CLASSES + 1, -1]) {
    withLabel(folders.classes, label, () =>
      assert.throws(
        () => loadDiffusionModel(folders.classes),
        /classes: unconditionalLabel .* must be the last row .* 3/,
      ),
    );
  }
  for (const label of [2.5, "none"]) {
    withLabel(folders.classes, label, () =>
      assert.throws(
        () => loadDiffusionModel(folders.classes),
        /model_index\.json: _diffusion_lab: unconditional_label must be a whole number/,
      ),
    );
  }
  withLabel(folders.plain, CLASSES, () =>
    assert.throws(() => loadDiffusionModel(folders.plain), /the network has none \(num_class_embeds\)/),
  );
});

test("a class the model does not know, and guidance where there are no classes, are refused before anything is drawn", async () => {
  const out = join(folder, "none.png");
  const expectations: [string[], RegExp][] = [
    [[folders.classes, "--class", "3"], /knows the classes 0 … 2, got 3/],
    [[folders.classes, "--class", "two"], /--class takes a whole number of at least 0, got "two"/],
    [[folders.classes, "--guidance", "much"], /--guidance takes a number, got "much"/],
    [[folders.plain, "--class", "1"], /knows no classes: leave class 1 out/],
    [[folders.plain, "--guidance", "2"], /trained without classes, so it cannot be guided/],
  ];
  const outcomes = await Promise.all(
    expectations.map(([args]) => command("sample", [...args, "--steps", "2", "--n", "1", "--out", out])),
  );
  outcomes.forEach(({ code, stderr }, i) => {
    assert.match(stderr, expectations[i][1]);
    assert.equal(code, 1);
  });
  assert.ok(!existsSync(out));
  const drawn = await command("sample", [
    folders.classes,
    "--class",
    "1",
    "--guidance",
    "2",
    "--steps",
    "2",
    "--n",
    "1",
    "--out",
    out,
  ]);
  assert.equal(drawn.code, 0, drawn.stderr);
  assert.ok(existsSync(out));
});
