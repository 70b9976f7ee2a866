/** One network as a folder of its own, or as a part of a pipeline: `config.json` and its weights, as diffusers has them. */
import { requireText } from "../base/values.js";
import { existsSync } from "node:fs";
import { requireKnownKeys } from "../base/check.js";
import { join } from "node:path";
import { Fields, parseJson } from "../base/fields.js";
import { replaceModel, type FloatFormat, type ModelFiles, type StagedFile, type TensorSource } from "../files/index.js";
import { removeOldShards, shardIndex } from "../files/sharded-safetensors.js";
import { readTextFile } from "../files/text-file.js";
import {
  networkClasses,
  networkClassNamed,
  networkClassOf,
  type AutoencoderKL,
  type DiT,
  type NetworkClass,
  type NetworkClassName,
  type NetworksByClass,
  type StoredNetwork,
  type UNet2D,
  type UNet2DCondition,
} from "../networks/index.js";
import { presentClass, presentTensor } from "../networks/former-names.js";
import { streamParameters } from "../nn/index.js";
import { roomFor, stageParameters, stageShardedParameters } from "../nn/weights.js";
import { DIFFUSERS_VERSION, readFields, toJson } from "./json-files.js";
import { requireMemoryFor } from "./memory.js";
import { openWeights, weightsFile } from "./weights-files.js";

const CONFIG = "config.json";

export interface LoadNetworkOptions<K extends NetworkClassName = NetworkClassName> {
  /** The class the folder must hold; without it, whichever it holds. */
  readonly expect?: K;
  /** As `variant` in diffusers: "fp16" reads `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string;
}

/**
 * Opens a network's folder, as {@link saveNetwork} or diffusers' `save_pretrained` writes it: `config.json` and
 * safetensors in float32, float16 or bfloat16, one file or several with an index. Tensors are read one by one, straight
 * into the network.
 *
 * @example
 * const unet = loadNetwork("ddpm-cat-256/unet", { expect: "UNet2DModel" });
 *
 * @throws RangeError if the class is another, a key of the configuration has no counterpart here, the weights are of
 *   another network, or memory is too small for them; SafetensorsError if a file is damaged; Error if one is missing
 */
export function loadNetwork<K extends NetworkClassName = NetworkClassName>(
  folder: string,
  options: LoadNetworkOptions<K> = {},
): NetworksByClass[K] {
  requireText("folder", folder, "the name of a folder");
  return openNetwork(folder, options) as NetworksByClass[K];
}

/** The networks that diffusers has too, by the name of their class. */
export type DiffusersNetworks = Pick<NetworksByClass, DiffusersClass>;
export type DiffusersClass = "UNet2DModel" | "UNet2DConditionModel" | "DiTTransformer2DModel" | "AutoencoderKL";
export type DiffusersNetwork = UNet2D | UNet2DCondition | DiT | AutoencoderKL;

/** {@link loadNetwork} of a network that diffusers has too. */
export function fromDiffusers<K extends DiffusersClass = DiffusersClass>(
  folder: string,
  options: LoadNetworkOptions<K> = {},
): DiffusersNetworks[K] {
  requireText("folder", folder, "the name of a folder");
  return openNetwork(folder, options, "diffusers") as DiffusersNetworks[K];
}

export interface SaveNetworkOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the same parameters, flat (an average, say). */
  readonly values?: Float32Array;
  /** Weights larger than this become several files with an index; default 10 GB as in diffusers. */
  readonly maxFileBytes?: number;
}

/**
 * Writes a network's folder. What cannot be written changes nothing, and nobody ever opens a mix of an earlier network
 * and this one: see {@link replaceModel}.
 *
 * @throws RangeError if a number is not finite or too large for the format, `values` has another length, or
 *   `maxFileBytes` is not positive; TypeError if the network is of no class that a folder could name
 */
export function saveNetwork(network: StoredNetwork, folder: string, options: SaveNetworkOptions = {}): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("saveNetwork", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    maxFileBytes: "a number",
  });
  const { clean, ...files } = networkFiles(network, folder, options);
  replaceModel(files);
  clean();
}

/** {@link saveNetwork} of a network that diffusers has too: `UNet2DModel.from_pretrained(folder)` opens it. */
export function toDiffusers(network: DiffusersNetwork, folder: string, options: SaveNetworkOptions = {}): void {
  requireText("folder", folder, "the name of a folder");
  requireKnownKeys("toDiffusers", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    maxFileBytes: "a number",
  });
  if (networkClassOf(network).library !== "diffusers") {
    throw new TypeError(
      `diffusers has no class for this network, but ${classesOf("diffusers").join(", ")} (a DiT with classes and without ` +
        "text): saveNetwork writes it for this library",
    );
  }
  saveNetwork(network, folder, options);
}

/** The files of a network, to be put in their places together with others; `clean` is for afterwards. */
export interface NetworkFiles extends ModelFiles {
  clean(): void;
}

/**
 * What {@link saveNetwork} writes.
 *
 * @param options.config keys of `config.json` that differ from the network's own
 */
