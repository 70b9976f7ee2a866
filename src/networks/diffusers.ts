import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  removeOldShards,
  replaceModel,
  SafetensorsFile,
  shardIndex,
  ShardedSafetensors,
  type FloatFormat,
  type StagedFile,
  type TensorSource,
} from "../files/index.js";
import {
  roomFor,
  stageParameters,
  stageShardedParameters,
  streamParameters,
  type NetworkOptions,
} from "../nn/index.js";
import { DiT, type DiTConfig } from "./dit/dit.js";
import { UNet2DCondition } from "./unet/unet-condition.js";
import type { UNet2DConditionConfig } from "./unet/unet-condition-config.js";
import { UNet2D } from "./unet/unet.js";
import type { UNet2DConfig } from "./unet/unet-config.js";

/** The networks that travel, by the name diffusers gives their class. */
export interface DiffusersNetworks {
  readonly UNet2DModel: UNet2D;
  readonly UNet2DConditionModel: UNet2DCondition;
  /** A {@link DiT} with classes and without text. */
  readonly DiTTransformer2DModel: DiT;
}
export type DiffusersClass = keyof DiffusersNetworks;
export type DiffusersNetwork = DiffusersNetworks[DiffusersClass];

const CONFIG = "config.json";
const WEIGHTS = "diffusion_pytorch_model.safetensors";

type Build<K extends DiffusersClass> = (
  config: Record<string, unknown>,
  options: NetworkOptions,
) => DiffusersNetworks[K];
const classes: { readonly [K in DiffusersClass]: Build<K> } = {
  UNet2DModel: (config, options) => new UNet2D(config as Partial<UNet2DConfig>, options),
  UNet2DConditionModel: (config, options) => new UNet2DCondition(config as Partial<UNet2DConditionConfig>, options),
  DiTTransformer2DModel: (config, options) => new DiT({ ...ditTransformerDefaults, ...config }, options),
};

/** What diffusers fills in where a configuration is silent, and {@link DiT} fills in otherwise. */
const ditTransformerDefaults: Partial<DiTConfig> = {
  num_attention_heads: 16,
  attention_head_dim: 72,
  in_channels: 4,
  num_layers: 28,
  sample_size: 32,
  num_embeds_ada_norm: 1000,
};

/** The class a DiT was published as at first: one for several networks, told apart by the kind of norm. */
const FORMER_CLASS = "Transformer2DModel";
const FORMER_DIT_NORM = "ada_norm_zero";

export interface FromDiffusersOptions<K extends DiffusersClass> {
  /** The class the folder must hold; without it, whichever it holds. */
  readonly expect?: K;
  /** As `variant` in diffusers: "fp16" reads `diffusion_pytorch_model.fp16.safetensors`. */
  readonly variant?: string;
}

/**
 * Opens a model folder as diffusers writes it with `save_pretrained`: `config.json` and safetensors in float32, float16
 * or bfloat16, one file or several with an index. Tensors are read one by one, straight into the network.
 *
 * As in diffusers, a `Transformer2DModel` with norm_type "ada_norm_zero" is a `DiTTransformer2DModel` by its former name
 * (facebook/DiT-XL-2-256 is one).
 *
 * @example
 * const unet = fromDiffusers("ddpm-cat-256", { expect: "UNet2DModel" });
 *
 * @throws RangeError if the class is another, a key of the configuration has no counterpart here, or the weights are of
 *   another network; SafetensorsError if a file is damaged; Error if one is missing
 */
export function fromDiffusers<K extends DiffusersClass = DiffusersClass>(
  folder: string,
  options: FromDiffusersOptions<K> = {},
): DiffusersNetworks[K] {
  const config = readConfig(folder);
  const name = presentClass(join(folder, CONFIG), config);
  if (typeof name !== "string" || !Object.hasOwn(classes, name) || (options.expect ?? name) !== name) {
    const wanted = options.expect ?? Object.keys(classes).join(", ");
    throw new RangeError(`${join(folder, CONFIG)} is of class ${JSON.stringify(name)}; what can be opened: ${wanted}`);
  }
  const source = openWeights(folder, options.variant);
  try {
    const network = classes[name as K](config, { start: "zeros", maxNumbers: roomFor(source) });
    try {
      streamParameters(withPresentNames(source), network.parameters);
    } catch (error) {
      network.dispose();
      throw error;
    }
    return network;
  } finally {
    source.close();
  }
}

export interface ToDiffusersOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the same parameters, flat (an average, say). */
  readonly values?: Float32Array;
  /** Weights larger than this become several files with an index; default 10 GB as in diffusers. */
  readonly maxFileBytes?: number;
}

/**
 * Writes a network so that diffusers opens it: `UNet2DModel.from_pretrained(folder)`. What cannot be written changes
 * nothing, and nobody ever opens a mix of an earlier network and this one: see {@link replaceModel}.
 *
 * @throws RangeError if a number is not finite or too large for the format, `values` has another length, or
 *   `maxFileBytes` is not positive; TypeError if the network has no class in diffusers
 */
export function toDiffusers(network: DiffusersNetwork, folder: string, options: ToDiffusersOptions = {}): void {
  const { format = "F32", values, maxFileBytes = 10e9 } = options;
  const config: Record<string, unknown> = { _class_name: classNameOf(network), ...network.config };
  if (network instanceof DiT) delete config["cross_attention_dim"];
  if (!(maxFileBytes > 0)) throw new RangeError(`maxFileBytes must be positive, got ${maxFileBytes}`);
  const path = join(folder, WEIGHTS);
  const save = { format, values, metadata: { format: "pt" } };
  const constants = network.parameters.constants.reduce((sum, { variable }) => sum + variable.size, 0);
  const bytes = (network.parameters.count + constants) * (format === "F32" ? 4 : 2);
  function* weights(): Generator<StagedFile> {
    if (bytes <= maxFileBytes) yield stageParameters(path, network.parameters, save);
    else yield* stageShardedParameters(path, network.parameters, { ...save, maxBytes: maxFileBytes });
  }
  replaceModel({
    configs: { [join(folder, CONFIG)]: `${JSON.stringify(config, null, 2)}\n` },
    weights: weights(),
    // An index that an earlier save left would be found first.
    entries: [path, shardIndex(path)].filter((entry) => entry === path || existsSync(entry)),
  });
  removeOldShards(path);
}

