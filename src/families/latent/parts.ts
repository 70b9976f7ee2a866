/** What a latent pipeline is made of, as far as drawing and training look at it. */
import { requireLike } from "../../base/values.js";
import type { OptionRule } from "../../base/check.js";
import type * as tf from "../../runtime/tf.js";
import type { ConditionPlan, Parameters } from "../../nn/index.js";
import type { AutoencoderKL, ClipTextModel, StoredNetwork, UNet2DCondition } from "../../networks/index.js";
import type { ClipTokenizer } from "../../text/index.js";
import type { TimeNetwork } from "../diffusion/network-denoiser.js";
import type { TrainingRecord } from "../record.js";
import type { PromptTokenizer } from "./prompt/chunks.js";

/** The U-Net: of latents, time and a context; with 9 channels for 4 it paints within a mask. */
export interface LatentUNet extends StoredNetwork, TimeNetwork {
  readonly config: {
    readonly in_channels: number;
    readonly out_channels: number;
    readonly sample_size: number | readonly [number, number] | null;
    readonly cross_attention_dim: number | readonly number[];
  };
  readonly conditions: ConditionPlan;
  readonly parameters: Parameters;
}

/** The autoencoder: images [N, H, W, C] in [−1, 1] to latents and back. */
export interface LatentAutoencoder extends StoredNetwork {
  readonly config: {
    readonly in_channels: number;
    readonly out_channels: number;
    readonly latent_channels: number;
    readonly sample_size: number | readonly [number, number];
  };
  /** Pixels of an image a latent, across and down. */
  readonly factor: number;
  encode(x: tf.Tensor4D): { readonly mean: tf.Tensor4D; readonly logVariance: tf.Tensor4D };
  decode(z: tf.Tensor4D): tf.Tensor4D;
  /** Latents as the U-Net sees them, of about unit variance, and the way back. */
  scaleLatents(z: tf.Tensor4D): tf.Tensor4D;
  unscaleLatents(scaled: tf.Tensor4D): tf.Tensor4D;
}

/** The text encoder: tokens [N, positions] to the states that the U-Net attends to. */
export interface LatentTextEncoder extends StoredNetwork {
  readonly config: {
    readonly vocab_size: number;
    readonly hidden_size: number;
    readonly max_position_embeddings: number;
    readonly num_hidden_layers: number;
  };
  /**
   * @param tokens [N, positions] int32
   * @param options.clipSkip how many of the last layers are left out, default 0
   */
  apply(tokens: tf.Tensor2D, options?: { readonly clipSkip?: number }): tf.Tensor3D;
}

/** A tokenizer that fills the positions of a text encoder. */
export interface LatentTokenizer extends PromptTokenizer {
  /** Tokens of its vocabulary. */
  readonly size: number;
}

/** The keys of a `scheduler_config.json`, `_class_name` among them. */
export type SchedulerKeys = Readonly<Record<string, unknown>>;

/** What is drawn unless a request says otherwise. */
export interface LatentDefaults {
  /** Weight of the prompt in classifier-free guidance. */
  readonly guidance?: number;
  /** Name of a sampler; without it the scheduler's own. */
  readonly sampler?: string;
  readonly steps?: number;
}

/** The parts of a pipeline. */
export interface LatentParts<
  Unet extends LatentUNet = LatentUNet,
  Vae extends LatentAutoencoder = LatentAutoencoder,
  Text extends LatentTextEncoder = LatentTextEncoder,
  Tokenizer extends LatentTokenizer = LatentTokenizer,
> {
  readonly unet: Unet;
  readonly vae: Vae;
  readonly textEncoder: Text;
  readonly tokenizer: Tokenizer;
  readonly scheduler: SchedulerKeys;
  readonly defaults?: LatentDefaults;
  /**
   * Letters and signs of the captions that a small model learned from: a prompt in others is refused. Default: any, as a
   * large vocabulary takes them.
   */
  readonly letters?: string;
  readonly record?: TrainingRecord;
}

/** The parts that a folder holds. */
export type StoredLatentParts = LatentParts<UNet2DCondition, AutoencoderKL, ClipTextModel, ClipTokenizer>;

/** The names of {@link LatentParts}, for its check. */
export const LATENT_PARTS = {
  unet: "an object",
  vae: "an object",
  textEncoder: "an object",
  tokenizer: "an object",
  scheduler: "an object",
  defaults: "an object",
  letters: "a text",
  record: "an object",
} as const satisfies Record<keyof LatentParts, OptionRule>;

/** What each part is known by. */
const PARTS_HAVE = {
  unet: ["config", "apply"],
  vae: ["config", "encode", "decode"],
  textEncoder: ["apply"],
  tokenizer: ["tokensOf", "start", "end", "pad"],
  scheduler: [],
} as const;

/** @throws TypeError for a part that is of another kind */
export function requireLatentParts(parts: LatentParts): void {
  for (const [name, has] of Object.entries(PARTS_HAVE)) {
    requireLike(`the part ${name}`, parts[name as keyof typeof PARTS_HAVE], has, "loadLatent(folder).parts");
  }
}

/** Height and width of a configuration's `sample_size`. */
export function sides(size: number | readonly [number, number]): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}
