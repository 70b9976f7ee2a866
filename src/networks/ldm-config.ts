/** Configurations of the networks in a one-file checkpoint of the layout of latent diffusion, told by names and shapes. */
import type { TensorSource } from "../files/index.js";
import type { AutoencoderKLConfig } from "./autoencoder-kl/autoencoder-kl-config.js";
import type { ClipTextConfig } from "./clip/clip-config.js";
import { ldmPrefixes, ldmTextPrefix } from "./ldm-names.js";
import { openClipPrefix } from "./clip/open-clip.js";
import type { PerLevel, UNet2DConditionConfig } from "./unet/unet-condition-config.js";

/** What a file holds, without its numbers. */
type Headers = Pick<TensorSource, "path" | "entries">;

/** Of every network in this layout: its program knows no other number. */
const GROUPS = 32;
/** Channels of a head of CLIP's text encoders, and of a head in the U-Nets of Stable Diffusion 2. */
const HEAD = 64;
/** Heads at every level of the U-Nets of Stable Diffusion 1. */
const FORMER_HEADS = 8;
/** Channels of the text encoder of Stable Diffusion 1, and of 2. */
const [FIRST, SECOND] = [768, 1024];

/** Other models' files, by a tensor that only they have. */
const others: readonly (readonly [start: string, what: string])[] = [
  ["conditioner.embedders.", "Stable Diffusion XL, which has two text encoders"],
  ["model.diffusion_model.joint_blocks.", "Stable Diffusion 3, whose network is a transformer"],
  ["model.diffusion_model.double_blocks.", "Flux, whose network is a transformer"],
  ["double_blocks.", "Flux, whose network is a transformer"],
  ["control_model.", "a ControlNet"],
  ["lora_", "a LoRA: name it in the option loras, beside the model it changes"],
  ["down_blocks.", "one network in the names of diffusers: open it by loadNetwork, in a folder with its config.json"],
];

/** @throws RangeError for a file of another kind of model, naming it, or one that lacks a part */
export function requireLdmFile({ path, entries }: Headers): void {
  const names = [...entries.keys()];
  const starts = (start: string): boolean => names.some((name) => name.startsWith(start));
  const other = others.find(([start]) => starts(start));
  if (other) {
    const [start, what] = other;
    throw new RangeError(`${path} has tensors "${start}…": it is of ${what}. What opens is Stable Diffusion 1 and 2`);
  }
  const missing = [
    ...[ldmPrefixes.unet, ldmPrefixes.vae].filter((prefix) => !starts(prefix)),
    ...(starts(ldmPrefixes.text_encoder) || starts(openClipPrefix) ? [] : [ldmPrefixes.text_encoder]),
  ];
  if (missing.length === 0) return;
  throw new RangeError(
    `${path} has no tensor "${missing.join('…", "')}…": a checkpoint in one file holds U-Net, autoencoder and text encoder`,
  );
}

/**
 * The U-Net's configuration. What no weight shows is what the layout always has: 32 groups, and 8 heads in the first
 * Stable Diffusion or 64 channels a head in the second, told apart by the text encoder's width.
 *
 * @param heads where the width is that of neither
 * @throws RangeError if `heads` is needed and not given, or a tensor is missing that the rest needs
 */
export function ldmUNetConfig(file: Headers, heads?: PerLevel): Partial<UNet2DConditionConfig> {
  const { has, shape, below } = partOf(file, ldmPrefixes.unet);
  const attends = (block: string): boolean => has(`${block}.1.transformer_blocks.0.attn2.to_k.weight`);
  const levels: { width: number; layers: number; attends: boolean; block: string }[] = [];
  const count = 1 + Math.max(0, ...below("input_blocks"));
  let fresh = true;
  for (let i = 1; i < count; i++) {
    const block = `input_blocks.${i}`;
    if (has(`${block}.0.op.weight`)) {
      fresh = true;
      continue;
    }
    const [width] = shape(`${block}.0.in_layers.2.weight`);
    if (fresh) levels.push({ width, layers: 0, attends: attends(block), block });
    levels[levels.length - 1].layers += 1;
    fresh = false;
  }
  let at = 0;
  const up = [...levels].reverse().map(({ layers }) => {
    const block = `output_blocks.${at}`;
    at += layers + 1;
    return attends(block) ? ("CrossAttnUpBlock2D" as const) : ("UpBlock2D" as const);
  });
  const attending = levels.find((level) => level.attends)?.block;
  if (attending === undefined) {
    throw new RangeError(
      `${file.path} has a U-Net that attends to no text: a pipeline from prompts needs one that does`,
    );
  }
  const [, context] = shape(`${attending}.1.transformer_blocks.0.attn2.to_k.weight`);
  const layers = levels.map((level) => level.layers);
  const widths = levels.map(({ width }) => width);
  return {
    in_channels: shape("input_blocks.0.0.weight")[1],
    out_channels: shape("out.2.weight")[0],
    block_out_channels: widths,
    layers_per_block: new Set(layers).size === 1 ? layers[0] : layers,
    down_block_types: levels.map((level) => (level.attends ? "CrossAttnDownBlock2D" : "DownBlock2D")),
    up_block_types: up,
    norm_num_groups: GROUPS,
    cross_attention_dim: context,
    use_linear_projection: shape(`${attending}.1.proj_in.weight`).length === 2,
    attention_head_dim: heads ?? usualHeads(file.path, context, widths),
  };
}

