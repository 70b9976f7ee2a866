/**
 * For open_models.py: `node --import tsx write-models.ts FOLDER` saves the models of models.ts into FOLDER and draws from
 * each; and draws digits from assets/mnist-unet. FOLDER/drawn.json has what was drawn, FOLDER/digits.safetensors the noise.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../../../src/runtime/tf.js";
import { isDiffusionModel, loadDiffusionModel, loadModel } from "../../../src/families/index.js";
import { writeSafetensors, type NamedTensor } from "../../../src/files/index.js";
import { normalNoise } from "../../../src/samplers/index.js";
import { toTorch } from "../networks/formula.js";
import { drawFrom } from "./drawing.js";
import { hashOf, models, saveModel } from "./models.js";

const [, , folder, digits = "assets/mnist-unet"] = process.argv;
if (folder === undefined) throw new Error("name a folder: see the head of this file");

const STEPS = 20;
const seen: Record<string, object> = {};
for (const [name, describe] of Object.entries(models)) {
  const place = join(folder, name);
  saveModel(name, place);
  const { sampler, steps } = describe();
  const model = loadModel(place);
  if (!isDiffusionModel(model)) throw new Error(`${name} is a ${model.family}`);
  const drawn = sampler === null ? null : [...(await drawFrom(model, { sampler, steps })).dataSync()];
  model.dispose();
  seen[name] = { sha256: hashOf(place), sampler, steps, drawn };
}

const model = loadDiffusionModel(digits);
const noise = normalNoise(7);
const condition = { label: tf.tensor1d([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "int32") };
const shape = [10, ...model.shape];
const tensors: [string, NamedTensor][] = [];
const keep = (name: string, tensor: tf.Tensor): void => {
  tensors.push([name, { shape: tensor.shape, values: tensor.dataSync<"float32">() }]);
};
// One more than is used here: upstream also draws at the last step, for a variance of 1e-20.
for (let draw = 0; draw <= STEPS; draw++) keep(`noise.${draw}`, toTorch(noise(draw, shape)));
for (const sampler of ["ddim", "ddpm"]) {
  keep(sampler, await drawFrom(model, { sampler, steps: STEPS, noise, count: 10, condition }));
}
writeSafetensors(join(folder, "digits.safetensors"), tensors);
writeFileSync(
  join(folder, "drawn.json"),
  JSON.stringify({ models: seen, digits: { steps: STEPS, sha256: hashOf(digits) } }),
);
