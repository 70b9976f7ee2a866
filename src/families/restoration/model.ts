/** A model that completes pictures: of half the resolution, or with a hole; the picture is a condition by concatenation. */
import { requireKnownKeys, type OptionRule } from "../../base/check.js";
import { requireChoice, requireWhole } from "../../base/values.js";
import type { GaussianPath, Prediction } from "../../diffusion/index.js";
import type { UNet2D } from "../../networks/index.js";
import * as tf from "../../runtime/tf.js";
import { requireTensor } from "../../runtime/tensor.js";
import { normalNoise, runOnAnyPath, sample, samplerNamed, type SamplerStep } from "../../samplers/index.js";
import { drawRequestKeys, unconditionalNumbers } from "../draw-batches.js";
import { networkDenoiser, type NetworkDenoiser } from "../diffusion/network-denoiser.js";
import { usualSampling } from "../diffusion/model.js";
import { clipOptions } from "../diffusion/sampling-options.js";
import { withPicture } from "../latent/input-network.js";
import type { DrawRequest, GenerativeModel } from "../model.js";
import type { TrainingRecord } from "../record.js";
import {
  conditionChannels,
  enlarged,
  holes,
  masked,
  reduced,
  restorationTasks,
  SCALE,
  type RestorationTask,
} from "./tasks.js";

/** What may be asked besides what every model may. */
export interface RestorationDrawRequest extends DrawRequest {
  /**
   * The picture to complete, in [−1, 1]: [h, w, C] for all examples or [count, h, w, C]; for super-resolution of half the
   * model's size, for inpainting of its size. A picture of three channels becomes grey for a model of one. Default: the
   * pictures that the model knows, example i of number i, brought to what it completes.
   */
  readonly image?: tf.Tensor;
  /** For inpainting, 1 where the picture is drawn anew, [H, W]; default a rectangle for each example, by the seed. */
  readonly mask?: tf.Tensor;
  /** Name of a sampler, default "ddim". */
  readonly sampler?: string;
  /** Default 20. */
  readonly steps?: number;
}

const KNOWN: Record<keyof RestorationDrawRequest, OptionRule> = {
  ...drawRequestKeys,
  image: true,
  mask: true,
  sampler: true,
  steps: true,
};

/** What a model is made of. */
export interface RestorationParts {
  readonly task: RestorationTask;
  /** Of x_t and, behind its channels, the condition. */
  readonly network: UNet2D;
  readonly path: GaussianPath;
  readonly prediction: Prediction;
  readonly record?: TrainingRecord;
  /** Pictures `first` … of those that it completes where none is given, whole, [count, H, W, C]. */
  readonly originals?: (first: number, count: number) => tf.Tensor4D;
}

const DEFAULT_STEPS = 20;

/** @throws RangeError unless the network has the channels that the task needs */
export function requireRestoring({ task, network }: Pick<RestorationParts, "task" | "network">): void {
  requireChoice("task", task, restorationTasks);
  const { in_channels, out_channels } = network.config;
  const wanted = out_channels + conditionChannels(task, out_channels);
  if (in_channels === wanted) return;
  throw new RangeError(
    `${task} of pictures of ${out_channels} channels needs a network of in_channels ${wanted}, got ${in_channels}`,
  );
}

/**
 * Completes pictures by diffusion. What is known of them stays as it is: a filled picture is its own outside the hole.
 *
 * Source: Saharia et al. 2021, "Image super-resolution via iterative refinement", section 2.1: x_t and the enlarged picture
 * are laid behind each other; for the mask Rombach et al. 2022, section 4.5.
 */
export class RestorationModel implements GenerativeModel<RestorationDrawRequest> {
  readonly family = "restoration";
  readonly shape: readonly [number, number, number];
  readonly conditions = {};
  private readonly denoiser: NetworkDenoiser;

  /** Takes over the network: `dispose` frees it. @throws RangeError if parts do not fit each other */
  constructor(readonly parts: RestorationParts) {
    requireRestoring(parts);
    const { network, path, prediction } = parts;
    const { sample_size: size, out_channels } = network.config;
    if (size === null || size === undefined) throw new RangeError("the network does not say its sample_size");
    const [height, width] = typeof size === "number" ? [size, size] : size;
    this.shape = [height, width, out_channels];
    this.denoiser = networkDenoiser(withPicture(network, out_channels), path, { predicts: prediction });
  }

  /**
   * Pictures [count, H, W, C] in [−1, 1]. Example i depends on the seed, on i and on its picture alone.
   *
   * @throws RangeError for an option unknown or out of range, or a picture or mask that does not fit, before any work
   */
  async draw(request: RestorationDrawRequest): Promise<tf.Tensor4D> {
    const { sampler, steps, count, seed, batchSize } = this.settingsOf(request);
    const given = this.requireGiven(request, count);
    const { path } = this.parts;
    const drawn: tf.Tensor4D[] = [];
    try {
      for (let first = 0; first < count; first += batchSize) {
        const size = Math.min(batchSize, count - first);
        const { picture, mask, known } = this.conditionOf(given, { first, size, seed });
        const noise = normalNoise(seed, { firstSample: first });
        const xT = noise(0, [size, ...this.shape]);
        const bounds = clipOptions(usualSampling(path, this.shape));
        const run = runOnAnyPath(sampler, this.denoiser, path, xT, { steps, noise, condition: { picture }, ...bounds });
        const onStep = ({ step, steps: all }: SamplerStep): void =>
          request.onProgress?.((first + (size * step) / all) / count);
        const end = sample(run, { signal: request.signal, onStep });
        const result = (await end.finally(() => tf.dispose([xT, picture]))) as tf.Tensor4D;
        if (mask && known) {
          drawn.push(tf.tidy(() => tf.add(tf.mul(result, mask), tf.mul(known, tf.sub(1, mask))) as tf.Tensor4D));
          tf.dispose([result, mask, known]);
        } else drawn.push(result);
      }
      return tf.concat(drawn, 0);
    } finally {
      tf.dispose([drawn, ...Object.values(given)]);
    }
  }

