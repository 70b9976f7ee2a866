/** A latent pipeline of a few thousand numbers: a small U-Net and autoencoder, and a table of words as text encoder. */
import * as tf from "../../../../src/runtime/tf.js";
import { AutoencoderKL, UNet2DCondition } from "../../../../src/index.js";
import { Parameters } from "../../../../src/nn/index.js";
import { LatentModel } from "../../../../src/families/latent/model.js";
import type { LatentTextEncoder, LatentTokenizer, SchedulerKeys } from "../../../../src/families/latent/parts.js";

const POSITIONS = 8;
const WIDTH = 8;
const WORDS = ["red", "green", "fox", "hill", "a", "on"];

/** One token a known word; 0 starts, 1 ends and fills, 2 is any other word. */
export const tokenizer: LatentTokenizer = {
  size: WORDS.length + 3,
  start: 0,
  end: 1,
  pad: 1,
  tokensOf: (text) => text.split(/\s+/).flatMap((word) => (word === "" ? [] : [WORDS.indexOf(word) + 3])),
};

/** A table of words and one of positions, both learned: the states of a text are their sums. */
export class WordTable implements LatentTextEncoder {
  readonly config = {
    vocab_size: tokenizer.size,
    hidden_size: WIDTH,
    max_position_embeddings: POSITIONS,
    num_hidden_layers: 2,
  };
  readonly parameters = new Parameters({ seed: 5 });
  private readonly words: tf.Variable;
  private readonly places: tf.Variable;

  constructor() {
    const normal = { kind: "normal", deviation: 1 } as const;
    this.words = this.parameters.create("words", "plain", [tokenizer.size, WIDTH], normal);
    this.places = this.parameters.create("places", "plain", [POSITIONS, WIDTH], normal);
  }

  apply(tokens: tf.Tensor2D, { clipSkip = 0 }: { readonly clipSkip?: number } = {}): tf.Tensor3D {
    return tf.tidy(() => {
      const rows = tf.oneHot(tf.reshape(tokens, [-1]), tokenizer.size, 1, 0, "float32") as tf.Tensor2D;
      const looked = tf.reshape(tf.matMul(rows, this.words as unknown as tf.Tensor2D), [...tokens.shape, WIDTH]);
      const sum = tf.add(looked, this.places);
      return (clipSkip === 0 ? sum : tf.mul(sum, 0.5)) as tf.Tensor3D;
    });
  }

  dispose(): void {
    this.parameters.dispose();
  }
}

export const scheduler: SchedulerKeys = {
  _class_name: "DDIMScheduler",
  beta_schedule: "scaled_linear",
  beta_start: 0.00085,
  beta_end: 0.012,
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  prediction_type: "v_prediction",
  timestep_spacing: "leading",
};

export function tinyParts({ channels = 4, seed = 1 }: { readonly channels?: number; readonly seed?: number } = {}) {
  const unet = new UNet2DCondition(
    {
      sample_size: 4,
      in_channels: channels,
      out_channels: 4,
      block_out_channels: [8],
      down_block_types: ["CrossAttnDownBlock2D"],
      up_block_types: ["CrossAttnUpBlock2D"],
      layers_per_block: 1,
      norm_num_groups: 4,
      cross_attention_dim: WIDTH,
      attention_head_dim: 2,
    },
    { seed },
  );
  const vae = new AutoencoderKL(
    {
      sample_size: 16,
      block_out_channels: [4, 8, 8],
      down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
      up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
      norm_num_groups: 4,
      scaling_factor: 0.5,
    },
    { seed },
  );
  return { unet, vae, textEncoder: new WordTable(), tokenizer, scheduler };
}

export function tinyModel(options: { readonly channels?: number; readonly seed?: number } = {}): LatentModel {
  return new LatentModel(tinyParts(options));
}
