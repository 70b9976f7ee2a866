/** A latent diffusion model: prompts to pictures by a U-Net on the latents of an autoencoder. */
import { requireKind } from "../../base/kinds.js";
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import {
  parseSchedulerConfig,
  type Denoiser,
  type GaussianPath,
  type Prediction,
  type StepRules,
} from "../../diffusion/index.js";
import type * as tf from "../../runtime/tf.js";
import type { GenerativeModel } from "../model.js";
import { drawLatent } from "./draw.js";
import { LatentEngine } from "./engine.js";
import {
  LATENT_PARTS,
  sides,
  type LatentDefaults,
  type LatentParts,
  type SchedulerKeys,
  requireLatentParts,
} from "./parts.js";
import { requireFittingParts } from "./require-parts.js";
import type { LatentDrawRequest } from "./request.js";
import { settingsOf } from "./settings.js";

/**
 * Stable Diffusion's kind of model, drawn from by prompts: text to image, image to image, and within a mask.
 *
 * @example
 * const model = loadLatent("stable-diffusion-v1-5");
 * const images = await model.draw({ count: 2, seed: 7, condition: { prompt: "a photo of a cat" } });
 *
 * Source: Rombach et al. 2022, "High-resolution image synthesis with latent diffusion models".
 */
export class LatentModel implements GenerativeModel<LatentDrawRequest> {
  readonly family = "latent";
  /** Of a picture, unless a request asks for another size. */
  readonly shape: readonly number[];
  readonly conditions = { prompt: { kind: "text" } } as const;
  /** What the U-Net was trained on. */
  readonly path: GaussianPath;
  /** How the scheduler's file spreads steps. */
  readonly rules: StepRules;
  readonly defaults: LatentDefaults;
  private readonly engine: LatentEngine;
  private readonly predicts: Prediction;

  /**
   * Takes over its parts: `dispose` frees their networks.
   *
   * @param engine of another model with the same networks
   * @throws RangeError if the parts do not fit each other
   */
  constructor(
    readonly parts: LatentParts,
    engine?: LatentEngine,
  ) {
    if (engine !== undefined) requireKind("engine", engine, "an object");
    requireKnownKeys("LatentModel", parts, LATENT_PARTS);
    requireLatentParts(parts);
    this.engine = engine ?? new LatentEngine(parts.unet, parts.vae);
    const process = parseSchedulerConfig(parts.scheduler, "the scheduler");
    const { predicts, rules } = requireFittingParts(parts, process);
    this.path = process.path;
    this.predicts = predicts;
    this.rules = rules;
    this.defaults = parts.defaults ?? {};
    const { unet, vae } = parts;
    const [high, wide] = sides(unet.config.sample_size ?? 64);
    this.shape = [high * vae.factor, wide * vae.factor, vae.config.out_channels];
  }

  /**
   * Pictures [count, H, W, C] in [−1, 1], or latents. Example i depends on the seed and on i alone: with noise "torch" it
   * is what diffusers draws on the CPU with the seed plus i.
   *
   * @throws RangeError for an option unknown or out of range, before any work
   */
  async draw(request: LatentDrawRequest): Promise<tf.Tensor> {
    return drawLatent(this, request, settingsOf(this, request));
  }

  describe(request: LatentDrawRequest): string {
    const { sampler, plan, steps, skipped, guidance, strength, eta } = settingsOf(this, request);
    const taken = steps - skipped;
    const pace = sampler.choosesSteps || !plan ? "its own steps" : `${taken} ${taken === 1 ? "step" : "steps"}`;
    const noisy = eta === 0 ? "" : `, η ${eta}`;
    const from = request.image ? `, strength ${strength}` : "";
    return `${sampler.name}${noisy}, ${pace}${from}${guidance === 1 ? "" : `, guidance ${guidance}`}`;
  }

  /** Latents [N, h, w, C], as the U-Net sees them, as pictures in [−1, 1]. The caller disposes them. */
  decode(latents: tf.Tensor4D): tf.Tensor4D {
    requireTensor("latents", latents, "float", 4);
    return this.engine.decode(latents);
  }

  /** A rough picture of latents, one pixel each. The caller disposes it. */
  preview(latents: tf.Tensor4D): tf.Tensor4D {
    requireTensor("latents", latents, "float", 4);
    return this.engine.preview(latents);
  }

  /** The U-Net as samplers see it; with `wholeTimes` it is told the nearest whole time. */
  denoiser(wholeTimes = false): Denoiser {
    requireKind("wholeTimes", wholeTimes, "true or false");
    return this.engine.denoiser({ path: this.path, predicts: this.predicts, wholeTimes });
  }

  /**
   * The same networks with another scheduler, by the keys of its `scheduler_config.json`: what
   * `pipeline.scheduler = Other.from_config(…)` is in diffusers. Networks and graphs are shared, so disposing one of the
   * two models frees both.
   *
   * @throws RangeError for a scheduler that cannot be read, or does not fit
   */
  withScheduler(scheduler: SchedulerKeys): LatentModel {
    return new LatentModel({ ...this.parts, scheduler }, this.engine);
  }

  dispose(): void {
    this.engine.dispose();
    const { unet, vae, textEncoder } = this.parts;
    for (const network of [unet, vae, textEncoder]) network.dispose();
  }
}
