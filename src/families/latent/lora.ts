/** LoRA files: low-rank updates of U-Net and text encoder, added to their weights for good. */
import { requireKnownKeys } from "../../base/check.js";
import { Fields, parseJson } from "../../base/fields.js";
import { requireNumber } from "../../base/values.js";
import { readSafetensors, type NamedTensor, type SafetensorsFile } from "../../files/index.js";
import type { Parameter } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import { LoraNames, loraParts, type LoraPart, type LoraRole } from "./lora-names.js";
import type { StoredLatentParts } from "./parts.js";

/** A LoRA, and how much of it. */
export interface LoraFile {
  /** A `.safetensors` file of diffusers (`unet.….lora_A.weight`) or kohya's scripts (`lora_unet_….lora_down.weight`). */
  readonly file: string;
  /** Default 1: as it was trained. */
  readonly scale?: number;
}

/** Kinds of files that look like it, by a word in their names. */
const others: readonly (readonly [word: string, kind: string])[] = [
  [".hada_", "a LoHa"],
  [".lokr_", "a LoKr"],
  [".lora_mid.", "a LoRA with a middle factor (CP decomposition)"],
  ["lora_magnitude_vector", "a DoRA"],
  [".dora_scale", "a DoRA"],
  ["lora_te1_", "a LoRA of Stable Diffusion XL"],
  ["text_encoder_2.", "a LoRA of Stable Diffusion XL"],
];
/** Where diffusers notes what its tensors do not say. */
const NOTES = "lora_adapter_metadata";

/** The update of one weight: keys of the file by what they are. */
interface Update {
  readonly part: LoraPart;
  readonly parameter: Parameter;
  readonly keys: Partial<Record<LoraRole, string>>;
}

/**
 * Adds a LoRA to the weights of a pipeline: W ← W + scale·(α/rank)·B·A. Without α it counts as the rank.
 *
 * @throws RangeError naming the first key that does not fit, with nothing changed; SafetensorsError if the file is damaged
 *
 * Source: Hu et al. 2021, "LoRA: low-rank adaptation of large language models", section 4.1.
 */
export function addLora(parts: StoredLatentParts, given: LoraFile): void {
  requireKnownKeys("a LoRA", given, { file: true, scale: true });
  const { file: path, scale = 1 } = given;
  requireNumber("scale of a LoRA", scale);
  readSafetensors(path, (file) => {
    const updates = updatesOf(file, parts);
    const alphaOf = notedAlpha(file);
    const read = updates.map((update) => ({ update, ...numbersOf(file, update, alphaOf(update.part)) }));
    for (const { update, down, up, alpha } of read) {
      merge(update.parameter, down, up, (scale * alpha) / down.shape[0]);
    }
  });
}

function updatesOf(file: SafetensorsFile, { unet, textEncoder }: StoredLatentParts): Update[] {
  const networks = { unet, text_encoder: textEncoder };
  const weights = Object.fromEntries(
    loraParts.map((part) => {
      const found = networks[part].parameters.all.filter(
        ({ name, kind }) => kind !== "plain" && name.endsWith(".weight"),
      );
      return [part, new Map(found.map((parameter) => [parameter.name, parameter]))];
    }),
  ) as Record<LoraPart, Map<string, Parameter>>;
  const names = new LoraNames(unet.config, { unet: weights.unet.keys(), text_encoder: weights.text_encoder.keys() });
  const updates = new Map<Parameter, Update>();
  for (const key of file.entries.keys()) {
    const other = others.find(([word]) => key.includes(word));
    if (other)
      throw new RangeError(`${file.path}: "${key}" is of ${other[1]}, which is not read: a LoRA of this model is`);
    const place = names.placeOf(key);
    if (!place) {
      throw new RangeError(
        `${file.path}: "${key}" fits no layer of this model: the LoRA is of another one, or no LoRA of U-Net and text encoder`,
      );
    }
    const parameter = weights[place.part].get(place.parameter)!;
    const known = updates.get(parameter) ?? { part: place.part, parameter, keys: {} };
    if (known.keys[place.role] !== undefined) {
      throw new RangeError(
        `${file.path}: "${known.keys[place.role]}" and "${key}" are of one layer: one of them is too much`,
      );
    }
    updates.set(parameter, { ...known, keys: { ...known.keys, [place.role]: key } });
  }
  if (updates.size === 0)
    throw new RangeError(`${file.path} holds no tensors: a LoRA has two for each layer it changes`);
  return [...updates.values()];
}

