/** Every network that a folder can hold, by the name of its class: diffusers' own name where diffusers has the class. */
import { requireKind } from "../base/kinds.js";
import type { NetworkOptions, Parameters } from "../nn/index.js";
import { nearestName } from "../base/check.js";
import { AutoencoderKL } from "./autoencoder-kl/autoencoder-kl.js";
import type { AutoencoderKLConfig } from "./autoencoder-kl/autoencoder-kl-config.js";
import { Classifier, type ClassifierConfig } from "./classifier.js";
import { DigitDetector, type DigitDetectorConfig } from "./digit-detector.js";
import { ClipModel } from "./clip/clip-model.js";
import { clipNames } from "./clip/clip-names.js";
import { ClipTextModel, ClipTextModelWithProjection } from "./clip/clip-text.js";
import { ClipVisionModel, ClipVisionModelWithProjection } from "./clip/clip-vision.js";
import { DiT, type DiTConfig } from "./dit/dit.js";
import { Glow } from "./flow/glow.js";
import type { GlowConfig } from "./flow/glow-config.js";
import { RealNvp, type RealNvpConfig } from "./flow/real-nvp.js";
import type { DcganDiscriminatorConfig, DcganGeneratorConfig } from "./gan/dcgan-config.js";
import { DcganDiscriminator } from "./gan/dcgan-discriminator.js";
import { DcganGenerator } from "./gan/dcgan-generator.js";
import {
  MlpDiscriminator,
  MlpGenerator,
  type MlpDiscriminatorConfig,
  type MlpGeneratorConfig,
} from "./gan/mlp-players.js";
import { PointMlp, type PointMlpConfig } from "./point-mlp.js";
import { UNet2DCondition } from "./unet/unet-condition.js";
import type { UNet2DConditionConfig } from "./unet/unet-condition-config.js";
import { UNet2D } from "./unet/unet.js";
import type { UNet2DConfig } from "./unet/unet-config.js";
import { UVit, type UVitConfig } from "./uvit/uvit.js";
import type { ConvVaeConfig } from "./vae/conv-vae-config.js";
import { ConvVae } from "./vae/conv-vae.js";
import type { MlpVaeConfig } from "./vae/mlp-vae-config.js";
import { MlpVae } from "./vae/mlp-vae.js";

/** What a network must have to lie in a folder. */
export interface StoredNetwork {
  readonly config: object;
  readonly parameters: Parameters;
  dispose(): void;
}

/** Who can build a class: a library's name as `model_index.json` writes it. */
export type Library = "diffusers" | "transformers" | "diffusion_lab";

/** One class of networks. */
export interface NetworkClass<N extends StoredNetwork = StoredNetwork> {
  /** What `config.json` and `model_index.json` call it. */
  readonly name: string;
  readonly library: Library;
  /** What `config.json` of a network of transformers calls its kind. */
  readonly modelType?: string;
  /** The folder it lies in, in a folder of several parts. */
  readonly component: string;
  /** @throws RangeError naming the key of the configuration that is wrong */
  build(config: Readonly<Record<string, unknown>>, options: NetworkOptions): N;
  /** Whether a network is of this class. */
  holds(network: StoredNetwork): boolean;
  /** What `config.json` says beside the class, default `network.config`. */
  configOf?(network: N): Readonly<Record<string, unknown>>;
  /** The name here of a tensor of a file, where other versions name it otherwise; null for what the network has not. */
  presentName?(name: string): string | null;
  /** Shape of the examples the network was made for, [H, W, C] of images; null where its configuration does not say. */
  exampleShape?(network: N): readonly number[] | null;
}

/** The classes by name, with the type that {@link NetworkClass.build} returns. */
export interface NetworksByClass {
  readonly UNet2DModel: UNet2D;
  readonly UNet2DConditionModel: UNet2DCondition;
  /** A {@link DiT} with classes and without text. */
  readonly DiTTransformer2DModel: DiT;
  /** Any other {@link DiT}. */
  readonly DiT: DiT;
  readonly UVit: UVit;
  readonly PointMlp: PointMlp;
  readonly AutoencoderKL: AutoencoderKL;
  readonly ConvVae: ConvVae;
  readonly MlpVae: MlpVae;
  readonly RealNvp: RealNvp;
  readonly Glow: Glow;
  readonly DcganGenerator: DcganGenerator;
  readonly DcganDiscriminator: DcganDiscriminator;
  readonly MlpGenerator: MlpGenerator;
  readonly MlpDiscriminator: MlpDiscriminator;
  readonly Classifier: Classifier;
  readonly DigitDetector: DigitDetector;
  readonly CLIPTextModel: ClipTextModel;
  readonly CLIPTextModelWithProjection: ClipTextModelWithProjection;
  readonly CLIPVisionModel: ClipVisionModel;
  readonly CLIPVisionModelWithProjection: ClipVisionModelWithProjection;
  readonly CLIPModel: ClipModel;
}
export type NetworkClassName = keyof NetworksByClass;

