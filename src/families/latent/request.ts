/** What a latent pipeline may be asked, and how a command line offers it. */
import type { OptionRule } from "../../base/check.js";
import type * as tf from "../../runtime/tf.js";
import { drawRequestKeys } from "../draw-batches.js";
import type { DrawOption } from "../family.js";
import type { DrawRequest } from "../model.js";
import type { NoiseKind } from "./noise.js";

/** Where a drawing stands: shown after each step. Its tensors live until the callback returns, or its promise settles. */
export interface LatentStep {
  /** 1 … steps, of the batch that begins with example `first`. */
  readonly step: number;
  readonly steps: number;
  readonly first: number;
  /** The time of the state, from T down. */
  readonly t: number;
  /** The estimate x̂_0 in latents, [N, h, w, C]. */
  readonly x0: tf.Tensor4D;
  /** A rough picture of the estimate in no time, [N, h, w, channels] in [−1, 1]: one pixel a latent. The caller disposes it. */
  preview(): tf.Tensor4D;
  /** The estimate through the whole decoder, [N, H, W, channels] in [−1, 1]. The caller disposes it. */
  decode(): tf.Tensor4D;
}

/** What may be asked besides what every model may; `condition.prompt` is one text for all examples, or one each. */
export interface LatentDrawRequest extends DrawRequest {
  /** What is not wanted: guidance leads away from it. One text for all, or one each; default the empty text. */
  readonly negative?: string | readonly string[];
  /** Weight w of the prompt against the negative one, default 7.5 or the model's own; 1 is without guidance. */
  readonly guidance?: number;
  /** φ of `guided`: how far the guided output's deviation is set back, 0 … 1, default 0. */
  readonly guidanceRescale?: number;
  /** Guidance between these times alone, [least, most] of 0 … T; default everywhere. */
  readonly guidanceInterval?: readonly [number, number];
  /** Name of a sampler; default the scheduler's. */
  readonly sampler?: string;
  /** Default 50. */
  readonly steps?: number;
  /** Noise of ddim, 0 … 1; default 0. */
  readonly eta?: number;
  /** In pixels, multiples of the autoencoder's factor; default the size it was made for, or the picture's. */
  readonly height?: number;
  readonly width?: number;
  /** A picture to start from, in [−1, 1]: [H, W, C] for all examples, or [count, H, W, C]. */
  readonly image?: tf.Tensor;
  /** How much of the way the picture is noised, in (0, 1]: default 0.8, with a mask 1. */
  readonly strength?: number;
  /** Where the picture is drawn anew: 1, and where it stays: 0; [H, W], or [H, W, 1]. */
  readonly mask?: tf.Tensor;
  /** The noise to start from in place of the seed's, [count, h, w, C] of unit variance. */
  readonly latents?: tf.Tensor;
  /** "images" (default), or "latents": [count, h, w, C] as the U-Net sees them. */
  readonly output?: "images" | "latents";
  /** "torch" (default): as diffusers on the CPU with the seeds seed, seed + 1, …; "streams": this library's own. */
  readonly noise?: NoiseKind;
  /** How many of the text encoder's last layers are left out of the prompt's context, default 0. */
  readonly clipSkip?: number;
  /** Whether `(brackets:1.2)` weigh words, default true; false takes prompts as they are written, as diffusers does. */
  readonly promptWeights?: boolean;
  /** Weighted contexts keep their mean, default true. */
  readonly keepMean?: boolean;
  /** Called after each step. */
  readonly onStep?: (step: LatentStep) => void | Promise<void>;
}

/** Every option there is, for `requireKnownKeys`. */
export const latentRequestKeys: Record<keyof LatentDrawRequest, OptionRule> = {
  ...drawRequestKeys,
  negative: "a text or a list",
  guidance: true,
  guidanceRescale: true,
  guidanceInterval: "a list",
  sampler: "a text",
  steps: "a number",
  eta: true,
  height: "a number",
  width: "a number",
  image: "a tensor",
  strength: true,
  mask: "a tensor",
  latents: "a tensor",
  output: true,
  noise: true,
  clipSkip: true,
  promptWeights: "true or false",
  keepMean: "true or false",
  onStep: "a function",
};

/** The options of the command line. */
export const latentDrawOptions: Readonly<Record<string, DrawOption>> = {
  negative: { kind: "name", placeholder: "TEXT", about: "what a prompt is led away from, default nothing" },
  image: { kind: "picture", placeholder: "FILE", about: "a picture to start from, with a prompt; or one to complete" },
  strength: {
    kind: "number",
    placeholder: "X",
    about: "how far it is noised, above 0 to 1; default 0.8, with --mask 1",
  },
  mask: {
    kind: "mask",
    placeholder: "FILE",
    about: "white where the picture is to be drawn anew, black where it stays; needs --image",
  },
  rescale: {
    kind: "number",
    placeholder: "X",
    about: "sets the deviation back that guidance raises, 0 … 1, default 0",
  },
  height: { kind: "whole", placeholder: "N", about: "of a picture drawn from a prompt; default the model's" },
  width: { kind: "whole", placeholder: "N", about: "as --height" },
  "clip-skip": {
    kind: "whole",
    key: "clipSkip",
    placeholder: "N",
    about: "last layers of the text encoder left out, default 0",
  },
};