function usualHeads(path: string, context: number, widths: readonly number[]): number | number[] {
  if (context === FIRST) return FORMER_HEADS;
  if (context === SECOND && widths.every((width) => width % HEAD === 0)) return widths.map((width) => width / HEAD);
  throw new RangeError(
    `${path}: the U-Net attends to ${context} channels, which neither Stable Diffusion 1 (${FIRST}) nor 2 (${SECOND}) has, ` +
      "and weights do not show how many heads they were trained with: name it in the option heads",
  );
}

/** The autoencoder's configuration, for pictures of `size`. */
export function ldmVaeConfig(file: Headers, size: number): Partial<AutoencoderKLConfig> {
  const { has, shape, below } = partOf(file, ldmPrefixes.vae);
  const levels = 1 + Math.max(0, ...below("encoder.down"));
  const widths = Array.from({ length: levels }, (_, i) => shape(`encoder.down.${i}.block.0.conv1.weight`)[0]);
  return {
    in_channels: shape("encoder.conv_in.weight")[1],
    out_channels: shape("decoder.conv_out.weight")[0],
    latent_channels: shape("decoder.conv_in.weight")[1],
    block_out_channels: widths,
    layers_per_block: 1 + Math.max(0, ...below("encoder.down.0.block")),
    down_block_types: widths.map(() => "DownEncoderBlock2D"),
    up_block_types: widths.map(() => "UpDecoderBlock2D"),
    norm_num_groups: GROUPS,
    sample_size: size,
    use_quant_conv: has("quant_conv.weight"),
    use_post_quant_conv: has("post_quant_conv.weight"),
    mid_block_add_attention: has("encoder.mid.attn_1.norm.weight"),
  };
}

/** The configuration of OpenAI's text encoder, in Stable Diffusion 1. */
export function ldmTextConfig(file: Headers): Partial<ClipTextConfig> {
  const { shape, below } = partOf(file, ldmTextPrefix(file));
  const [vocabulary, width] = shape("embeddings.token_embedding.weight");
  return {
    ...textWidths(file.path, width),
    vocab_size: vocabulary,
    intermediate_size: shape("encoder.layers.0.mlp.fc1.weight")[0],
    num_hidden_layers: 1 + Math.max(0, ...below("encoder.layers")),
    max_position_embeddings: shape("embeddings.position_embedding.weight")[0],
    hidden_act: "quick_gelu",
  };
}

/** The configuration of OpenCLIP's text encoder, in Stable Diffusion 2, whose last layer is not used. */
export function openClipTextConfig(file: Headers): Partial<ClipTextConfig> {
  const { shape, below } = partOf(file, openClipPrefix);
  const [vocabulary, width] = shape("token_embedding.weight");
  return {
    ...textWidths(file.path, width),
    vocab_size: vocabulary,
    intermediate_size: shape("transformer.resblocks.0.mlp.c_fc.weight")[0],
    num_hidden_layers: Math.max(0, ...below("transformer.resblocks")),
    max_position_embeddings: shape("positional_embedding")[0],
    hidden_act: "gelu",
  };
}

function textWidths(path: string, width: number) {
  if (width % HEAD !== 0) {
    throw new RangeError(`${path}: a text encoder of ${width} channels has no heads of ${HEAD}, as every CLIP has`);
  }
  return { hidden_size: width, projection_dim: width, num_attention_heads: width / HEAD };
}

/** The tensors of a part, by their names without its prefix. */
function partOf({ path, entries }: Headers, prefix: string) {
  const found = (name: string) => entries.get(prefix + name);
  return {
    has: (name: string): boolean => found(name) !== undefined,
    shape(name: string): readonly number[] {
      const entry = found(name);
      if (entry) return entry.shape;
      throw new RangeError(
        `${path} has no tensor "${prefix}${name}": it is cut out of a checkpoint, or of another layout`,
      );
    },
    /** The numbers that follow a name: 0, 1, 2 of `name.0.…`, `name.1.…`, `name.2.…`. */
    below(name: string): number[] {
      const start = `${prefix}${name}.`;
      const numbers = [...entries.keys()].flatMap((key) =>
        key.startsWith(start) ? [Number.parseInt(key.slice(start.length), 10)] : [],
      );
      return [...new Set(numbers.filter((n) => Number.isInteger(n) && n < 1000))];
    },
  };
}