export function networkFiles(
  network: StoredNetwork,
  folder: string,
  options: SaveNetworkOptions & { readonly config?: Readonly<Record<string, unknown>> } = {},
): NetworkFiles {
  const { format = "F32", values, maxFileBytes = 10e9 } = options;
  const found = networkClassOf(network);
  if (!(maxFileBytes > 0)) throw new RangeError(`maxFileBytes must be positive, got ${maxFileBytes}`);
  const config = { ...heading(found), ...(found.configOf?.(network) ?? network.config), ...options.config };
  const path = join(folder, weightsFile(found.library));
  const save = { format, values, metadata: { format: "pt" } };
  const numbers = network.parameters.all.reduce((sum, { variable }) => sum + variable.size, 0);
  const bytes = numbers * (format === "F32" ? 4 : 2);
  function* weights(): Generator<StagedFile> {
    if (bytes <= maxFileBytes) yield stageParameters(path, network.parameters, save);
    else yield* stageShardedParameters(path, network.parameters, { ...save, maxBytes: maxFileBytes });
  }
  return {
    configs: { [join(folder, CONFIG)]: toJson(config) },
    weights: weights(),
    // An index that an earlier save left would be found first.
    entries: [path, shardIndex(path)].filter((entry) => entry === path || existsSync(entry)),
    clean: () => removeOldShards(path),
  };
}

/** What `config.json` says of the class, before its keys. */
function heading({ name, library, modelType }: NetworkClass): Readonly<Record<string, unknown>> {
  if (library === "transformers") return { architectures: [name], model_type: modelType };
  return { _class_name: name, ...(library === "diffusers" && { _diffusers_version: DIFFUSERS_VERSION }) };
}

/** Whether a folder is a network's: it has a `config.json` that names a class. */
export function isNetworkFolder(folder: string): boolean {
  const path = join(folder, CONFIG);
  return existsSync(path) && new Fields(path, parseJson(path, readTextFile(path))).has("_class_name");
}

const classesOf = (library: string): string[] => {
  return Object.values(networkClasses).flatMap((one) => (one.library === library ? [one.name] : []));
};

function openNetwork(folder: string, options: LoadNetworkOptions, library?: "diffusers"): StoredNetwork {
  requireKnownKeys("a network's folder", options, {
    expect: [
      "UNet2DModel",
      "UNet2DConditionModel",
      "DiTTransformer2DModel",
      "DiT",
      "UVit",
      "PointMlp",
      "AutoencoderKL",
      "ConvVae",
      "MlpVae",
      "RealNvp",
      "Glow",
      "DcganGenerator",
      "DcganDiscriminator",
      "MlpGenerator",
      "MlpDiscriminator",
      "Classifier",
      "DigitDetector",
      "CLIPTextModel",
      "CLIPTextModelWithProjection",
      "CLIPVisionModel",
      "CLIPVisionModelWithProjection",
      "CLIPModel",
    ],
    variant: true,
  });
  const path = join(folder, CONFIG);
  const config = readConfig(folder);
  const name = presentClass(path, config);
  const allowed = options.expect ? [options.expect as string] : library && classesOf(library);
  if (allowed && !allowed.includes(name as string)) {
    throw new RangeError(`${path} is of class ${JSON.stringify(name)}; what can be opened: ${allowed.join(", ")}`);
  }
  return networkOf(folder, networkClassNamed(name, path), config, options.variant);
}

/** The network of that class and configuration, with the weights of the folder. */
export function networkOf<N extends StoredNetwork>(
  folder: string,
  found: NetworkClass<N>,
  config: Readonly<Record<string, unknown>>,
  variant?: string,
): N {
  const source = openWeights(folder, weightsFile(found.library), variant);
  try {
    requireMemoryFor(folder, [{ name: found.name, source }]);
    const network = found.build(config, { start: "zeros", maxNumbers: roomFor(source) });
    try {
      streamParameters(withPresentNames(source, found), network.parameters);
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network;
  } finally {
    source.close();
  }
}

function readConfig(folder: string): Readonly<Record<string, unknown>> {
  const path = join(folder, CONFIG);
  const pipeline = existsSync(join(folder, "model_index.json"));
  const remedy = pipeline
    ? `this is a pipeline of several models: open the folder of one, ${join(folder, "unet")} say`
    : `a network's folder holds ${CONFIG} and its weights, ${weightsFile("diffusers")} say`;
  return readFields(path, remedy).values;
}

/** The tensors by the names they have here; what is no part of the network is left out. */
function withPresentNames(source: TensorSource, { presentName }: NetworkClass): TensorSource {
  const nameOnDisk = new Map<string, string>();
  for (const name of source.entries.keys()) {
    const former = presentTensor(name);
    const present = presentName ? presentName(former) : former;
    if (present !== null) nameOnDisk.set(source.entries.has(present) ? name : present, name);
  }
  return {
    path: source.path,
    entries: new Map([...nameOnDisk].map(([name, onDisk]) => [name, source.entries.get(onDisk)!])),
    read: (name) => source.read(nameOnDisk.get(name) ?? name),
  };
}