  describe(request: RestorationDrawRequest): string {
    const { sampler, steps } = this.settingsOf(request);
    return `${this.parts.task}, ${sampler.name}, ${steps} steps`;
  }

  /** What `draw` completes where no picture is given: the originals, whole, [count, H, W, C]. The caller disposes them. */
  originals(first: number, count: number): tf.Tensor4D {
    const { originals } = this.parts;
    if (!originals) throw new RangeError("this model knows no pictures: give an image to complete");
    return originals(first, count);
  }

  /** What the network is shown of whole pictures, and the hole of inpainting. The caller disposes them. */
  leftOf(
    x: tf.Tensor4D,
    { seed, first }: { readonly seed: number; readonly first: number },
  ): { readonly picture: tf.Tensor4D; readonly mask?: tf.Tensor4D } {
    if (this.parts.task === "super-resolution") return { picture: tf.tidy(() => enlarged(reduced(x))) };
    const [height, width] = this.shape;
    const mask = holes({ count: x.shape[0], height, width }, { seed, purpose: "hole", first });
    return { picture: masked(x, mask), mask };
  }

  dispose(): void {
    this.denoiser.dispose();
    this.parts.network.dispose();
  }

  private settingsOf(request: RestorationDrawRequest) {
    requireKnownKeys("drawing from a model that completes pictures", request, KNOWN);
    const numbers = unconditionalNumbers("this model", request);
    const sampler = samplerNamed(request.sampler ?? "ddim");
    if (sampler.choosesSteps) throw new RangeError(`${sampler.name} chooses its steps itself: take another sampler`);
    const { steps = DEFAULT_STEPS } = request;
    requireWhole("steps", steps);
    return { ...numbers, sampler, steps };
  }

  private requireGiven(
    { image, mask }: RestorationDrawRequest,
    count: number,
  ): { readonly image?: tf.Tensor4D; readonly mask?: tf.Tensor4D } {
    const { task } = this.parts;
    if (mask && task === "super-resolution") throw new RangeError("a mask is for inpainting: leave it out");
    if (mask && !image) throw new RangeError("mask says where an image is drawn anew: give the image too");
    if (!image) {
      this.originals(0, 1).dispose();
      return {};
    }
    const [height, width, channels] = this.shape;
    const small = task === "super-resolution" ? SCALE : 1;
    const wanted = [height / small, width / small, channels];
    requireTensor("image", image);
    return tf.tidy(() => {
      const grey = channels === 1 && image.shape.at(-1) === 3 ? tf.mean(image, -1, true) : image;
      const batched = grey.rank === 3 ? tf.expandDims(grey, 0) : grey;
      const [n, ...shape] = batched.shape;
      if (batched.rank !== 4 || shape.join() !== wanted.join() || (n !== 1 && n !== count)) {
        throw new RangeError(
          `image must be [${wanted}] for all examples, or [${count},${wanted}], got [${image.shape}]`,
        );
      }
      const largest = tf.max(tf.abs(batched)).dataSync()[0];
      if (!(largest <= 1 + 1e-5)) throw new RangeError(`image must lie in −1 … 1, but reaches ${largest}`);
      const all = tf.tile(batched, [n === 1 ? count : 1, 1, 1, 1]) as tf.Tensor4D;
      return { image: all, ...(mask && { mask: requireHole(mask, [height, width], count) }) };
    });
  }

  /** The condition of one batch; for inpainting also the hole and what stays. */
  private conditionOf(
    given: { readonly image?: tf.Tensor4D; readonly mask?: tf.Tensor4D },
    { first, size, seed }: { readonly first: number; readonly size: number; readonly seed: number },
  ): { readonly picture: tf.Tensor4D; readonly mask?: tf.Tensor4D; readonly known?: tf.Tensor4D } {
    const image = given.image && tf.slice(given.image, first, size);
    if (this.parts.task === "super-resolution" && image) {
      const picture = enlarged(image);
      image.dispose();
      return { picture };
    }
    const known = image ?? this.originals(first, size);
    if (this.parts.task === "super-resolution") {
      const { picture } = this.leftOf(known, { seed, first });
      known.dispose();
      return { picture };
    }
    if (!given.mask) return { ...this.leftOf(known, { seed, first }), known };
    const mask = tf.slice(given.mask, first, size);
    return { picture: masked(known, mask), mask, known };
  }
}

/** A mask [H, W] or [H, W, 1] as [count, H, W, 1] of 0 and 1. @throws RangeError for another size, or without a hole */
function requireHole(mask: tf.Tensor, size: readonly [number, number], count: number): tf.Tensor4D {
  requireTensor("mask", mask);
  const flat = mask.shape.length === 3 && mask.shape[2] === 1 ? mask.shape.slice(0, 2) : mask.shape;
  if (flat.join() !== size.join()) {
    throw new RangeError(`mask must have the model's size, [${size}], got [${mask.shape}]: resize it`);
  }
  const hole = tf.cast(tf.greaterEqual(mask, 0.5), "float32");
  if (tf.sum(hole).dataSync()[0] === 0) {
    throw new RangeError("mask is 0 everywhere, so nothing is to be drawn: put 1 where the image is drawn anew");
  }
  return tf.tile(tf.reshape(hole, [1, ...size, 1]), [count, 1, 1, 1]) as tf.Tensor4D;
}
