/** A folder of a whole pipeline with random weights, for pictures of captioned digits: a few seconds to make and to draw. */
import {
  AutoencoderKL,
  CaptionedDigits,
  ClipTextModel,
  saveLatent,
  trainTokenizer,
  UNet2DCondition,
} from "../../../../src/index.js";
import { lettersOf } from "../../../../src/families/latent/prompt/letters.js";
import { scheduler } from "./tiny.js";

const WIDTH = 16;
const POSITIONS = 40;

/** Writes it; the vocabulary is learned from 400 captions. */
export function writeSmallPipeline(folder: string): void {
  const captions = new CaptionedDigits({ split: "train" }).captions(Array.from({ length: 400 }, (_, i) => i));
  const tokenizer = trainTokenizer(captions, { size: 600, length: POSITIONS });
  const textEncoder = new ClipTextModel({
    vocab_size: tokenizer.size,
    hidden_size: WIDTH,
    intermediate_size: WIDTH,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: POSITIONS,
    eos_token_id: tokenizer.end,
  });
  const unet = new UNet2DCondition({
    sample_size: 8,
    in_channels: 4,
    out_channels: 4,
    block_out_channels: [8],
    down_block_types: ["CrossAttnDownBlock2D"],
    up_block_types: ["CrossAttnUpBlock2D"],
    layers_per_block: 1,
    norm_num_groups: 4,
    cross_attention_dim: WIDTH,
    attention_head_dim: 2,
  });
  const vae = new AutoencoderKL({
    sample_size: 32,
    block_out_channels: [4, 4, 4],
    down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"],
    up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
    norm_num_groups: 2,
  });
  saveLatent(folder, {
    unet,
    vae,
    textEncoder,
    tokenizer,
    scheduler,
    defaults: { guidance: 3, steps: 2 },
    letters: lettersOf(captions),
  });
  for (const network of [unet, vae, textEncoder]) network.dispose();
}
