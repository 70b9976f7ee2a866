/** A request with its defaults, refused before any work where it asks for what cannot be. */
import { requireKnownKeys } from "../../base/check.js";
import { requireChoice, requireNumber, requireShare, requireWhole } from "../../base/values.js";
import type { GaussianPath, StepRules } from "../../diffusion/index.js";
import { samplerNamed, type SamplerEntry } from "../../samplers/index.js";
import { noiseKinds, type NoiseKind } from "./noise.js";
import { sides, type LatentDefaults, type LatentParts } from "./parts.js";
import { latentRequestKeys, type LatentDrawRequest } from "./request.js";
import { requireKnownLetters } from "./prompt/letters.js";
import { requireSides } from "./pictures.js";
import { stepPlan, type StepPlan } from "./steps.js";

/** What of a model the settings look at. */
export interface SettingsOf {
  readonly parts: LatentParts;
  readonly path: GaussianPath;
  readonly rules: StepRules;
  readonly defaults: LatentDefaults;
}

export interface LatentSettings {
  readonly count: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly prompts: readonly string[];
  readonly negatives: readonly string[];
  readonly guidance: number;
  readonly guidanceRescale: number;
  readonly guidanceInterval?: readonly [number, number];
  readonly sampler: SamplerEntry;
  readonly eta: number;
  /** Null where the sampler chooses its own. */
  readonly plan: StepPlan | null;
  readonly steps: number;
  /** How many of the plan's steps a picture's noise leaves out. */
  readonly skipped: number;
  readonly strength: number;
  /** Of what is drawn, in pixels; of a picture it is the picture's. */
  readonly height: number;
  readonly width: number;
  readonly output: "images" | "latents";
  readonly noise: NoiseKind;
  readonly clipSkip: number;
  readonly promptWeights: boolean;
  readonly keepMean: boolean;
}

const DEFAULT_STEPS = 50;
/** As in `StableDiffusionPipeline`. */
const DEFAULT_GUIDANCE = 7.5;
/** Latents of a batch: four pictures of 512 × 512, 64 of 64 × 64 and smaller ones. */
const BATCH_LATENTS = 2 ** 14;
const MOST_BATCH = 64;

