/** A variational autoencoder of dense layers, for points and other short vectors. */
import { requireTensor } from "../../runtime/tensor.js";
import { activation, Dense, Parameters, type NetworkOptions, type ParameterScope } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import { mlpVaeConfig, type MlpVaeConfig } from "./mlp-vae-config.js";
import { boundedLogVariance, type LatentGaussian } from "../latent-gaussian.js";
import { START_LOG_DEVIATION, type VaeNetwork } from "./vae-network.js";

/**
 * Encoder and decoder of a VAE on vectors, each of dense layers. Without hidden layers and with a Gaussian likelihood it
 * is linear: probabilistic principal component analysis, whose evidence has a closed form.
 *
 * @example
 * const vae = new MlpVae({ dimensions: 2, latent_channels: 2 }, { seed: 0 });
 * const { mean, logVariance } = vae.encode(x); // [N, 2] → [N, 2] each
 * const means = vae.decode(mean); // [N, 2] → [N, 2]
 *
 * Source: Kingma & Welling 2014, "Auto-encoding variational Bayes", appendix C.
 */
export class MlpVae implements VaeNetwork {
  readonly config: MlpVaeConfig;
  readonly parameters: Parameters;
  readonly shape: readonly [number];
  private readonly encoder: (x: tf.Tensor2D) => tf.Tensor2D;
  private readonly decoder: (z: tf.Tensor2D) => tf.Tensor2D;
  private readonly logDeviation: tf.Variable | undefined;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<MlpVaeConfig> = {}, options: NetworkOptions = {}) {
    this.config = mlpVaeConfig(config);
    this.parameters = new Parameters(options);
    const { dimensions, hidden, latent_channels, likelihood } = this.config;
    this.shape = [dimensions];
    const [encoder, decoder] = ["encoder", "decoder"].map((name) => this.parameters.scope(name));
    this.encoder = this.stack(encoder, [dimensions, ...hidden, 2 * latent_channels]);
    this.decoder = this.stack(decoder, [latent_channels, ...[...hidden].reverse(), dimensions]);
    if (likelihood === "gaussian") {
      this.logDeviation = decoder.create("log_deviation", "plain", [1], {
        kind: "constant",
        value: START_LOG_DEVIATION,
      });
    }
  }

  /**
   * @param x [N, dimensions]
   * @throws RangeError for vectors of another length
   */
  encode(x: tf.Tensor): LatentGaussian {
    requireTensor("x", x);
    const { dimensions } = this.config;
    if (x.rank !== 2 || x.shape[1] !== dimensions) {
      throw new RangeError(`this VAE takes points [N, ${dimensions}], got shape [${x.shape}]`);
    }
    return tf.tidy(() => {
      const [mean, logVariance] = tf.split(this.encoder(x as tf.Tensor2D), 2, 1) as tf.Tensor2D[];
      return { mean, logVariance: boundedLogVariance(logVariance) };
    });
  }

  /**
   * @param z [N, latent_channels]
   * @returns [N, dimensions]
   * @throws RangeError for latents of another shape
   */
  decode(z: tf.Tensor2D): tf.Tensor2D {
    requireTensor("z", z);
    const { latent_channels } = this.config;
    if (z.rank !== 2 || z.shape[1] !== latent_channels) {
      throw new RangeError(`this VAE takes latents [N, ${latent_channels}], got shape [${z.shape}]`);
    }
    return tf.tidy(() => this.decoder(z));
  }

  /** ln σ of a Gaussian p(x|z), [1]. @throws RangeError for a Bernoulli likelihood, which has none */
  get gaussianLogDeviation(): tf.Tensor1D {
    if (!this.logDeviation) throw new RangeError("a Bernoulli likelihood has no deviation");
    return this.logDeviation as unknown as tf.Tensor1D;
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  /** Dense layers of these widths, an activation between them. */
  private stack(scope: ParameterScope, widths: readonly number[]): (x: tf.Tensor2D) => tf.Tensor2D {
    const act = activation(this.config.act_fn);
    const layers = widths
      .slice(1)
      .map((outputs, i) => new Dense(scope.scope(`layers.${i}`), { inputs: widths[i], outputs }));
    return (x) => layers.reduce((h, layer, i) => layer.apply(i === 0 ? h : (act(h) as tf.Tensor2D)), x);
  }
}
