/**
 * The two ends of a trip to a cluster and back; src/networks/README.md tells it.
 *
 * `node --import tsx cluster-trip.ts out FOLDER [MODEL]`  writes FOLDER/start (MODEL, default assets/mnist-unet, in float32)
 *                                                       and FOLDER/digits.safetensors
 * `node --import tsx cluster-trip.ts back FOLDER`        opens FOLDER/back, compares the networks' outputs before and after
 *                                                       with what continue_training.py saw, and draws FOLDER/grid.png
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import { generate } from "../../../src/families/diffusion/generate.js";
import { loadDigits, Normaliser } from "../../../src/data/index.js";
import type { UNet2D } from "../../../src/networks/index.js";
import { fromDiffusers, saveDiffusionModel } from "../../../src/families/index.js";
import { readSafetensors, writeSafetensors, type NamedTensor } from "../../../src/files/index.js";
import { imageGrid } from "../../../src/plot/index.js";
import { ddim } from "../../../src/samplers/index.js";
import { loadDiffusionModel } from "../../../src/families/index.js";
import { fromTorch, relativeError, toTorch } from "./formula.js";

const [, , command, folder, model = "assets/mnist-unet"] = process.argv;
if (folder === undefined) throw new Error("name a folder: see the head of this file");

function out(): void {
  const start = join(folder, "start");
  mkdirSync(start, { recursive: true });
  saveDiffusionModel(start, loadDiffusionModel(model));
  const digits = loadDigits({ split: "train" });
  const values = new Normaliser().encode(digits.images);
  // One channel: [N, H, W, 1] and [N, 1, H, W] are the same numbers in the same order.
  const images = { shape: [digits.count, 1, 28, 28], values };
  const labels = { shape: [digits.count], values: Float32Array.from(digits.labels) };
  writeSafetensors(join(folder, "digits.safetensors"), [
    ["images", images],
    ["labels", labels],
  ]);
}

/** The labels of the first digits, which the script looked at, for a network that needs them. */
function conditionOf(unet: UNet2D, count: number): { label?: tf.Tensor1D } {
  if (unet.config.num_class_embeds === null) return {};
  return { label: tf.tensor1d([...loadDigits({ split: "train" }).labels.subarray(0, count)], "int32") };
}

function difference(unet: UNet2D, images: NamedTensor, times: NamedTensor, expected: NamedTensor): string {
  return tf.tidy(() => {
    const x = fromTorch(tf.tensor(images.values, [...images.shape]));
    const output = toTorch(unet.apply(x, tf.tensor1d(times.values), conditionOf(unet, images.shape[0])));
    return relativeError(output.dataSync(), [...expected.values]).toExponential(1);
  });
}

async function back(): Promise<void> {
  const [images, times, before, after] = readSafetensors(join(folder, "back", "outputs.safetensors"), (file) => {
    return ["images", "times", "before", "after"].map((name) => file.read(name));
  });
  const start = fromDiffusers(join(folder, "start", "unet"), { expect: "UNet2DModel" });
  console.log(`before: relative difference of the output ${difference(start, images, times, before)}`);
  const unet = fromDiffusers(join(folder, "back", "unet"), { expect: "UNet2DModel" });
  console.log(`after:  relative difference of the output ${difference(unet, images, times, after)}`);
  console.log(`before and after: ${difference(start, images, times, after)}`);
  const model = loadDiffusionModel(join(folder, "back"));
  const drawn = await generate(model, { sampler: ddim, steps: 50, count: 32, seed: 7 });
  writeFileSync(join(folder, "grid.png"), imageGrid(drawn, { columns: 8 }).png);
}

await ({ out, back } as Record<string, () => void | Promise<void>>)[command]();
