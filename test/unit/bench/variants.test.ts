/** The variants of diffusion on one budget: steps, evaluations that were really made, distances with their floor. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadDiffusionModel, loadLatent } from "diffusion-lab/families";
import { featureSet, featuresOf } from "diffusion-lab/metrics";
import { DigitDetector } from "diffusion-lab/networks";
import { RandomStream } from "diffusion-lab/random";
import { tf } from "diffusion-lab/runtime";
import { factFeatures, latentRow } from "../../bench/variants/captions.js";
import {
  compared,
  stepsOf,
  variantMarkdown,
  variantRow,
  variants,
  type VariantRow,
} from "../../bench/variants/table.js";
import { variantsLine } from "../../bench/headlines.js";
import { writeSmallPipeline } from "../families/latent/small-pipeline.js";

const folder = mkdtempSync(join(tmpdir(), "variants-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a budget becomes steps: two evaluations a step of Heun and of guidance, none where the solver chooses", () => {
  assert.deepEqual(
    variants.map((variant) => stepsOf(variant, 50)),
    [50, 50, 50, 25, undefined, 25],
  );
  assert.throws(() => stepsOf(variants[5], 1), /ddim needs more than 1 evaluations for one step: raise --budget/);
});

test("evaluations are those that were made, for each example", async () => {
  const model = loadDiffusionModel("assets/mnist-unet");
  const real = featureSet(new RandomStream(0, "real").normals(6 * 784), 784);
  const judged = { count: 6, seed: 1, real, featuresOf: (images: tf.Tensor4D) => featuresOf(images) };
  const made: Record<string, number> = {};
  for (const variant of [variants[0], variants[3], variants[5]]) {
    const { title, evaluations, seconds, coverage } = await variantRow(model, variant, 4, judged);
    made[title] = evaluations;
    assert.equal(seconds > 0 && coverage >= 0 && coverage <= 1, true);
  }
  assert.deepEqual(made, { DDPM: 4, "probability-flow ODE, Heun": 3, "classifier-free guidance, DDIM": 4 });
  model.dispose();
});

test("a set compared with itself is at no distance and covers all", () => {
  const set = featureSet(new RandomStream(0, "set").normals(40 * 3), 3);
  const { frechet, coverage, precision } = compared(set, set);
  assert.equal(Math.abs(frechet) < 1e-6, true, `${frechet}`);
  assert.deepEqual([coverage, precision], [1, 1]);
});

test("latent diffusion draws captions, and is compared by the probabilities of each fact", async () => {
  writeSmallPipeline(folder);
  const [model, detector] = [loadLatent(folder), new DigitDetector({ channels: [8, 8, 8], features: 8 })];
  const pictures = tf.zeros([3, 32, 32, 3]) as tf.Tensor4D;
  const features = factFeatures(detector, pictures);
  pictures.dispose();
  assert.deepEqual([features.count, features.dimension], [3, 9 * (11 + 8 + 2) + 4]);
  // Nine places with three facts each, and the ground.
  const sum = Array.from(features.values.subarray(0, features.dimension)).reduce((total, value) => total + value, 0);
  assert.equal(Math.abs(sum - 28) < 1e-4, true, `${sum}`);
  await model
    .draw({ count: 6, steps: 2, sampler: "ddim", condition: { prompt: "7" } })
    .then((drawn) => drawn.dispose());
  const before = tf.memory().numTensors;
  const { row, floor } = await latentRow(model, detector, { budget: 4, count: 6, seed: 2 });
  assert.equal(tf.memory().numTensors, before);
  assert.deepEqual([row.title, row.evaluations, row.pictures], ["latent, DDIM, guidance 3", 4, "captioned digits"]);
  assert.equal(floor.frechet < row.frechet || floor.coverage >= row.coverage, true);
  model.dispose();
  detector.dispose();
});

test("the page has real pictures in italics, and README's line compares digits within the budget alone", () => {
  const row: VariantRow = {
    title: "DDIM",
    pictures: "digits",
    evaluations: 50,
    seconds: 0.1234,
    frechet: 20,
    coverage: 0.7,
    precision: 0.9,
  };
  const rows = [
    row,
    { ...row, title: "DDPM", frechet: 25, coverage: 0.8 },
    { ...row, title: "adaptive", evaluations: 419, frechet: 1, coverage: 1 },
    { ...row, title: "latent", pictures: "captioned digits", frechet: 1 },
  ];
  const settings = { budget: 50, count: 500, seed: 7, processor: "2 cores, X" };
  const page = variantMarkdown(rows, [{ ...row, title: "real, training" }], settings);
  assert.match(page, /^\| DDIM \| digits \| 50 \| 0\.12 \| 20\.0 \| 0\.700 \| 0\.900 \|$/m);
  assert.match(page, /^\| \*real, training\* \| digits \|  \|  \| \*20\.0\* \| \*0\.700\* \| \*0\.900\* \|$/m);
  assert.equal(
    variantsLine(page),
    "in 50 evaluations DDIM comes nearest to real digits (Fréchet 20.0), and DDPM covers most of them (0.800).",
  );
});