/** A, B and α, checked. */
function numbersOf(file: SafetensorsFile, { parameter, keys }: Update, noted: (rank: number) => number) {
  const refuse = (key: string, what: string): never => {
    throw new RangeError(`${file.path}: "${key}" ${what}`);
  };
  const { down: downKey, up: upKey, alpha: alphaKey } = keys;
  if (downKey === undefined || upKey === undefined) {
    const [alone] = Object.values(keys);
    throw new RangeError(
      `${file.path}: "${alone}" is alone: A and B of a layer go together, and the file is cut short`,
    );
  }
  const [down, up] = [file.read(downKey), file.read(upKey)];
  const { a, b } = shapesFor(parameter);
  const rank = down.shape[0];
  const fits = (given: readonly number[], expected: readonly number[]): boolean => {
    // A matrix may be written as a convolution of one pixel, and the other way round.
    const [short, long] = [given, expected].map((shape) =>
      shape.slice(2).every((n) => n === 1) ? shape.slice(0, 2) : shape,
    );
    return short.join() === long.join();
  };
  if (!fits(down.shape, [rank, ...a])) {
    refuse(
      downKey,
      `has shape [${down.shape}], the layer of this model needs [rank,${a}]: the LoRA is of another model`,
    );
  }
  if (!fits(up.shape, [b, rank])) {
    refuse(
      upKey,
      `has shape [${up.shape}], the layer of this model needs [${b},${rank}]: the LoRA is of another model`,
    );
  }
  for (const [key, { values }] of [[downKey, down] as const, [upKey, up] as const]) {
    if (!values.every(Number.isFinite)) refuse(key, "has a value that is not finite: its training diverged");
  }
  const stored = alphaKey === undefined ? noted(rank) : file.read(alphaKey).values[0];
  if (!Number.isFinite(stored)) refuse(alphaKey ?? downKey, `has the scale α = ${stored}, which must be a number`);
  return { down, up, alpha: stored };
}

/** What A has besides the rank, and the rows of B, for a weight as PyTorch lays it out. */
function shapesFor({ kind, variable }: Parameter): { a: readonly number[]; b: number } {
  const shape = variable.shape as number[];
  if (kind === "dense") return { a: [shape[0]], b: shape[1] };
  return { a: [shape[2], shape[0], shape[1]], b: shape[3] };
}

/** W + factor·B·A, in the layout of memory. */
function merge({ variable }: Parameter, down: NamedTensor, up: NamedTensor, factor: number): void {
  tf.tidy(() => {
    const rank = down.shape[0];
    const [high = 1, wide = 1] = down.shape.slice(2);
    const a = tf.tensor(down.values.slice(), [rank, down.shape[1], high, wide]);
    const b = tf.tensor(up.values.slice(), [up.shape[0], rank]) as tf.Tensor2D;
    // [rank, in, h, w] → [h·w·in, rank], times Bᵀ: the order of a convolution in memory, and of a matrix where h = w = 1.
    const columns = tf.reshape(tf.transpose(a, [2, 3, 1, 0]), [-1, rank]) as tf.Tensor2D;
    const update = tf.matMul(columns, b, false, true);
    variable.assign(tf.add(variable, tf.mul(tf.reshape(update, variable.shape), factor)));
  });
}

/** α by part, where diffusers noted it; the rank where it did not. */
function notedAlpha({ path, metadata }: SafetensorsFile): (part: LoraPart) => (rank: number) => number {
  const text = metadata[NOTES];
  if (text === undefined) return () => (rank) => rank;
  const where = `${path}: ${NOTES}`;
  const notes = new Fields(where, parseJson(where, text));
  for (const part of loraParts) {
    for (const key of ["use_dora", "use_rslora"]) {
      if (notes.raw(`${part}.${key}`) === true)
        notes.refuse(`${part}.${key}`, true, "false: the plain form alone is read");
    }
    const pattern = notes.raw(`${part}.alpha_pattern`) ?? {};
    if (Object.keys(pattern).length > 0) notes.refuse(`${part}.alpha_pattern`, pattern, "empty: one α for all layers");
  }
  return (part) => (rank) => {
    const [alpha, noted] = ["lora_alpha", "r"].map((key) =>
      notes.number(`${part}.${key}`, { above: 0, default: rank }),
    );
    // α/r of the notes, whatever the rank of this layer.
    return (alpha / noted) * rank;
  };
}