function classNameOf(network: DiffusersNetwork): DiffusersClass {
  if (network instanceof UNet2D) return "UNet2DModel";
  if (network instanceof UNet2DCondition) return "UNet2DConditionModel";
  if (network instanceof DiT) {
    const { num_embeds_ada_norm, cross_attention_dim } = network.config;
    if (num_embeds_ada_norm === null || cross_attention_dim !== null) {
      throw new TypeError(
        "diffusers opens a DiT with classes (num_embeds_ada_norm) and without text (cross_attention_dim null) only: " +
          "save the parameters of others with saveParameters",
      );
    }
    return "DiTTransformer2DModel";
  }
  throw new TypeError(`this network has no class in diffusers; those that have: ${Object.keys(classes).join(", ")}`);
}

function readConfig(folder: string): Record<string, unknown> {
  const path = join(folder, CONFIG);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const pipeline = existsSync(join(folder, "model_index.json"));
    const remedy = pipeline
      ? `this is a pipeline of several models: open the folder of one, ${join(folder, "unet")} say`
      : `a model folder holds ${CONFIG} and ${WEIGHTS}`;
    throw new Error(`cannot read ${path}: ${remedy}`, { cause: error });
  }
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not valid JSON: the file is damaged`, { cause: error });
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    throw new RangeError(`${path} must hold an object of configuration keys`);
  }
  return config as Record<string, unknown>;
}

/**
 * The class by its present name, as diffusers' `LegacyModelMixin` finds it. Keys that only the former class has are
 * left to {@link DiT}, which knows them at their neutral values; but a text, which a DiT may have here, has none there.
 */
function presentClass(path: string, config: Record<string, unknown>): unknown {
  const { _class_name: name, norm_type, cross_attention_dim: text = null } = config;
  if (name !== FORMER_CLASS) return name;
  if (norm_type !== FORMER_DIT_NORM) {
    throw new RangeError(
      `${path} is of class "${FORMER_CLASS}" with norm_type = ${JSON.stringify(norm_type)}: of that class only a DiT can be ` +
        `opened, which has norm_type "${FORMER_DIT_NORM}"`,
    );
  }
  if (text !== null) {
    throw new RangeError(
      `${path} has cross_attention_dim = ${JSON.stringify(text)}: a DiT of diffusers takes no text, so it must be null`,
    );
  }
  return "DiTTransformer2DModel" satisfies DiffusersClass;
}

function openWeights(folder: string, variant: string | undefined): SafetensorsFile | ShardedSafetensors {
  const name = variant === undefined ? WEIGHTS : WEIGHTS.replace("safetensors", `${variant}.safetensors`);
  // diffusers writes the variant before "safetensors" in one file and before "json" in an index, formerly before "index".
  const indices =
    variant === undefined
      ? [shardIndex(WEIGHTS)]
      : [`${WEIGHTS}.index.${variant}.json`, `${WEIGHTS}.${variant}.index.json`, shardIndex(name)];
  for (const index of indices) {
    if (existsSync(join(folder, index))) return new ShardedSafetensors(join(folder, index));
  }
  if (existsSync(join(folder, name))) return new SafetensorsFile(join(folder, name));
  const pickled = existsSync(join(folder, "diffusion_pytorch_model.bin"));
  throw new Error(
    `${folder} has no ${name}${variantsIn(folder)}` +
      (pickled
        ? `; its .bin file is a Python pickle: save it again with save_pretrained(…, safe_serialization=True)`
        : ""),
  );
}

/** What a message says about the variants of the weights that are there. */
function variantsIn(folder: string): string {
  const forms = [
    /^diffusion_pytorch_model\.(\w+)\.safetensors$/,
    /^diffusion_pytorch_model\.safetensors\.index\.(\w+)\.json$/,
  ];
  const found = readdirSync(folder).flatMap((file) => forms.flatMap((form) => form.exec(file)?.[1] ?? []));
  return found.length === 0
    ? ""
    : `, but the variant ${found.map((one) => `"${one}"`).join(", ")}: name it in options.variant`;
}

/** Checkpoints of before 2023 name the attention's matrices otherwise, as diffusers itself still accepts. */
const formerNames: readonly (readonly [RegExp, string])[] = [
  [/\.query\.(weight|bias)$/, ".to_q.$1"],
  [/\.key\.(weight|bias)$/, ".to_k.$1"],
  [/\.value\.(weight|bias)$/, ".to_v.$1"],
  [/\.proj_attn\.(weight|bias)$/, ".to_out.0.$1"],
];

function withPresentNames(source: TensorSource): TensorSource {
  const nameOnDisk = new Map<string, string>();
  for (const name of source.entries.keys()) {
    const present = formerNames.reduce((result, [pattern, now]) => result.replace(pattern, now), name);
    nameOnDisk.set(source.entries.has(present) ? name : present, name);
  }
  return {
    path: source.path,
    entries: new Map([...nameOnDisk].map(([name, onDisk]) => [name, source.entries.get(onDisk)!])),
    read: (name) => source.read(nameOnDisk.get(name) ?? name),
  };
}
