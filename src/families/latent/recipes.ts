/** How the latent diffusion model of this repository is trained: captioned digits, text encoder and U-Net together. */
import { CaptionedDigits } from "../../data/index.js";
import { parseSchedulerConfig } from "../../diffusion/index.js";
import {
  ClipTextModel,
  UNet2DCondition,
  type ClipTextConfig,
  type UNet2DConditionConfig,
} from "../../networks/index.js";
import { trainTokenizer, type ClipTokenizer } from "../../text/index.js";
import { adamW } from "../../training/index.js";
import { DiffusionTask } from "../diffusion/task.js";
import type { Recipe } from "../family.js";
import { captionExamples } from "./caption-examples.js";
import { loadFirstStage, saveLatent } from "./folder.js";
import { jointNetwork, partsOfJoint } from "./joint-network.js";
import { lettersOf } from "./prompt/letters.js";
import { LatentTable } from "./latent-table.js";

/** Compositions that are encoded, each once: 205 MB of latents' means and deviations. */
const COUNT = 100_000;
/** Captions that the vocabulary is learned from. */
const CAPTIONS = 20_000;
const VOCABULARY = 1024;
/** Positions of the text encoder: the longest of 20 000 captions has 37 tokens, and start and end. */
const POSITIONS = 40;
const WIDTH = 128;
/** The share of the training that sees pictures of one digit, so that attention finds its words. */
const ONE_DIGIT_SHARE = 0.15;
const STEPS = 17_000;

/** 4.3 million parameters on 8 × 8 × 4 latents. */
export const tinyUnetConfig: Partial<UNet2DConditionConfig> = {
  sample_size: 8,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [64, 128],
  down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
  up_block_types: ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 16,
  cross_attention_dim: WIDTH,
  attention_head_dim: 4,
};

const textConfig = (tokenizer: ClipTokenizer): Partial<ClipTextConfig> => ({
  vocab_size: tokenizer.size,
  hidden_size: WIDTH,
  intermediate_size: 4 * WIDTH,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  max_position_embeddings: POSITIONS,
  eos_token_id: tokenizer.end,
});

/** Stable Diffusion's betas, with the velocity that a small network learns better; drawn by DDIM from T down. */
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
} as const;

const tinyStableDiffusion: Recipe = {
  description: "Stable Diffusion in small: one to three digits in colour from English and Chinese captions, 32×32",
  steps: STEPS,
  batchSize: 128,
  trainerOptions: (total) => ({
    optimiser: adamW({ beta1: 0.9, beta2: 0.99, weightDecay: 1e-3 }),
    learningRate: { peak: 8e-4, warmup: 200, decay: { kind: "cosine", total } },
    maxGradientNorm: 1,
    averageDecay: 0.999,
  }),
  make({ seed, batchSize, steps, note }) {
    const vae = loadFirstStage("tiny-autoencoder");
    note?.(`a vocabulary of ${VOCABULARY} tokens from ${CAPTIONS} captions: about 3 s`);
    const data = new CaptionedDigits({ split: "train", seed });
    const captions = data.captions(numbers(CAPTIONS));
    const tokenizer = trainTokenizer(captions, { size: VOCABULARY, length: POSITIONS });
    const letters = lettersOf(captions);
    const unet = new UNet2DCondition(tinyUnetConfig, { seed });
    const textEncoder = new ClipTextModel(textConfig(tokenizer), { seed });
    const [height, width] = data.shape;
    const pictures = (indices: ArrayLike<number>): Float32Array => data.pictures(indices);
    const latents = new LatentTable({ vae, pictures, count: COUNT, size: [height, width], batchSize });
    const single = numbers(COUNT).filter((index) => data.composition(index).digits.length === 1);
    const examples = captionExamples({
      latents,
      captions: (indices, wording) => data.captions(indices, wording),
      tokenizer,
      positions: POSITIONS,
      count: COUNT,
      seed,
      dropped: 0.1,
      first: { indices: single, steps: Math.round(ONE_DIGIT_SHARE * steps) },
    });
    const pass = Math.ceil(COUNT / batchSize);
    note?.(
      `${COUNT} pictures are encoded as they are first seen, which makes the first ${Math.min(pass, steps)} of ${steps} steps slower`,
    );
    const { path } = parseSchedulerConfig(scheduler, "the scheduler");
    const task = new DiffusionTask({
      network: jointNetwork(unet, textEncoder),
      path,
      data: examples,
      shape: latents.shape,
      prediction: "velocity",
      batchSize,
      seed,
    });
    return {
      task,
      examples: COUNT,
      async save({ folder, trainer, record, format }) {
        const values = partsOfJoint({ unet, textEncoder }, trainer.averageValues);
        const defaults = { guidance: 3, steps: 20 };
        const parts = { unet, vae, textEncoder, tokenizer, scheduler, defaults, letters, record };
        saveLatent(folder, parts, { format, values });
      },
    };
  },
};

/** 0 … count − 1. */
function numbers(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i);
}

export const latentRecipes: Readonly<Record<string, Recipe>> = { "tiny-stable-diffusion": tinyStableDiffusion };
