/** Drawing from a latent pipeline: text to image, image to image, and within a mask. */
import * as tf from "../../runtime/tf.js";
import { guided, type Denoiser, type GaussianPath } from "../../diffusion/index.js";
import type { Condition } from "../../nn/index.js";
import { ddim, runOnAnyPath, sample, type SamplerStep, type StochasticOptions } from "../../samplers/index.js";
import { contextsOf, type ExampleBatch } from "./contexts.js";
import { pictureChannels } from "./input-network.js";
import { blended, keepingKnown, type KnownPart } from "./known-part.js";
import { batchNoise, type BatchNoise } from "./noise.js";
import { decoded, encoded, latentMask, requireMask, requirePicture } from "./pictures.js";
import type { LatentParts } from "./parts.js";
import type { LatentDrawRequest } from "./request.js";
import type { LatentSettings } from "./settings.js";

/** What drawing needs of a model. */
export interface DrawnFrom {
  readonly parts: LatentParts;
  readonly path: GaussianPath;
  denoiser(wholeTimes: boolean): Denoiser;
  decode(latents: tf.Tensor4D): tf.Tensor4D;
  preview(latents: tf.Tensor4D): tf.Tensor4D;
}

/** The picture and the mask of a request, as tensors of the drawing's own. */
interface Given {
  /** [1 or count, H, W, C] */
  readonly image?: tf.Tensor4D;
  /** [1, H, W, 1], 1 where it is drawn anew. */
  readonly mask?: tf.Tensor4D;
}

/** What a batch starts from. */
interface Start {
  readonly xT: tf.Tensor4D;
  /** For a U-Net that paints within a mask: mask and masked picture. */
  readonly picture?: tf.Tensor4D;
  readonly known?: KnownPart;
  readonly steps: StochasticOptions["noise"];
}

/**
 * What a model's `draw` does, once the request is found good.
 *
 * @throws RangeError for a picture, a mask or latents that do not fit, before any work
 */
export async function drawLatent(
  model: DrawnFrom,
  request: LatentDrawRequest,
  settings: LatentSettings,
): Promise<tf.Tensor4D> {
  const given = requireGiven(model, request, settings);
  const { parts } = model;
  const { count, output } = settings;
  const drawn: tf.Tensor4D[] = [];
  let contexts: ReturnType<typeof contextsOf> | undefined;
  try {
    contexts = contextsOf(parts, settings);
    for (const batch of contexts.batches) {
      const latents = await drawBatch(model, request, settings, given, batch, contexts.of(batch));
      if (output === "latents") drawn.push(latents);
      else {
        drawn.push(model.decode(latents));
        latents.dispose();
      }
      request.onProgress?.((batch.first + batch.size) / count);
    }
    return tf.concat(drawn, 0);
  } finally {
    contexts?.dispose();
    tf.dispose([drawn, ...Object.values(given)]);
  }
}

function requireGiven(model: DrawnFrom, { image, mask, latents }: LatentDrawRequest, settings: LatentSettings): Given {
  const { vae, unet } = model.parts;
  const { count, height, width } = settings;
  const paints = pictureChannels(unet, vae.config.latent_channels) > 0;
  if (paints && !(image && mask)) {
    throw new RangeError("this model's U-Net draws within a mask: give an image and a mask");
  }
  const shape = latentShape(model, settings, count);
  if (latents && (!(latents instanceof tf.Tensor) || latents.shape.join() !== shape.join())) {
    throw new RangeError(
      `latents must be a tensor [${shape}] for ${count} of ${height} × ${width}, got [${(latents as tf.Tensor).shape}]`,
    );
  }
  const picture = image && requirePicture(image, vae, count);
  try {
    return { ...(picture && { image: picture }), ...(picture && mask && { mask: requireMask(mask, picture) }) };
  } catch (error) {
    picture?.dispose();
    throw error;
  }
}

function latentShape({ parts: { vae } }: DrawnFrom, { height, width }: LatentSettings, n: number) {
  return [n, height / vae.factor, width / vae.factor, vae.config.latent_channels] as [number, number, number, number];
}