/** What diffusers fills in where a configuration is silent, and {@link DiT} fills in otherwise. */
const ditTransformerDefaults: Partial<DiTConfig> = {
  num_attention_heads: 16,
  attention_head_dim: 72,
  in_channels: 4,
  num_layers: 28,
  sample_size: 32,
  num_embeds_ada_norm: 1000,
};

/** [H, W, C] from the keys of a U-Net or an autoencoder. */
function imageShape({ config }: UNet2D | UNet2DCondition | AutoencoderKL): readonly number[] | null {
  const { sample_size: size, in_channels: channels } = config;
  if (size === null) return null;
  return typeof size === "number" ? [size, size, channels] : [...size, channels];
}

const patchedShape = ({ config: { sample_size: side, in_channels: channels } }: DiT): number[] => [
  side,
  side,
  channels,
];

/** Whether diffusers has this DiT: with classes, and without text. */
function isDiffusersDit({ config }: DiT): boolean {
  return config.num_embeds_ada_norm !== null && config.cross_attention_dim === null;
}

const clipText = {
  library: "transformers",
  modelType: "clip_text_model",
  component: "text_encoder",
  presentName: clipNames.text,
} as const;
const clipVision = {
  library: "transformers",
  modelType: "clip_vision_model",
  component: "image_encoder",
  presentName: clipNames.vision,
} as const;

