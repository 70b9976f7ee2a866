/** Glow: a multi-scale flow for images, of ActNorm, invertible 1×1 convolutions and affine couplings. */
import { requireTensor } from "../../runtime/tensor.js";
import { sizeOf } from "../../base/shape.js";
import { activation, Conv2d, Parameters, zeros, type NetworkOptions, type ParameterScope } from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import { ActNorm } from "./actnorm.js";
import { AffineCoupling, couplingSizes } from "./affine-coupling.js";
import type { Bijection } from "./bijection.js";
import type { InvertibleNetwork, FlowLatents } from "./invertible-network.js";
import { glowConfig, type GlowConfig } from "./glow-config.js";
import { InvertibleConvolution } from "./invertible-convolution.js";
import { Logit } from "./logit.js";
import { squeeze, unsqueeze } from "./squeeze.js";

type Layer = Bijection<tf.Tensor4D>;

/** What happens at one resolution, after the squeeze. */
interface Level {
  /** [H, W, C] of an example here. */
  readonly shape: readonly [number, number, number];
  /** The layers of all steps in the order of x → z; of all levels but the last also the prior of what leaves. */
  readonly layers: readonly Layer[];
  readonly last: boolean;
}

/**
 * A normalising flow for images with grey values between 0 and 1: the logit, then levels. A level squeezes (space to
 * channels), takes its steps, and all levels but the last pass half of their channels on as latents; these were first
 * made N(0, 1) by a coupling that sees the other half, which is Glow's learned prior N(μ(h), σ²(h)).
 *
 * @example
 * const flow = new Glow({ num_levels: 2, num_steps: 16 }, { seed: 0 });
 * const { z, logDeterminant } = flow.forward(x); // [N, 28, 28, 1] → [N, 784] and [N]
 * const same = flow.inverse(z);
 *
 * Source: Kingma & Dhariwal 2018, "Glow: generative flow with invertible 1×1 convolutions", sections 2–3.
 */