async function drawBatch(
  model: DrawnFrom,
  request: LatentDrawRequest,
  settings: LatentSettings,
  given: Given,
  batch: ExampleBatch,
  texts: { readonly context: tf.Tensor3D; readonly unconditional: tf.Tensor3D },
): Promise<tf.Tensor4D> {
  const { plan, skipped, strength, count } = settings;
  const noise = batchNoise(settings.noise, settings.seed, batch.first);
  let start: Start | undefined;
  try {
    start = startOf(model, request, settings, given, batch, noise);
    const { picture, known, xT } = start;
    const condition: Condition = { context: texts.context, ...(picture && { picture }) };
    const unconditional: Condition = { context: texts.unconditional, ...(picture && { picture }) };
    const plain = guidedBy(model.denoiser(plan?.wholeTimes ?? false), settings, unconditional);
    const fromNoise = strength === 1 ? plan?.times[skipped] : undefined;
    const denoiser = known ? keepingKnown(plain, known, fromNoise) : plain;
    const { first, size } = batch;
    const run = samplerRun(model, settings, denoiser, xT, { condition, noise: start.steps });
    const onStep = async ({ step, steps, t, x0 }: SamplerStep): Promise<void> => {
      const estimate = x0 as tf.Tensor4D;
      const views = { preview: () => model.preview(estimate), decode: () => decoded(model.parts.vae, estimate) };
      await request.onStep?.({ step, steps, first, t, x0: estimate, ...views });
      // The decoder comes after the last step.
      request.onProgress?.((first + size * (step / (steps + 1))) / count);
    };
    const result = (await sample(run, { signal: request.signal, onStep })) as tf.Tensor4D;
    if (!known) return result;
    const composed = blended(result, known.latents, known.mask) as tf.Tensor4D;
    result.dispose();
    return composed;
  } finally {
    tf.dispose([texts, start && [start.xT, start.picture, start.known]] as tf.TensorContainer);
  }
}

function guidedBy(denoiser: Denoiser, settings: LatentSettings, unconditional: Condition): Denoiser {
  const { guidance, guidanceRescale, guidanceInterval } = settings;
  if (guidance === 1) return denoiser;
  const interval = guidanceInterval && { interval: guidanceInterval };
  return guided(denoiser, { guidanceScale: guidance, unconditional, rescale: guidanceRescale, ...interval });
}

/** The sampler on the times of its plan, from the step where it begins. */
function samplerRun(
  { path }: DrawnFrom,
  { sampler, plan, steps, skipped, eta }: LatentSettings,
  denoiser: Denoiser,
  xT: tf.Tensor,
  options: StochasticOptions,
): Generator<SamplerStep, tf.Tensor> {
  if (plan === null) {
    return runOnAnyPath(sampler, denoiser, path, xT, sampler.choosesSteps ? options : { ...options, steps });
  }
  const { times, levels, finish } = plan.grid;
  const grid = {
    ...(times && { times: times.slice(skipped) }),
    ...(levels && { levels: levels.slice(skipped) }),
    ...(finish && { finish }),
  };
  if (eta !== 0) return ddim(denoiser, path, xT, { ...options, ...grid, eta });
  return sampler.run(denoiser, path, xT, { ...options, ...grid });
}

/**
 * x at the first time. From text it is noise; from a picture a·x_0 + b·ε; with a mask and strength 1 noise again, with
 * the picture known beside the hole. Noise is drawn in the order of diffusers: posterior, start, masked posterior.
 */
function startOf(
  model: DrawnFrom,
  { latents }: LatentDrawRequest,
  settings: LatentSettings,
  { image, mask }: Given,
  { first, size }: ExampleBatch,
  noise: BatchNoise,
): Start {
  const { path } = model;
  const { vae, unet } = model.parts;
  const { plan, skipped, strength } = settings;
  const shape = latentShape(model, settings, size);
  const rows = <T extends tf.Tensor4D>(x: T): T =>
    x.shape[0] === 1 ? x : (tf.slice(x, [first, 0, 0, 0], [size, -1, -1, -1]) as T);
  const concatenates = pictureChannels(unet, vae.config.latent_channels) > 0;
  const deviation = plan?.startDeviation ?? 1;
  const steps = noise.steps;
  return tf.tidy(() => {
    const pure = mask !== undefined && strength === 1;
    // A U-Net that is shown the picture needs it in latents only to start from it.
    const encodes = image !== undefined && !(concatenates && pure);
    const data = encodes ? encoded(vae, rows(image), noise.posterior(shape)) : undefined;
    const epsilon = latents ? rows(latents as tf.Tensor4D) : noise.start(shape);
    const t = plan?.times[skipped] ?? path.T;
    const xT =
      data && !pure ? tf.add(tf.mul(data, path.signal(t)), tf.mul(epsilon, path.noise(t))) : tf.mul(epsilon, deviation);
    if (!image || !mask) return owned({ xT: xT as tf.Tensor4D, steps });
    const small = tf.tile(latentMask(mask, vae.factor), [size, 1, 1, 1]);
    const hole = noise.maskedPosterior(shape);
    if (!concatenates) {
      const known = { latents: data!, mask: small, noise: tf.clone(epsilon) };
      return owned({ xT: xT as tf.Tensor4D, known, steps });
    }
    const masked = encoded(vae, tf.mul(rows(image), tf.sub(1, mask)) as tf.Tensor4D, hole);
    return owned({ xT: xT as tf.Tensor4D, picture: tf.concat([small, masked], 3) as tf.Tensor4D, steps });
  });
}

/** A start as `tidy` knows it: the tensors in it outlive the scope. */
const owned = (start: Start): Start & tf.TensorContainer => start as Start & tf.TensorContainer;
