/** A narrow pipeline of the recipe's kind, weights by formula, saved by this library; and what it draws. */
import { CaptionedDigits } from "../../../src/data/index.js";
import { loadLatent, saveLatent } from "../../../src/families/latent/folder.js";
import { AutoencoderKL, ClipTextModel, UNet2DCondition } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { trainTokenizer } from "../../../src/text/index.js";
import { fill } from "../networks/formula.js";

/** As the recipe's: velocity by DDIM. */
const scheduler = {
  _class_name: "DDIMScheduler",
  num_train_timesteps: 1000,
  beta_schedule: "scaled_linear",
  beta_start: 0.00085,
  beta_end: 0.012,
  prediction_type: "v_prediction",
  clip_sample: false,
  set_alpha_to_one: false,
  steps_offset: 1,
  timestep_spacing: "leading",
};

/** What both programs are asked for. */
export const request = {
  prompt: "a large green 7 at the top left on a navy background",
  negative: "左上角",
  seed: 7,
  steps: 20,
  guidance: 3,
} as const;

/** Saves the narrow pipeline, weights in float16 as the checkpoints of the repository. */
export function saveNarrow(folder: string): void {
  const data = new CaptionedDigits({ split: "train" });
  const captions = data.captions(Int32Array.from({ length: 200 }, (_, i) => i));
  const tokenizer = trainTokenizer(captions, { size: 600, length: 40 });
  const unet = new UNet2DCondition({
    sample_size: 8,
    block_out_channels: [8, 16],
    down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 4,
    cross_attention_dim: 12,
    attention_head_dim: 4,
  });
  const vae = new AutoencoderKL({
    block_out_channels: [4, 8, 8],
    down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
    up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
    norm_num_groups: 4,
    scaling_factor: 3,
  });
  const textEncoder = new ClipTextModel({
    vocab_size: tokenizer.size,
    hidden_size: 12,
    intermediate_size: 24,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    max_position_embeddings: 40,
    eos_token_id: tokenizer.end,
  });
  const networks = [unet, vae, textEncoder];
  for (const { parameters } of networks) fill(parameters);
  const defaults = { guidance: 3, steps: 20 };
  saveLatent(folder, { unet, vae, textEncoder, tokenizer, scheduler, defaults }, { format: "F16" });
  for (const network of networks) network.dispose();
}

/** Latents, and the picture's bytes, of the pipeline in a folder. */
export async function drawSaved(folder: string): Promise<{ latents: number[]; picture: number[] }> {
  const { prompt, ...options } = request;
  const model = loadLatent(folder);
  const asked = { count: 1, condition: { prompt }, ...options };
  const [latents, images] = [await model.draw({ ...asked, output: "latents" }), await model.draw(asked)];
  const bytes = tf.tidy(() => [...tf.round(tf.mul(tf.add(tf.div(images, 2), 0.5), 255)).dataSync()]);
  const result = { latents: [...latents.dataSync()], picture: bytes };
  tf.dispose([latents, images]);
  model.dispose();
  return result;
}
