/**
 * Names of tensors in one-file checkpoints of the layout of latent diffusion ("ldm"), which hold a whole pipeline: what
 * diffusers and transformers call otherwise, part by part.
 */
import type { TensorSource } from "../files/index.js";
import type { AutoencoderKLConfig } from "./autoencoder-kl/autoencoder-kl-config.js";
import type { PerLevel } from "./unet/unet-condition-config.js";

/** What of a U-Net's configuration its names depend on. */
export interface LdmUNetConfig {
  readonly block_out_channels: readonly number[];
  readonly layers_per_block: PerLevel;
  readonly up_block_types: readonly string[];
}

/** What of an autoencoder's configuration its names depend on. */
export type LdmVaeConfig = Pick<AutoencoderKLConfig, "block_out_channels">;

/** Before the names of each part in the file. */
export const ldmPrefixes = {
  unet: "model.diffusion_model.",
  vae: "first_stage_model.",
  text_encoder: "cond_stage_model.transformer.",
} as const;
export type LdmPart = keyof typeof ldmPrefixes;

/** The first words of a name and what stands for them. */
type Rule = readonly [from: string, to: string];

const unetEnds: readonly Rule[] = [
  ["time_embedding.linear_1", "time_embed.0"],
  ["time_embedding.linear_2", "time_embed.2"],
  ["conv_in", "input_blocks.0.0"],
  ["conv_norm_out", "out.0"],
  ["conv_out", "out.2"],
];

/** The layers of a residual block, which ldm counts in a sequence with activation and dropout. */
const unetResnet: readonly Rule[] = [
  ["norm1", "in_layers.0"],
  ["conv1", "in_layers.2"],
  ["time_emb_proj", "emb_layers.1"],
  ["norm2", "out_layers.0"],
  ["conv2", "out_layers.3"],
  ["conv_shortcut", "skip_connection"],
];

const vaeEnds: readonly Rule[] = [["conv_norm_out", "norm_out"]];
const vaeResnet: readonly Rule[] = [["conv_shortcut", "nin_shortcut"]];
const vaeAttention: readonly Rule[] = [
  ["group_norm", "norm"],
  ["to_q", "q"],
  ["to_k", "k"],
  ["to_v", "v"],
  ["to_out.0", "proj_out"],
];

/** The name with the first rule that fits its beginning; as it is, if none does. */
function renamed(name: string, rules: readonly Rule[]): string {
  const found = rules.find(([from]) => name.startsWith(`${from}.`));
  return found ? found[1] + name.slice(found[0].length) : name;
}

/**
 * What ldm calls a tensor of `UNet2DConditionModel`, without the prefix. ldm counts all blocks of the way down in one row
 * (conv_in, then layers and halving of each level), those of the way up in another.
 *
 * @throws RangeError for a name that the layout has no place for
 */
export function ldmUNetName(config: LdmUNetConfig, name: string): string {
  const end = renamed(name, unetEnds);
  if (end !== name) return end;
  const middle = /^mid_block\.(resnets|attentions)\.(\d+)\.(.+)$/.exec(name);
  if (middle) {
    const [, kind, i, rest] = middle;
    if (kind === "attentions") return `middle_block.1.${rest}`;
    return `middle_block.${2 * Number(i)}.${renamed(rest, unetResnet)}`;
  }
  const block = /^(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)$/.exec(name);
  if (!block) throw noPlace("a U-Net", name);
  const [, way, level, kind, layer, rest] = block;
  const [i, j] = [Number(level), Number(layer)];
  const { first, layers } = rowOf(config, way as "down" | "up", i);
  const row = way === "down" ? "input_blocks" : "output_blocks";
  if (kind === "resnets") return `${row}.${first + j}.0.${renamed(rest, unetResnet)}`;
  if (kind === "attentions") return `${row}.${first + j}.1.${rest}`;
  if (kind === "downsamplers") return `${row}.${first + layers}.0.op${rest.slice("conv".length)}`;
  if (kind !== "upsamplers") throw noPlace("a U-Net", name);
  // The doubling stands in the block of the level's last layer, behind its attention.
  const place = config.up_block_types[i].includes("Attn") ? 2 : 1;
  return `${row}.${first + layers - 1}.${place}.${rest}`;
}

/** Where a level begins in its row, and how many layers it has there. */
function rowOf(config: LdmUNetConfig, way: "down" | "up", level: number): { first: number; layers: number } {
  const { block_out_channels: widths, layers_per_block: given } = config;
  const perLevel = typeof given === "number" ? widths.map(() => given) : [...given];
  const down = way === "down";
  const layers = down ? perLevel : perLevel.reverse().map((count) => count + 1);
  // On the way down a level is followed by its halving, and conv_in comes before all.
  const before = layers.slice(0, level).reduce((sum, count) => sum + count + (down ? 1 : 0), down ? 1 : 0);
  return { first: before, layers: layers[level] };
}