export class Glow implements InvertibleNetwork {
  readonly config: GlowConfig;
  readonly parameters: Parameters;
  readonly shape: readonly [number, number, number];
  readonly domain = "unit";
  private readonly logit: Logit<tf.Tensor4D>;
  private readonly levels: readonly Level[];
  /** 1 once {@link initialise} was done, else 0. */
  private readonly normalised: tf.Variable;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<GlowConfig> = {}, options: NetworkOptions = {}) {
    this.config = glowConfig(config);
    const { height, width, in_channels, num_levels, num_steps, logit_margin } = this.config;
    this.parameters = new Parameters(options);
    this.shape = [height, width, in_channels];
    this.logit = new Logit(logit_margin);
    const root = this.parameters.scope("");
    this.levels = Array.from({ length: num_levels }, (_, level) => {
      const factor = 2 ** (level + 1);
      // A squeeze makes 4·C of C channels, and half of them go on.
      const channels = in_channels * 2 ** (level + 2);
      const scope = root.scope(`levels.${level}`);
      const last = level === num_levels - 1;
      const steps = Array.from({ length: num_steps }, (_, i) => this.step(scope.scope(`steps.${i}`), channels));
      const prior = last ? [] : [this.prior(scope.scope("prior"), channels)];
      return { shape: [height / factor, width / factor, channels], layers: [...steps.flat(), ...prior], last };
    });
    this.normalised = root.createBuffer("normalised", [1], zeros);
  }

  get initialised(): boolean {
    return this.normalised.dataSync()[0] === 1;
  }

  initialise(x: tf.Tensor): void {
    this.requireImages(x);
    tf.tidy(() => {
      let h = this.logit.forward(x as tf.Tensor4D).y;
      for (const { layers, last } of this.levels) {
        h = squeeze(h);
        for (const layer of layers) {
          if (layer instanceof ActNorm) layer.initialise(h);
          h = layer.forward(h).y;
        }
        if (!last) [h] = tf.split(h, 2, 3) as tf.Tensor4D[];
      }
      this.normalised.assign(tf.ones([1]));
    });
  }

  /**
   * @param x [N, height, width, in_channels] in [0, 1]
   * @throws RangeError for images of another shape
   */
  forward(x: tf.Tensor): FlowLatents {
    this.requireImages(x);
    return tf.tidy(() => {
      const flat = (part: tf.Tensor): tf.Tensor2D => tf.reshape(part, [x.shape[0], -1]);
      const latents: tf.Tensor2D[] = [];
      let { y: h, logDeterminant } = this.logit.forward(x as tf.Tensor4D);
      for (const { layers, last } of this.levels) {
        h = squeeze(h);
        for (const layer of layers) {
          const { y, logDeterminant: change } = layer.forward(h);
          h = y;
          logDeterminant = tf.add(logDeterminant, change);
        }
        if (last) {
          latents.push(flat(h));
        } else {
          const [kept, leaving] = tf.split(h, 2, 3) as tf.Tensor4D[];
          latents.push(flat(leaving));
          h = kept;
        }
      }
      return { z: tf.concat(latents, 1), logDeterminant: logDeterminant as tf.Tensor1D };
    });
  }

  /**
   * @param z [N, height·width·in_channels], the latents of the finest level first
   * @throws RangeError for latents of another shape
   */
  inverse(z: tf.Tensor2D): tf.Tensor4D {
    requireTensor("z", z);
    const size = sizeOf(this.shape);
    if (z.rank !== 2 || z.shape[1] !== size) {
      throw new RangeError(`this flow takes latents [N, ${size}], got shape [${z.shape}]`);
    }
    return tf.tidy(() => {
      const sizes = this.levels.map(({ shape, last }) => sizeOf(shape) / (last ? 1 : 2));
      const parts = tf.split(z, sizes, 1);
      let h: tf.Tensor4D | undefined;
      for (let level = this.levels.length - 1; level >= 0; level--) {
        const { shape, layers, last } = this.levels[level];
        const [height, width, channels] = shape;
        const part = tf.reshape(parts[level], [z.shape[0], height, width, last ? channels : channels / 2]);
        h = (h === undefined ? part : tf.concat([h, part], 3)) as tf.Tensor4D;
        h = unsqueeze(layers.reduceRight((y, layer) => layer.inverse(y), h));
      }
      return this.logit.inverse(h!);
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  /** ActNorm, 1×1 convolution, coupling by convolutions of 3×3, 1×1 and 3×3. */
  private step(scope: ParameterScope, channels: number): Layer[] {
    const { hidden_channels: hidden, act_fn } = this.config;
    const { kept, transformed } = couplingSizes({ channels });
    const within = scope.scope("coupling");
    const first = new Conv2d(within.scope("conv1"), { inputs: kept, outputs: hidden });
    const second = new Conv2d(within.scope("conv2"), { inputs: hidden, outputs: hidden, kernel: 1 });
    const out = new Conv2d(within.scope("conv_out"), { inputs: hidden, outputs: 2 * transformed, init: zeros });
    const act = activation(act_fn) as (x: tf.Tensor4D) => tf.Tensor4D;
    return [
      new ActNorm<tf.Tensor4D>(scope.scope("norm"), channels),
      new InvertibleConvolution(scope.scope("mix"), channels),
      new AffineCoupling<tf.Tensor4D>((x) => out.apply(act(second.apply(act(first.apply(x))))), { channels }),
    ];
  }

  /** z = (h_b − μ)/σ for the half h_b that leaves, (ln 1/σ, −μ/σ) by one convolution of the half that stays. */
  private prior(scope: ParameterScope, channels: number): Layer {
    const { kept, transformed } = couplingSizes({ channels });
    const conv = new Conv2d(scope.scope("conv"), { inputs: kept, outputs: 2 * transformed, init: zeros });
    return new AffineCoupling<tf.Tensor4D>((x) => conv.apply(x), { channels });
  }

  private requireImages(x: tf.Tensor): void {
    requireTensor("x", x);
    if (x.rank === 4 && this.shape.every((size, i) => x.shape[i + 1] === size)) return;
    throw new RangeError(`this flow takes images [N, ${this.shape.join(", ")}], got shape [${x.shape}]`);
  }
}
