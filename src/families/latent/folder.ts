/** A latent pipeline's folder: diffusers' `StableDiffusionPipeline`, both ways. */
import { requireLike, requireText } from "../../base/values.js";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { requireKnownKeys } from "../../base/check.js";
import type { Json } from "../../base/fields.js";
import type { FloatFormat } from "../../files/index.js";
import {
  AutoencoderKL,
  ClipTextModel,
  networkClassOf,
  UNet2DCondition,
  type StoredNetwork,
} from "../../networks/index.js";
import { loadTokenizer, tokenizerFiles } from "../../text/tokenizer-folder.js";
import {
  hasIndex,
  INDEX,
  loadPart,
  readIndex,
  readRecord,
  requireMemoryForParts,
  requirePart,
  saveModelFolder,
  type ModelIndex,
} from "../folder.js";
import { readFields } from "../json-files.js";
import { networkFiles } from "../network-folder.js";
import { addInversion, type InversionFile } from "./inversion.js";
import { addLora, type LoraFile } from "./lora.js";
import { LatentModel } from "./model.js";
import { openOneFile, type OneFileOptions } from "./one-file.js";
import { LATENT_PARTS, type LatentDefaults, type StoredLatentParts, requireLatentParts } from "./parts.js";

const TEXT_TO_IMAGE = "StableDiffusionPipeline";
const PAINTING = "StableDiffusionInpaintPipeline";
/** What {@link loadLatent} opens, by `_class_name`. */
export const latentPipelines = [TEXT_TO_IMAGE, PAINTING, "StableDiffusionImg2ImgPipeline"] as const;

const SCHEDULER_CONFIG = "scheduler_config.json";
/** Parts that diffusers' pipelines can have and these have not. */
const ABSENT = ["safety_checker", "feature_extractor", "image_encoder"];

export interface SaveLatentOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the parameters of a part, flat (an average, say). */
  readonly values?: { readonly unet?: Float32Array; readonly text_encoder?: Float32Array };
}

/**
 * Writes a pipeline's folder, which `loadModel`, {@link loadLatent} and diffusers' `StableDiffusionPipeline` open. What
 * cannot be written changes nothing.
 *
 * @throws RangeError if a number is not finite or too large for the format, or `values` have another length
 */
export function saveLatent(folder: string, parts: StoredLatentParts, options: SaveLatentOptions = {}): void {
  requireText("folder", folder, "the name of a folder");
  requireLike(
    "parts",
    parts,
    ["unet", "vae", "textEncoder", "tokenizer", "scheduler"],
    "{ unet, vae, textEncoder, tokenizer, scheduler }",
  );
  requireKnownKeys("saveLatent", options, { format: ["F32", "F16", "BF16"], values: true });
  const { format, values = {} } = options;
  requireKnownKeys("saveLatent", parts, LATENT_PARTS);
  requireLatentParts(parts);
  requireKnownKeys("values of saveLatent", values, { unet: true, text_encoder: true });
  const { unet, vae, textEncoder, tokenizer, scheduler, defaults, letters, record } = parts;
  const { _class_name: schedulerClass, _diffusers_version: _version, ...keys } = scheduler;
  const part = (name: string, network: StoredNetwork, flat?: Float32Array, config?: object) => {
    const { name: className, library } = networkClassOf(network);
    const files = networkFiles(network, join(folder, name), { format, values: flat, config: { ...config } });
    return { [name]: { library, className, ...files } };
  };
  // Programs that write texts ask the text encoder's configuration for them.
  const ids = { bos_token_id: tokenizer.start, pad_token_id: tokenizer.pad };
  const notes = { ...(defaults && { defaults: { ...defaults } }), ...(letters !== undefined && { letters }) };
  saveModelFolder(folder, {
    className: unet.config.in_channels === unet.config.out_channels ? TEXT_TO_IMAGE : PAINTING,
    networks: {
      ...part("unet", unet, values.unet),
      ...part("vae", vae),
      ...part("text_encoder", textEncoder, values.text_encoder, ids),
    },
    configs: {
      scheduler: {
        library: "diffusers",
        className: String(schedulerClass),
        file: SCHEDULER_CONFIG,
        keys: keys as Readonly<Record<string, Json>>,
      },
    },
    texts: { tokenizer: { library: "transformers", className: "CLIPTokenizer", files: tokenizerFiles(tokenizer) } },
    index: { ...Object.fromEntries(ABSENT.map((name) => [name, [null, null]])), requires_safety_checker: false },
    ...(Object.keys(notes).length > 0 && { notes }),
    record,
  });
}

export interface LoadLatentOptions extends OneFileOptions {
  /** As in diffusers: "fp16" reads that variant of a folder's weights; default: what is there. */
  readonly variant?: string;
  /** LoRA files whose updates are added to the weights, in this order. */
  readonly loras?: readonly LoraFile[];
  /** Textual inversions: words that prompts can use. */
  readonly inversions?: readonly InversionFile[];
}

/** Whether a path is a checkpoint in one file, and no folder. */
export function isOneFile(path: string): boolean {
  requireText("path", path, "the name of a folder or a file");
  return path.endsWith(".safetensors") && existsSync(path) && statSync(path).isFile();
}

