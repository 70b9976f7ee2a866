/** Draws from a trained network of the study and judges the digits. */
import { join } from "node:path";
import { tf } from "diffusion-lab/runtime";
import { diffusionModel, generate, loadClassifier, type DiffusionModel } from "diffusion-lab/families";
import { loadDigits } from "diffusion-lab/data";
import { linearSchedule } from "diffusion-lab/diffusion";
import { frechetFeatureDistance, recognise, type FeatureSet, firstImages, look } from "diffusion-lab/metrics";
import { smallUnetConfig, UNet2D, type Classifier } from "diffusion-lab/networks";
import { loadParameters, streamParameters } from "diffusion-lab/nn";
import { readSafetensors } from "diffusion-lab/files";
import { samplerNamed } from "diffusion-lab/samplers";
import { isProject, RECIPE, type ContestantName, type JudgeSettings } from "./recipe.js";
import type { Judgement } from "./store.js";
import { fromTorchUnet } from "./torch-weights.js";

const THRESHOLD = 0.9;

/** Draws from trained networks, all by the same sampler from the same noise, and has the digit classifier look at it. */
export class QualityJudge {
  private readonly classifier: Classifier;
  private readonly heldOut: FeatureSet;
  private readonly model: DiffusionModel;

  constructor(private readonly settings: JudgeSettings) {
    this.classifier = loadClassifier(join("assets", "mnist-classifier"));
    this.heldOut = look(this.classifier, firstImages(loadDigits({ split: "heldOut" }))).features;
    const network = new UNet2D(smallUnetConfig, { start: "zeros" });
    const config = { prediction: "noise", shape: [28, 28, 1] } as const;
    this.model = diffusionModel({ network, path: linearSchedule({ T: RECIPE.T }), config });
  }

  /** @param weights a file of the contestant's worker: its network, or of a project the digits that it drew */
  async judge(weights: string, contestant: ContestantName, onProgress?: (share: number) => void): Promise<Judgement> {
    if (isProject(contestant)) return this.verdict(readDigits(weights, this.settings.count));
    const { parameters } = this.model.network;
    if (contestant === "torch") {
      readSafetensors(weights, (file) => streamParameters(fromTorchUnet(file), parameters));
    } else {
      loadParameters(weights, parameters);
    }
    const { sampler, steps, count, seed } = this.settings;
    const { run } = samplerNamed(sampler);
    const images = await generate(this.model, { sampler: run, steps, count, seed, onProgress });
    return this.verdict(images as tf.Tensor4D);
  }

  /** The floor: as many training digits, judged in the same way. */
  real(): Judgement {
    return this.verdict(firstImages(loadDigits({ split: "train" }), this.settings.count));
  }

  dispose(): void {
    this.model.dispose();
    this.classifier.dispose();
  }

  private verdict(images: tf.Tensor4D): Judgement {
    const { features, verdicts } = look(this.classifier, images);
    const { share, histogram } = recognise(verdicts, THRESHOLD);
    return {
      frechet: frechetFeatureDistance(features, this.heldOut),
      recognised: share,
      histogram: [...histogram],
    };
  }
}

/** Digits that a project drew, [count, 28, 28, 1]. @throws RangeError if they are fewer, or not finite */
function readDigits(path: string, count: number): tf.Tensor4D {
  const size = 28 * 28;
  const values = readSafetensors(path, (file) => file.read("digits").values);
  if (values.length < count * size) {
    throw new RangeError(`${path} holds ${values.length / size} digits, ${count} are judged: begin again with --fresh`);
  }
  if (!values.every(Number.isFinite)) throw new RangeError(`${path} holds digits that are not finite`);
  return tf.tensor4d(values.subarray(0, count * size), [count, 28, 28, 1]);
}
