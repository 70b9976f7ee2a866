import { join } from "node:path";
import * as tf from "../../runtime/tf.js";
import { generate } from "../../families/diffusion/generate.js";
import { loadDigits } from "../../data/index.js";
import { linearSchedule } from "../../diffusion/index.js";
import { frechetFeatureDistance, recognise, type FeatureSet } from "../../metrics/index.js";
import { UNet2D, type Classifier } from "../../networks/index.js";
import { loadParameters, streamParameters } from "../../nn/index.js";
import { readSafetensors } from "../../files/index.js";
import { samplerNamed } from "../../samplers/index.js";
import { loadClassifier, networkDenoiser, type DiffusionModel } from "../../families/index.js";
import { firstImages, look } from "../../metrics/judge.js";
import { UNET } from "../networks.js";
import { RECIPE, type ContestantName, type JudgeSettings } from "./recipe.js";
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
    const network = new UNet2D(UNET, { start: "zeros" });
    const denoiser = networkDenoiser(network);
    this.model = {
      network,
      denoiser,
      classes: 0,
      schedule: linearSchedule({ T: RECIPE.T }),
      config: { schedule: { kind: "linear", T: RECIPE.T }, prediction: "noise", shape: [28, 28, 1] },
      record: undefined,
      dispose: () => {
        denoiser.dispose();
        network.dispose();
      },
    };
  }

  /** @param weights a file of the contestant's worker */
  async judge(weights: string, contestant: ContestantName, onProgress?: (share: number) => void): Promise<Judgement> {
    const { parameters } = this.model.network;
    if (contestant === "torch") {
      readSafetensors(weights, (file) => streamParameters(fromTorchUnet(file), parameters));
    } else {
      loadParameters(weights, parameters);
    }
    const { sampler, steps, count, seed } = this.settings;
    const { run } = samplerNamed(sampler);
    return this.verdict(await generate(this.model, { sampler: run, steps, count, seed, onProgress }));
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