/** @throws RangeError naming the option, its value, what is allowed and what to do */
export function settingsOf(model: SettingsOf, request: LatentDrawRequest): LatentSettings {
  requireKnownKeys("drawing from a latent diffusion model", request, latentRequestKeys);
  const { defaults } = model;
  const { count, seed = 0, output = "images", noise = "torch", clipSkip = 0 } = request;
  requireWhole("count", count);
  const size = sizeOfPicture(model.parts, request);
  const { batchSize = usualBatch(size, model.parts.vae.factor) } = request;
  requireWhole("batchSize", batchSize);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be a whole number ≥ 0, got ${seed}`);
  requireChoice("output", output, ["images", "latents"]);
  requireChoice("noise", noise, noiseKinds);
  const layers = model.parts.textEncoder.config.num_hidden_layers;
  if (!(Number.isInteger(clipSkip) && clipSkip >= 0 && clipSkip < layers)) {
    throw new RangeError(`clipSkip must be a whole number 0 … ${layers - 1}, for ${layers} layers, got ${clipSkip}`);
  }
  const texts = textsOf(request);
  const { promptWeights = true } = request;
  requireKnownLetters(model.parts.letters, [...texts.prompts, ...texts.negatives], { weights: promptWeights });
  return {
    count,
    seed,
    batchSize,
    ...texts,
    ...guidanceOf(model, request),
    ...stepsOf(model, request, defaults),
    ...size,
    output,
    noise,
    clipSkip,
    promptWeights,
    keepMean: request.keepMean ?? true,
  };
}

function textsOf({ condition = {}, negative, count }: LatentDrawRequest) {
  const unknown = Object.keys(condition).filter((name) => name !== "prompt");
  if (unknown.length > 0) {
    throw new RangeError(`this model knows no condition ${unknown.join(", ")}: what may be asked for is prompt`);
  }
  const { prompt } = condition;
  const texts = (name: string, given: unknown): readonly string[] => {
    const list = typeof given === "string" ? new Array<string>(count).fill(given) : given;
    if (!Array.isArray(list) || !list.every((one): one is string => typeof one === "string")) {
      throw new RangeError(`${name} must be a text, or a list of texts, got ${JSON.stringify(given)}`);
    }
    if (list.length !== count) {
      throw new RangeError(`got ${list.length} texts as ${name} for ${count} examples: give one each, or one for all`);
    }
    return list;
  };
  const prompts = texts("prompt", prompt ?? "");
  if (prompt !== undefined && prompts.some((one) => one.trim() === "")) {
    throw new RangeError(
      "the prompt is empty: say what is to be drawn, or leave it out to draw whatever the model knows",
    );
  }
  return { prompts, negatives: texts("negative", negative ?? "") };
}

function guidanceOf({ defaults, path }: SettingsOf, request: LatentDrawRequest) {
  const prompted = request.condition?.["prompt"] !== undefined;
  const usual = prompted ? (defaults.guidance ?? DEFAULT_GUIDANCE) : 1;
  const { guidance = usual, guidanceRescale = 0, guidanceInterval } = request;
  requireNumber("guidance", guidance);
  requireShare("guidanceRescale", guidanceRescale);
  if (guidanceInterval !== undefined) {
    const [least, most] = guidanceInterval;
    if (!(least >= 0 && most <= path.T && least <= most)) {
      throw new RangeError(`guidanceInterval must be two rising times of 0 … ${path.T}, got [${least}, ${most}]`);
    }
  }
  if (request.negative !== undefined && guidance === 1) {
    throw new RangeError("a negative prompt is for guidance, which is 1 and so without: give guidance above 1");
  }
  return { guidance, guidanceRescale, ...(guidanceInterval && { guidanceInterval }) };
}

function stepsOf({ path, rules }: SettingsOf, request: LatentDrawRequest, defaults: LatentDefaults) {
  const { eta = 0, image, mask } = request;
  const sampler = samplerNamed(request.sampler ?? defaults.sampler ?? rules.sampler);
  const { name } = sampler;
  requireShare("eta", eta);
  if (eta !== 0 && name !== "ddim") throw new RangeError(`eta is the noise of ddim, not of ${name}: leave it out`);
  const fromNoise = sampler.choosesSteps || sampler.paths !== "any";
  if (image && fromNoise) {
    throw new RangeError(`${name} starts from noise alone: to start from an image choose another sampler, ddim say`);
  }
  if (sampler.choosesSteps && request.steps !== undefined) {
    throw new RangeError(`steps: ${name} chooses its steps itself: leave it out`);
  }
  const steps = request.steps ?? defaults.steps ?? DEFAULT_STEPS;
  requireWhole("steps", steps);
  const plan = fromNoise ? null : stepPlan(rules, name, path, steps);
  const strength = strengthOf(request);
  // As diffusers counts them: int(steps·strength) are taken.
  const taken = image ? Math.min(Math.floor(steps * strength), steps) : steps;
  if (taken < 1) {
    throw new RangeError(
      `strength ${strength} takes none of ${steps} ${steps === 1 ? "step" : "steps"}: give at least ` +
        `${Math.ceil(1 / strength)} steps, or more strength`,
    );
  }
  if (mask && !image) throw new RangeError("mask says where an image is drawn anew: give the image too");
  return { sampler, eta, plan, steps, skipped: steps - taken, strength };
}

function strengthOf({ strength, image, mask }: LatentDrawRequest): number {
  if (strength === undefined) return mask || !image ? 1 : 0.8;
  if (!image) throw new RangeError("strength is of an image to start from: give one, or leave strength out");
  if (!(strength > 0 && strength <= 1)) {
    throw new RangeError(
      `strength must lie above 0 and up to 1, got ${strength}: near 0 the image stays, at 1 all of it is noise`,
    );
  }
  return strength;
}

function usualBatch({ height, width }: { readonly height: number; readonly width: number }, factor: number): number {
  return Math.max(1, Math.min(MOST_BATCH, Math.floor((BATCH_LATENTS * factor ** 2) / (height * width))));
}

function sizeOfPicture({ unet, vae }: LatentParts, { image, height, width }: LatentDrawRequest) {
  if (image) {
    if (height !== undefined || width !== undefined) {
      throw new RangeError("height and width are the image's: leave them out, or resize the image");
    }
    const [high, wide] = image.shape.slice(-3);
    return { height: high, width: wide };
  }
  const own = sides(unet.config.sample_size ?? 64).map((side) => side * vae.factor);
  const size = { height: height ?? own[0], width: width ?? own[1] };
  requireSides("a picture", size.height, size.width, vae.factor);
  return size;
}