const classes: { readonly [K in NetworkClassName]: NetworkClass<NetworksByClass[K]> } = {
  UNet2DModel: {
    name: "UNet2DModel",
    library: "diffusers",
    component: "unet",
    build: (config, options) => new UNet2D(config as Partial<UNet2DConfig>, options),
    holds: (network) => network instanceof UNet2D,
    exampleShape: imageShape,
  },
  UNet2DConditionModel: {
    name: "UNet2DConditionModel",
    library: "diffusers",
    component: "unet",
    build: (config, options) => new UNet2DCondition(config as Partial<UNet2DConditionConfig>, options),
    holds: (network) => network instanceof UNet2DCondition,
    exampleShape: imageShape,
  },
  DiTTransformer2DModel: {
    name: "DiTTransformer2DModel",
    library: "diffusers",
    component: "transformer",
    build: (config, options) => new DiT({ ...ditTransformerDefaults, ...config }, options),
    holds: (network) => network instanceof DiT && isDiffusersDit(network),
    exampleShape: patchedShape,
    configOf: ({ config: { cross_attention_dim: _none, ...config } }) => config,
  },
  DiT: {
    name: "DiT",
    library: "diffusion_lab",
    component: "transformer",
    build: (config, options) => new DiT(config as Partial<DiTConfig>, options),
    holds: (network) => network instanceof DiT && !isDiffusersDit(network),
    exampleShape: patchedShape,
  },
  UVit: {
    name: "UVit",
    library: "diffusion_lab",
    component: "transformer",
    build: (config, options) => new UVit(config as Partial<UVitConfig>, options),
    holds: (network) => network instanceof UVit,
    exampleShape: ({ config }) => [...config.image_size, config.in_channels],
  },
  PointMlp: {
    name: "PointMlp",
    library: "diffusion_lab",
    component: "network",
    build: (config, options) => new PointMlp(config as Partial<PointMlpConfig>, options),
    holds: (network) => network instanceof PointMlp,
    exampleShape: ({ config }) => [config.dimensions],
  },
  AutoencoderKL: {
    name: "AutoencoderKL",
    library: "diffusers",
    component: "vae",
    build: (config, options) => new AutoencoderKL(config as Partial<AutoencoderKLConfig>, options),
    holds: (network) => network instanceof AutoencoderKL,
    exampleShape: imageShape,
  },
  ConvVae: {
    name: "ConvVae",
    library: "diffusion_lab",
    component: "vae",
    build: (config, options) => new ConvVae(config as Partial<ConvVaeConfig>, options),
    holds: (network) => network instanceof ConvVae,
    exampleShape: ({ shape }) => shape,
  },
  MlpVae: {
    name: "MlpVae",
    library: "diffusion_lab",
    component: "vae",
    build: (config, options) => new MlpVae(config as Partial<MlpVaeConfig>, options),
    holds: (network) => network instanceof MlpVae,
    exampleShape: ({ shape }) => shape,
  },
  RealNvp: {
    name: "RealNvp",
    library: "diffusion_lab",
    component: "flow",
    build: (config, options) => new RealNvp(config as Partial<RealNvpConfig>, options),
    holds: (network) => network instanceof RealNvp,
    exampleShape: ({ shape }) => shape,
  },
  Glow: {
    name: "Glow",
    library: "diffusion_lab",
    component: "flow",
    build: (config, options) => new Glow(config as Partial<GlowConfig>, options),
    holds: (network) => network instanceof Glow,
    exampleShape: ({ shape }) => shape,
  },
  DcganGenerator: {
    name: "DcganGenerator",
    library: "diffusion_lab",
    component: "generator",
    build: (config, options) => new DcganGenerator(config as Partial<DcganGeneratorConfig>, options),
    holds: (network) => network instanceof DcganGenerator,
    exampleShape: ({ exampleShape }) => exampleShape,
  },
  DcganDiscriminator: {
    name: "DcganDiscriminator",
    library: "diffusion_lab",
    component: "discriminator",
    build: (config, options) => new DcganDiscriminator(config as Partial<DcganDiscriminatorConfig>, options),
    holds: (network) => network instanceof DcganDiscriminator,
    exampleShape: ({ exampleShape }) => exampleShape,
  },
  MlpGenerator: {
    name: "MlpGenerator",
    library: "diffusion_lab",
    component: "generator",
    build: (config, options) => new MlpGenerator(config as Partial<MlpGeneratorConfig>, options),
    holds: (network) => network instanceof MlpGenerator,
    exampleShape: ({ exampleShape }) => exampleShape,
  },
  MlpDiscriminator: {
    name: "MlpDiscriminator",
    library: "diffusion_lab",
    component: "discriminator",
    build: (config, options) => new MlpDiscriminator(config as Partial<MlpDiscriminatorConfig>, options),
    holds: (network) => network instanceof MlpDiscriminator,
    exampleShape: ({ exampleShape }) => exampleShape,
  },
  Classifier: {
    name: "Classifier",
    library: "diffusion_lab",
    component: "classifier",
    build: (config, options) => new Classifier(config as Partial<ClassifierConfig>, options),
    holds: (network) => network instanceof Classifier,
  },
  DigitDetector: {
    name: "DigitDetector",
    library: "diffusion_lab",
    component: "detector",
    build: (config, options) => new DigitDetector(config as Partial<DigitDetectorConfig>, options),
    holds: (network) => network instanceof DigitDetector,
  },
  CLIPTextModel: {
    name: "CLIPTextModel",
    ...clipText,
    build: (config, options) => new ClipTextModel(config, options),
    holds: (network) => network instanceof ClipTextModel,
  },
  CLIPTextModelWithProjection: {
    name: "CLIPTextModelWithProjection",
    ...clipText,
    build: (config, options) => new ClipTextModelWithProjection(config, options),
    holds: (network) => network instanceof ClipTextModelWithProjection,
  },
  CLIPVisionModel: {
    name: "CLIPVisionModel",
    ...clipVision,
    build: (config, options) => new ClipVisionModel(config, options),
    holds: (network) => network instanceof ClipVisionModel,
  },
  CLIPVisionModelWithProjection: {
    name: "CLIPVisionModelWithProjection",
    ...clipVision,
    build: (config, options) => new ClipVisionModelWithProjection(config, options),
    holds: (network) => network instanceof ClipVisionModelWithProjection,
  },
  CLIPModel: {
    name: "CLIPModel",
    library: "transformers",
    modelType: "clip",
    component: "clip",
    presentName: clipNames.both,
    build: (config, options) => new ClipModel(config, options),
    holds: (network) => network instanceof ClipModel,
  },
};

/** All classes, by name. */
export const networkClasses: Readonly<Record<NetworkClassName, NetworkClass>> = classes as Readonly<
  Record<NetworkClassName, NetworkClass>
>;

/** @throws RangeError for a name there is no class of, with the list and the nearest one */
export function networkClassNamed(name: unknown, where: string): NetworkClass {
  requireKind("where", where, "a text");
  if (typeof name === "string" && Object.hasOwn(networkClasses, name)) return networkClasses[name as NetworkClassName];
  const near = typeof name === "string" ? nearestName(name, Object.keys(networkClasses)) : undefined;
  throw new RangeError(
    `${where} is of class ${JSON.stringify(name)}${near ? ` (did you mean ${near}?)` : ""}; what can be opened: ` +
      Object.keys(networkClasses).join(", "),
  );
}

/** The class of a network. @throws TypeError for a network that no folder can hold */
export function networkClassOf(network: StoredNetwork): NetworkClass {
  const found = Object.values(networkClasses).find((one) => one.holds(network));
  if (found) return found;
  throw new TypeError(
    `a ${network?.constructor?.name ?? String(network)} is of no class that a folder could name: give it a line in ` +
      "src/networks/registry.ts, or save its parameters with saveParameters",
  );
}