/**
 * What ldm calls a tensor of `AutoencoderKL`, without the prefix; it counts the decoder's levels from the full image, and
 * has attention's matrices as 1×1 convolutions.
 *
 * @throws RangeError for a name that the layout has no place for
 */
export function ldmVaeName(config: LdmVaeConfig, name: string): string {
  const half = /^(encoder|decoder)\.(.+)$/.exec(name);
  if (!half) {
    if (/^(post_)?quant_conv\./.test(name)) return name;
    throw noPlace("an autoencoder", name);
  }
  const [, which, inner] = half;
  if (/^conv_(in|out|norm_out)\./.test(inner)) return `${which}.${renamed(inner, vaeEnds)}`;
  const middle = /^mid_block\.(resnets|attentions)\.(\d+)\.(.+)$/.exec(inner);
  if (middle) {
    const [, kind, i, rest] = middle;
    return kind === "attentions"
      ? `${which}.mid.attn_1.${renamed(rest, vaeAttention)}`
      : `${which}.mid.block_${Number(i) + 1}.${renamed(rest, vaeResnet)}`;
  }
  const block = /^(down|up)_blocks\.(\d+)\.(resnets|downsamplers|upsamplers)\.(\d+)\.(.+)$/.exec(inner);
  if (!block) throw noPlace("an autoencoder", name);
  const [, way, i, kind, j, rest] = block;
  const level = way === "down" ? Number(i) : config.block_out_channels.length - 1 - Number(i);
  if (kind === "resnets") return `${which}.${way}.${level}.block.${j}.${renamed(rest, vaeResnet)}`;
  return `${which}.${way}.${level}.${way === "down" ? "downsample" : "upsample"}.${rest}`;
}

/** What ldm calls a tensor of `CLIPTextModel`, without the prefix: the same, and always below `text_model`. */
export function ldmTextName(name: string): string {
  return name.startsWith("text_model.") ? name : `text_model.${name}`;
}

/** Before the names of the text encoder in this file: with `text_model.` at their end, or without. */
export function ldmTextPrefix({ entries }: Pick<TensorSource, "entries">): string {
  const { text_encoder: prefix } = ldmPrefixes;
  const whole = `${prefix}text_model.`;
  return [...entries.keys()].some((name) => name.startsWith(whole)) ? whole : prefix;
}

/** A part of a pipeline with what its names depend on. */
export type LdmPartConfig =
  | { readonly part: "unet"; readonly config: LdmUNetConfig }
  | { readonly part: "vae"; readonly config: LdmVaeConfig }
  | { readonly part: "text_encoder" };

/**
 * The full names of a part in a checkpoint, each with the name that diffusers or transformers has for it.
 *
 * @param names all of the part, as its network has them
 * @throws RangeError for a name that the layout has no place for
 */
export function ldmNames(of: LdmPartConfig, names: Iterable<string>): Map<string, string> {
  const nameOf = (name: string): string => {
    if (of.part === "unet") return ldmUNetName(of.config, name);
    return of.part === "vae" ? ldmVaeName(of.config, name) : ldmTextName(name);
  };
  return new Map(Array.from(names, (name) => [ldmPrefixes[of.part] + nameOf(name), name]));
}

/** Buffers that a part's tensors lie beside, and that hold nothing to learn. */
const BUFFERS = /\.position_ids$/;

/**
 * A part of a checkpoint as a source of its own, under the names of diffusers or transformers: what the file holds of
 * other parts, and of averages and schedules, is not seen.
 *
 * @param names all of the part, as its network has them
 * @throws RangeError if the file holds nothing of the part, or a name has no place in the layout
 */
export function ldmSource(file: TensorSource, of: LdmPartConfig, names: Iterable<string>): TensorSource {
  const prefix = ldmPrefixes[of.part];
  const known = ldmNames(of, names);
  if (of.part === "text_encoder") {
    const without = ldmTextPrefix(file);
    for (const [name, here] of [...known]) known.set(name.replace(`${prefix}text_model.`, without), here);
  }
  const there = [...file.entries.keys()].filter((name) => name.startsWith(prefix) && !BUFFERS.test(name));
  if (there.length === 0) throw new RangeError(`${file.path} holds no tensor of "${prefix}…"`);
  // A tensor that the network does not have keeps its name, and is refused by it.
  const inFile = new Map(there.map((name) => [known.get(name) ?? name, name]));
  return {
    path: file.path,
    entries: new Map([...inFile].map(([name, stored]) => [name, file.entries.get(stored)!])),
    read: (name) => file.read(inFile.get(name) ?? name),
  };
}

function noPlace(network: string, name: string): RangeError {
  return new RangeError(
    `"${name}" of ${network} has no place in the ldm layout: only networks of Stable Diffusion's kind are stored in it`,
  );
}
