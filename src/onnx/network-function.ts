/** A network as a function of tensors by name, called as diffusers' and transformers' ONNX files call them. */
import type { InputType } from "../compile/trace.js";
import type { NamedTensors } from "../compile/outputs.js";
import {
  AutoencoderKL,
  Classifier,
  ClipModel,
  ClipTextModel,
  ClipTextModelWithProjection,
  ClipVisionModel,
  ClipVisionModelWithProjection,
  ConvVae,
  DcganDiscriminator,
  DcganGenerator,
  DigitDetector,
  Glow,
  MlpDiscriminator,
  MlpGenerator,
  MlpVae,
  RealNvp,
} from "../networks/index.js";
import { networkClassOf, type StoredNetwork } from "../networks/registry.js";
import type { Condition, ConditionPlan } from "../nn/index.js";
import * as tf from "../runtime/tf.js";

/** Which way through a network that has two: an autoencoder's halves, a flow's directions. */
export type NetworkPart = "decoder" | "encoder" | "forward" | "inverse";

/** What is exported of a network. */
export interface NetworkFunction {
  /** Of each input by name: the shape of one example, and the type. */
  readonly inputs: Readonly<Record<string, InputType>>;
  readonly run: (inputs: NamedTensors) => NamedTensors;
}

export interface NetworkFunctionOptions {
  readonly part?: NetworkPart;
  /** Shape of one example, [H, W, C] of an image, where it is another than the configuration's or that has none. */
  readonly shape?: readonly number[];
  /** Tokens of a text, where the configuration leaves them open, default 77. */
  readonly words?: number;
}

/** A network of noisy data and time. */
interface TimedNetwork extends StoredNetwork {
  readonly conditions: ConditionPlan;
  apply(x: tf.Tensor, timestep: tf.Tensor1D, condition?: Condition): tf.Tensor;
}

const float = (shape: readonly number[]): InputType => ({ shape, dtype: "float32" });
const whole = (shape: readonly number[]): InputType => ({ shape, dtype: "int32" });

/** What diffusers calls a condition. */
const CONDITION_NAMES: Readonly<Record<string, string>> = { label: "class_labels", context: "encoder_hidden_states" };

const CLIP_WORDS = 77;

/**
 * @throws RangeError for a part that the network does not have, or a shape that must be given
 * @throws TypeError for what is no network of this library
 */
export function networkFunction(network: StoredNetwork, options: NetworkFunctionOptions = {}): NetworkFunction {
  const parts = partsOf(network, options);
  const names = Object.keys(parts) as (NetworkPart | "whole")[];
  const chosen = options.part ?? names[0];
  const found = parts[chosen];
  if (found) return found();
  const { name } = networkClassOf(network);
  const has = names.includes("whole") ? "is exported whole: leave part out" : `has the parts ${names.join(", ")}`;
  throw new RangeError(`${name} has no part "${chosen}": it ${has}`);
}

type Parts = Readonly<Partial<Record<NetworkPart | "whole", () => NetworkFunction>>>;

/** The ways through a network, the usual one first. */
function partsOf(network: StoredNetwork, options: NetworkFunctionOptions): Parts {
  const shape = (): readonly number[] => exampleShape(network, options);
  if (network instanceof AutoencoderKL) return autoencoderParts(network, shape);
  if (network instanceof ConvVae || network instanceof MlpVae) {
    const { latent_channels: latents } = network.config;
    return {
      decoder: () => one({ latent_sample: float([latents]) }, "sample", (z) => network.decode(z as tf.Tensor2D)),
      encoder: () => one({ sample: float(network.shape) }, "latent_parameters", (x) => moments(network.encode(x))),
    };
  }
  if (network instanceof RealNvp || network instanceof Glow) {
    const size = network.shape.reduce((product, n) => product * n, 1);
    return {
      inverse: () => one({ latent_sample: float([size]) }, "sample", (z) => network.inverse(z as tf.Tensor2D)),
      forward: () => ({
        inputs: { sample: float(network.shape) },
        run: ({ sample }) => {
          const { z, logDeterminant } = network.forward(sample);
          return { latent_sample: z, log_determinant: logDeterminant };
        },
      }),
    };
  }
  return { whole: () => wholeFunction(network, shape, options) };
}

function wholeFunction(
  network: StoredNetwork,
  shape: () => readonly number[],
  options: NetworkFunctionOptions,
): NetworkFunction {
  if (network instanceof Classifier) {
    const { height, width, in_channels } = network.config;
    return one({ sample: float([height, width, in_channels]) }, "logits", (x) => network.logits(x as tf.Tensor4D));
  }
  if (network instanceof DigitDetector) {
    const inputs = { sample: float([32, 32, network.config.in_channels]) };
    return { inputs, run: ({ sample }) => ({ ...network.logits(sample as tf.Tensor4D) }) };
  }
  if (network instanceof DcganGenerator || network instanceof MlpGenerator) {
    return one({ latent_sample: float([network.latentSize]) }, "sample", (z) => network.apply(z as tf.Tensor2D));
  }
  if (network instanceof DcganDiscriminator || network instanceof MlpDiscriminator) {
    return one({ sample: float(network.exampleShape) }, "logits", (x) => network.apply(x));
  }
  return clipFunction(network, options) ?? timedFunction(network as TimedNetwork, shape, options);
}

