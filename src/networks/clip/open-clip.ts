/** OpenCLIP's text encoder, as one-file checkpoints of Stable Diffusion 2 hold it, under the names of transformers. */
import type { NamedTensor, TensorEntry, TensorSource } from "../../files/index.js";

/** Before its names in a checkpoint. */
export const openClipPrefix = "cond_stage_model.model.";

const layers: readonly (readonly [from: string, to: string])[] = [
  ["ln_1.", "layer_norm1."],
  ["ln_2.", "layer_norm2."],
  ["mlp.c_fc.", "mlp.fc1."],
  ["mlp.c_proj.", "mlp.fc2."],
  ["attn.out_proj.", "self_attn.out_proj."],
];
const ends: Readonly<Record<string, string>> = {
  "token_embedding.weight": "embeddings.token_embedding.weight",
  positional_embedding: "embeddings.position_embedding.weight",
  "ln_final.weight": "final_layer_norm.weight",
  "ln_final.bias": "final_layer_norm.bias",
};
/** What compares texts with images, and a table of minus infinities: nothing that a picture is drawn by. */
const UNUSED = new Set(["text_projection", "logit_scale", "attn_mask"]);
/** One tensor holds these, one below the other. */
const FUSED = ["q_proj", "k_proj", "v_proj"];

/** A third of a fused tensor, or a tensor as it is. */
interface Place {
  readonly stored: string;
  readonly third?: number;
}

/**
 * The text encoder of a checkpoint, with its first `count` layers: Stable Diffusion 2 looks at what comes before the last
 * one. A tensor that has no place keeps its name, and is refused by the network.
 */
export function openClipSource(file: TensorSource, count: number): TensorSource {
  const places = new Map<string, Place>();
  for (const stored of file.entries.keys()) {
    if (!stored.startsWith(openClipPrefix)) continue;
    const name = stored.slice(openClipPrefix.length);
    if (UNUSED.has(name)) continue;
    for (const [here, place] of placesOf(name, stored, count)) places.set(`text_model.${here}`, place);
  }
  return {
    path: file.path,
    entries: new Map([...places].map(([name, place]) => [name, entryAt(file.entries.get(place.stored)!, place)])),
    read: (name) => {
      const place = places.get(name);
      return place ? tensorAt(file.read(place.stored), place) : file.read(name);
    },
  };
}

function placesOf(name: string, stored: string, count: number): [string, Place][] {
  if (Object.hasOwn(ends, name)) return [[ends[name], { stored }]];
  const block = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(name);
  if (!block) return [[stored, { stored }]];
  const [, layer, inner] = block;
  if (Number(layer) >= count) return [];
  const fused = /^attn\.in_proj_(weight|bias)$/.exec(inner)?.[1];
  const under = `encoder.layers.${layer}`;
  if (fused) return FUSED.map((part, third) => [`${under}.self_attn.${part}.${fused}`, { stored, third }]);
  const rule = layers.find(([from]) => inner.startsWith(from));
  return [[rule ? `${under}.${rule[1]}${inner.slice(rule[0].length)}` : stored, { stored }]];
}

function entryAt(entry: TensorEntry, { third }: Place): TensorEntry {
  if (third === undefined) return entry;
  const [rows, ...rest] = entry.shape;
  const bytes = (entry.end - entry.begin) / FUSED.length;
  const begin = entry.begin + third * bytes;
  return { ...entry, shape: [rows / FUSED.length, ...rest], begin, end: begin + bytes };
}

function tensorAt({ shape, values }: NamedTensor, { third }: Place): NamedTensor {
  if (third === undefined) return { shape, values };
  const size = values.length / FUSED.length;
  const [rows, ...rest] = shape;
  return { shape: [rows / FUSED.length, ...rest], values: values.subarray(third * size, (third + 1) * size) };
}