/**
 * Opens a pipeline's folder, of diffusers or of {@link saveLatent}: U-Net, autoencoder, text encoder, tokenizer and
 * scheduler. A safety checker beside them is not read. Or opens a `.safetensors` file that holds a whole pipeline in the
 * layout of Stable Diffusion's own program: see {@link OneFileOptions} for what such a file does not say.
 *
 * @example
 * const model = loadLatent("stable-diffusion-v1-5", { loras: [{ file: "ink.safetensors", scale: 0.8 }] });
 *
 * @throws RangeError if a part is missing or of another class, parts, LoRA or inversion do not fit each other, or memory
 *   is too small for the weights; SafetensorsError or Error if a file is damaged or missing
 */
export function loadLatent(folder: string, options: LoadLatentOptions = {}): LatentModel {
  const known = { variant: "a text", prediction: true, heads: true, loras: "a list", inversions: "a list" } as const;
  requireKnownKeys("loadLatent", options, known);
  const { loras = [], inversions = [], ...opening } = options;
  const parts = openParts(folder, opening);
  let { tokenizer, textEncoder } = parts;
  try {
    for (const lora of loras) addLora(parts, lora);
    for (const inversion of inversions)
      ({ tokenizer, textEncoder } = addInversion({ tokenizer, textEncoder }, inversion));
    return new LatentModel({ ...parts, tokenizer, textEncoder });
  } catch (error) {
    for (const network of [parts.unet, parts.vae, textEncoder]) network.dispose();
    if (!(error instanceof RangeError) || error.message.includes(folder)) throw error;
    throw new RangeError(`${folder}: ${error.message}`, { cause: error });
  }
}

/** The parts of a folder or a file, as they lie there. */
function openParts(
  folder: string,
  { variant, ...ofFile }: Omit<LoadLatentOptions, "loras" | "inversions">,
): StoredLatentParts {
  if (isOneFile(folder)) {
    if (variant !== undefined) throw new RangeError(`variant is of a folder's weights; ${folder} is one file`);
    return openOneFile(folder, ofFile);
  }
  const [extra] = Object.keys(ofFile);
  if (extra !== undefined) {
    throw new RangeError(`${extra} is of a checkpoint in one file; ${folder} says it in its own configurations`);
  }
  const index = readIndex(folder);
  if (!(latentPipelines as readonly string[]).includes(index.className)) {
    throw new RangeError(
      `${join(folder, INDEX)} is of class "${index.className}", a latent pipeline is of ${latentPipelines.join(", ")}`,
    );
  }
  const notes = readNotes(index);
  // What is small is read first: a part that is missing is found before the weights of another are read.
  const parts = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"].map((name) => requirePart(index, name));
  const [unetPart, vaePart, textPart, tokenizerPart, schedulerPart] = parts;
  const path = join(schedulerPart.folder, SCHEDULER_CONFIG);
  const scheduler = readFields(path, "it says what the U-Net was trained on").values;
  if (scheduler["_class_name"] !== schedulerPart.className) {
    throw new RangeError(
      `${path} is of class ${JSON.stringify(scheduler["_class_name"])}, but the index says "${schedulerPart.className}"`,
    );
  }
  const tokenizer = loadTokenizer(tokenizerPart.folder);
  requireMemoryForParts(index, [unetPart, vaePart, textPart], variant);
  const opened: StoredNetwork[] = [];
  const load = <N extends StoredNetwork>(part: typeof unetPart, Class: new (...given: never[]) => N): N => {
    const network = loadPart(part, variant);
    opened.push(network);
    if (network instanceof Class) return network;
    throw new RangeError(`${part.folder} holds a ${part.className}, where a latent pipeline has another class`);
  };
  try {
    const unet = load(unetPart, UNet2DCondition);
    const vae = load(vaePart, AutoencoderKL);
    const textEncoder = load(textPart, ClipTextModel);
    return { unet, vae, textEncoder, tokenizer, scheduler, ...notes, record: readRecord(folder) };
  } catch (error) {
    for (const network of opened) network.dispose();
    throw error;
  }
}

/**
 * The autoencoder that a training on latents begins with: of the run of its recipe, or of assets/.
 *
 * @throws RangeError naming the command that makes it, if it is in neither
 */
export function loadFirstStage(recipe: string): AutoencoderKL {
  const folders = ["runs", "assets"].map((place) => join(place, recipe));
  const found = folders.find((folder) => existsSync(folder) && hasIndex(folder));
  if (!found) {
    throw new RangeError(
      `a latent diffusion model begins with a trained autoencoder, and there is none in ${folders.join(" or ")}: ` +
        `make it first, with npm run train -- ${recipe}`,
    );
  }
  const network = loadPart(requirePart(readIndex(found), "vae"));
  if (network instanceof AutoencoderKL) return network;
  network.dispose();
  throw new RangeError(`${found} holds no AutoencoderKL: make it again, with npm run train -- ${recipe}`);
}

function readNotes({ notes }: ModelIndex): Pick<StoredLatentParts, "defaults" | "letters"> {
  const given = notes.has("defaults") ? notes.object("defaults") : undefined;
  const letters = notes.has("letters") ? notes.string("letters") : undefined;
  notes.finish();
  const defaults: LatentDefaults | undefined = given && {
    ...(given.has("guidance") && { guidance: given.number("guidance") }),
    ...(given.has("sampler") && { sampler: given.string("sampler") }),
    ...(given.has("steps") && { steps: given.number("steps", { whole: true, least: 1 }) }),
  };
  given?.finish();
  return { ...(defaults && { defaults }), ...(letters !== undefined && { letters }) };
}
