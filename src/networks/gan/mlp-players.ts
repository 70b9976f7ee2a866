/** A generator and a discriminator of points: dense layers with leaky rectifiers. */
import { requireKind } from "../../base/kinds.js";
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  Dense,
  leakyRelu,
  Parameters,
  type NetworkOptions,
  type ParameterScope,
  type WeightNorm,
} from "../../nn/index.js";
import { requireList, requirePositive, withDefaults } from "../config-keys.js";
import { requireDiscriminator } from "./dcgan-config.js";
import { requireExampleShape, requireLatents, type DiscriminatorNetwork, type GeneratorNetwork } from "./players.js";

/** The configuration of {@link MlpGenerator}. */
export interface MlpGeneratorConfig {
  /** Of a point, default 2. */
  readonly dimensions: number;
  /** Length of the latent vector z, default 2. */
  readonly latent_channels: number;
  /** Widths of the hidden layers, default [128, 128, 128]. */
  readonly hidden: readonly number[];
  /** Slope of the leaky rectifiers where x < 0, default 0.2. */
  readonly negative_slope: number;
}

/** The configuration of {@link MlpDiscriminator}. */
export interface MlpDiscriminatorConfig {
  /** Of a point, default 2. */
  readonly dimensions: number;
  /** Widths of the hidden layers, default [128, 128, 128]. */
  readonly hidden: readonly number[];
  /** Slope of the leaky rectifiers where x < 0, default 0.2. */
  readonly negative_slope: number;
  /** "spectral" divides every weight by its largest singular value; default null, none. */
  readonly weight_norm: "spectral" | null;
}

/** What a configuration of {@link MlpGenerator} leaves out. */
export const mlpGeneratorDefaults: MlpGeneratorConfig = {
  dimensions: 2,
  latent_channels: 2,
  hidden: [128, 128, 128],
  negative_slope: 0.2,
};

/** What a configuration of {@link MlpDiscriminator} leaves out. */
export const mlpDiscriminatorDefaults: MlpDiscriminatorConfig = {
  dimensions: 2,
  hidden: [128, 128, 128],
  negative_slope: 0.2,
  weight_norm: null,
};

/**
 * z through hidden layers to a point.
 *
 * @example
 * const points = new MlpGenerator({ latent_channels: 4 }, { seed: 0 }).apply(z); // [N, 4] → [N, 2]
 */
export class MlpGenerator implements GeneratorNetwork {
  readonly config: MlpGeneratorConfig;
  readonly parameters: Parameters;
  readonly latentSize: number;
  readonly exampleShape: readonly [number];
  private readonly layers: readonly Dense[];

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<MlpGeneratorConfig> = {}, options: NetworkOptions = {}) {
    this.config = withDefaults("MlpGenerator", mlpGeneratorDefaults, config);
    const { dimensions, latent_channels, hidden } = this.config;
    requirePositive("latent_channels", latent_channels);
    requireLayers(this.config);
    this.parameters = new Parameters(options);
    this.latentSize = latent_channels;
    this.exampleShape = [dimensions];
    this.layers = denseLayers(this.parameters.scope(""), [latent_channels, ...hidden, dimensions]);
  }

  /**
   * @param z [N, latent_channels]
   * @returns [N, dimensions]
   * @throws RangeError for latents of another shape
   */
  apply(z: tf.Tensor2D): tf.Tensor2D {
    requireTensor("z", z);
    requireLatents(z, this.latentSize);
    return throughLayers(this.layers, z, this.config.negative_slope);
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

/**
 * A point through hidden layers to one number.
 *
 * @example
 * const scores = new MlpDiscriminator({ hidden: [64, 64] }, { seed: 0 }).apply(points); // [N, 2] → [N]
 */
export class MlpDiscriminator implements DiscriminatorNetwork {
  readonly config: MlpDiscriminatorConfig;
  readonly parameters: Parameters;
  readonly exampleShape: readonly [number];
  private readonly layers: readonly Dense[];

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<MlpDiscriminatorConfig> = {}, options: NetworkOptions = {}) {
    this.config = withDefaults("MlpDiscriminator", mlpDiscriminatorDefaults, config);
    const { dimensions, hidden, weight_norm } = this.config;
    requireLayers(this.config);
    requireDiscriminator(this.config);
    this.parameters = new Parameters(options);
    this.exampleShape = [dimensions];
    this.layers = denseLayers(this.parameters.scope(""), [dimensions, ...hidden, 1], weight_norm ?? undefined);
  }

  /**
   * @param x [N, dimensions]
   * @returns [N]
   * @throws RangeError for points of another dimension
   */
  apply(x: tf.Tensor): tf.Tensor1D {
    requireTensor("x", x);
    requireExampleShape(x, this.exampleShape);
    return tf.tidy(() => {
      const scores = throughLayers(this.layers, x as tf.Tensor2D, this.config.negative_slope);
      return tf.reshape(scores, [-1]) as tf.Tensor1D;
    });
  }

  buffers(): Record<string, tf.Tensor> {
    return Object.assign({}, ...this.layers.map((layer) => layer.buffers())) as Record<string, tf.Tensor>;
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

function denseLayers(root: ParameterScope, widths: readonly number[], norm?: WeightNorm): Dense[] {
  return widths
    .slice(1)
    .map((outputs, i) => new Dense(root.scope(`layers.${i}`), { inputs: widths[i], outputs, norm }));
}

function throughLayers(layers: readonly Dense[], x: tf.Tensor2D, slope: number): tf.Tensor2D {
  return tf.tidy(() => layers.reduce((h, layer, i) => layer.apply(i === 0 ? h : leakyRelu(h, slope)), x));
}

function requireLayers(config: Pick<MlpGeneratorConfig, "dimensions" | "hidden" | "negative_slope">): void {
  requirePositive("dimensions", config.dimensions);
  requireList("hidden", config.hidden);
  for (const width of config.hidden) requirePositive("hidden", width);
  requireKind("negative_slope", config.negative_slope, "a number");
  if (!(config.negative_slope >= 0 && config.negative_slope < 1)) {
    throw new RangeError(`negative_slope must lie in 0 … < 1, got ${config.negative_slope}`);
  }
}