function clipFunction(network: StoredNetwork, { words }: NetworkFunctionOptions): NetworkFunction | undefined {
  const tokens = (config: { readonly max_position_embeddings: number }): InputType =>
    whole([words ?? config.max_position_embeddings]);
  const pixels = (config: { readonly image_size: number; readonly num_channels: number }): InputType =>
    float([config.image_size, config.image_size, config.num_channels]);
  if (network instanceof ClipTextModel || network instanceof ClipTextModelWithProjection) {
    const outputs = (ids: tf.Tensor): NamedTensors => {
      const given = network.outputs(ids as tf.Tensor2D);
      const { hidden, pooled } = given;
      if ("embedding" in given) return { text_embeds: given.embedding as tf.Tensor, last_hidden_state: hidden };
      return { last_hidden_state: hidden, pooler_output: pooled };
    };
    return { inputs: { input_ids: tokens(network.config) }, run: ({ input_ids }) => outputs(input_ids) };
  }
  if (network instanceof ClipVisionModel || network instanceof ClipVisionModelWithProjection) {
    const outputs = (images: tf.Tensor): NamedTensors => {
      const given = network.outputs(images as tf.Tensor4D);
      const { hidden, pooled } = given;
      if ("embedding" in given) return { image_embeds: given.embedding as tf.Tensor, last_hidden_state: hidden };
      return { last_hidden_state: hidden, pooler_output: pooled };
    };
    return { inputs: { pixel_values: pixels(network.config) }, run: ({ pixel_values }) => outputs(pixel_values) };
  }
  if (network instanceof ClipModel) {
    const { text_config, vision_config } = network.config;
    return {
      inputs: { input_ids: tokens(text_config), pixel_values: pixels(vision_config) },
      run: ({ input_ids, pixel_values }) => ({
        text_embeds: network.embedTexts(input_ids as tf.Tensor2D),
        image_embeds: network.embedImages(pixel_values as tf.Tensor4D),
      }),
    };
  }
  return undefined;
}

/** sample and timestep in, out_sample out, as diffusers' exports of U-Nets have it. */
function timedFunction(
  network: TimedNetwork,
  shape: () => readonly number[],
  { words = CLIP_WORDS }: NetworkFunctionOptions,
): NetworkFunction {
  const conditions = Object.entries(network.conditions).map(
    ([name, plan]) =>
      [
        CONDITION_NAMES[name] ?? name,
        { dtype: plan.dtype, shape: plan.shape.map((length) => length ?? words) },
      ] as const,
  );
  const called = Object.keys(network.conditions);
  return {
    inputs: { sample: float(shape()), timestep: float([]), ...Object.fromEntries(conditions) },
    run: ({ sample, timestep, ...given }) => {
      const condition = Object.fromEntries(called.map((name) => [name, given[CONDITION_NAMES[name] ?? name]]));
      return { out_sample: network.apply(sample, timestep as tf.Tensor1D, condition) };
    },
  };
}

function autoencoderParts(network: AutoencoderKL, shape: () => readonly number[]): Parts {
  const { factor, config } = network;
  return {
    decoder: () => {
      const [height, width] = shape();
      const latents = [height / factor, width / factor, config.latent_channels];
      return one({ latent_sample: float(latents) }, "sample", (z) => network.decode(z as tf.Tensor4D));
    },
    encoder: () =>
      one({ sample: float(shape()) }, "latent_parameters", (x) => moments(network.encode(x as tf.Tensor4D))),
  };
}

/** Mean and ln σ² beside each other, along the channels. */
function moments({ mean, logVariance }: { readonly mean: tf.Tensor; readonly logVariance: tf.Tensor }): tf.Tensor {
  return tf.concat([mean, logVariance], mean.rank - 1);
}

/** A function of one tensor with one result. */
function one(
  inputs: Readonly<Record<string, InputType>>,
  output: string,
  run: (x: tf.Tensor) => tf.Tensor,
): NetworkFunction {
  const [input] = Object.keys(inputs);
  return { inputs, run: (given) => ({ [output]: run(given[input]) }) };
}

function exampleShape(network: StoredNetwork, { shape }: NetworkFunctionOptions): readonly number[] {
  const { name, exampleShape: own } = networkClassOf(network);
  const found = shape ?? own?.(network);
  if (found && found.every((length) => Number.isInteger(length) && length > 0)) return found;
  throw new RangeError(
    found
      ? `shape must be positive whole numbers, got [${found}]`
      : `the configuration of this ${name} says no size of its images: give toOnnx the shape of one, [height, width, channels]`,
  );
}
