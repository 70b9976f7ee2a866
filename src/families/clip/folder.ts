/** A CLIP's folder, as transformers has one: both towers, the tokenizer beside them, and how images are prepared. */
import { requireText, requireLike } from "../../base/values.js";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { requireKnownKeys, requireKeys } from "../../base/check.js";
import { replaceModel, type FloatFormat } from "../../files/index.js";
import type { ClipModel } from "../../networks/index.js";
import { loadTokenizer, type ClipTokenizer } from "../../text/index.js";
import { tokenizerFiles } from "../../text/tokenizer-folder.js";
import { readFields, toJson } from "../json-files.js";
import { loadNetwork, networkFiles } from "../network-folder.js";
import type { TrainingRecord } from "../record.js";
import { requireSpread, type ClipSpread } from "./pixels.js";

const PREPROCESSOR = "preprocessor_config.json";
const RECORD = "training.json";

/** Whether a folder says that it holds a CLIP, both towers. @throws RangeError for a `config.json` that is damaged */
export function isClipFolder(folder: string): boolean {
  requireText("folder", folder, "the name of a folder");
  const path = join(folder, "config.json");
  return existsSync(path) && readFields(path, "it says what a model is").values["model_type"] === "clip";
}

/** What a folder holds. */
export interface StoredClip {
  readonly clip: ClipModel;
  readonly tokenizer: ClipTokenizer;
  /** How images become what the vision model takes: for {@link clipPixels}. */
  readonly spread: ClipSpread;
}

/**
 * Opens a CLIP's folder, written by {@link saveClip} or by transformers: `config.json`, `model.safetensors`, the
 * tokenizer's files and `preprocessor_config.json`.
 *
 * @throws RangeError, SafetensorsError or Error if a file is missing, damaged, or of another model; if the tokenizer has
 *   other tokens than the text model
 */
export function loadClip(folder: string): StoredClip {
  requireText("folder", folder, "the name of a folder");
  const tokenizer = loadTokenizer(folder);
  const file = readFields(join(folder, PREPROCESSOR), "it says how images are prepared for the vision model");
  const given = { mean: file.numbers("image_mean"), deviation: file.numbers("image_std", { above: 0 }) };
  const clip = loadNetwork(folder, { expect: "CLIPModel" });
  try {
    const spread = requireSpread(join(folder, PREPROCESSOR), given, clip.config.vision_config.num_channels);
    requireFit(folder, clip, tokenizer);
    return { clip, tokenizer, spread };
  } catch (error) {
    clip.dispose();
    throw error;
  }
}

/**
 * Writes a CLIP's folder, which transformers' `CLIPModel`, `CLIPTokenizer` and `CLIPImageProcessor` open. What cannot be
 * written changes nothing.
 *
 * @param options.values other numbers for the same parameters, flat (an average, say)
 * @throws RangeError if model, tokenizer and spread do not fit each other, a number is not finite or too large for the
 *   format, or `values` has another length
 */
export function saveClip(
  folder: string,
  model: StoredClip & { readonly record?: TrainingRecord },
  options: { readonly format?: FloatFormat; readonly values?: Float32Array } = {},
): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveClip", options, { format: ["F32", "F16", "BF16"], values: "a list" });
  requireKnownKeys("saveClip", model, { clip: "an object", tokenizer: "an object", spread: true, record: "an object" });
  requireKeys("saveClip", model, ["clip", "tokenizer", "spread"]);
  const { clip, tokenizer, spread, record } = model;
  requireLike("clip", clip, ["config", "parameters"], "new ClipModel(…)");
  requireLike("tokenizer", tokenizer, ["vocabulary", "tokensOf"], "new ClipTokenizer(…)");
  const { image_size: side, num_channels } = clip.config.vision_config;
  requireSpread("saveClip", spread, num_channels);
  requireFit(folder, clip, tokenizer);
  const preprocessor = {
    image_processor_type: "CLIPImageProcessor",
    do_resize: true,
    size: { shortest_edge: side },
    resample: 3,
    do_center_crop: true,
    crop_size: { height: side, width: side },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [...spread.mean],
    image_std: [...spread.deviation],
    do_convert_rgb: num_channels === 3,
  };
  const texts = { ...tokenizerFiles(tokenizer), [PREPROCESSOR]: toJson(preprocessor) };
  const { clean, ...files } = networkFiles(clip, folder, options);
  replaceModel({
    ...files,
    configs: {
      ...files.configs,
      ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [join(folder, name), text])),
    },
    ...(record && { notes: { [join(folder, RECORD)]: toJson(record) } }),
  });
  clean();
}

function requireFit(folder: string, clip: ClipModel, tokenizer: ClipTokenizer): void {
  const { vocab_size: size } = clip.config.text_config;
  if (tokenizer.size > size) {
    throw new RangeError(
      `${folder}: the tokenizer has ${tokenizer.size} tokens, the text model ${size}: take those of one model`,
    );
  }
}
