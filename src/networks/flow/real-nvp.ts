/** RealNVP for points: affine couplings of small dense networks, each after an ActNorm. */
import { requireTensor } from "../../runtime/tensor.js";
import {
  activation,
  activationNames,
  Dense,
  Parameters,
  zeroStart,
  zeros,
  type ActivationName,
  type NetworkOptions,
  type ParameterScope,
} from "../../nn/index.js";
import * as tf from "../../runtime/tf.js";
import { requireLayers, requireList, requireOneOf, requirePositive, withDefaults } from "../config-keys.js";
import { ActNorm } from "./actnorm.js";
import { AffineCoupling, couplingSizes, type AffineCouplingOptions } from "./affine-coupling.js";
import type { InvertibleNetwork, FlowLatents } from "./invertible-network.js";

/** The configuration of {@link RealNvp}. */
export interface RealNvpConfig {
  /** Coordinates of a point, at least 2; default 2. */
  readonly dimensions: number;
  /** Coupling layers, default 8. */
  readonly num_couplings: number;
  /** Widths of the hidden layers of each coupling's network, default [64, 64]. */
  readonly hidden: readonly number[];
  /** Default "silu". */
  readonly act_fn: ActivationName;
}

/** What a configuration of {@link RealNvp} leaves out. */
export const realNvpDefaults: RealNvpConfig = { dimensions: 2, num_couplings: 8, hidden: [64, 64], act_fn: "silu" };

/** The layers of one coupling, in the order of x → z. */
interface Step {
  readonly norm: ActNorm<tf.Tensor2D>;
  readonly coupling: AffineCoupling<tf.Tensor2D>;
}

/**
 * A normalising flow for points: z = f(x) by couplings that change one half of the coordinates and the other in turn. It
 * starts as the identity up to scale and shift.
 *
 * @example
 * const flow = new RealNvp({ num_couplings: 6 }, { seed: 0 });
 * const { z, logDeterminant } = flow.forward(x); // [N, 2] → [N, 2] and [N]
 * const same = flow.inverse(z);
 *
 * Source: Dinh et al. 2017, "Density estimation using Real NVP"; ActNorm in place of batch normalisation is Glow's.
 */
export class RealNvp implements InvertibleNetwork {
  readonly config: RealNvpConfig;
  readonly parameters: Parameters;
  readonly shape: readonly [number];
  readonly domain = "real";
  private readonly steps: readonly Step[];
  /** 1 once {@link initialise} was done, else 0. */
  private readonly normalised: tf.Variable;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<RealNvpConfig> = {}, options: NetworkOptions = {}) {
    this.config = realNvpConfig(config);
    const { dimensions, num_couplings } = this.config;
    this.parameters = new Parameters(options);
    this.shape = [dimensions];
    const root = this.parameters.scope("");
    this.steps = Array.from({ length: num_couplings }, (_, i): Step => {
      const scope = root.scope(`steps.${i}`);
      const coupling = { channels: dimensions, transforms: i % 2 === 0 ? "second" : "first" } as const;
      return {
        norm: new ActNorm(scope.scope("norm"), dimensions),
        coupling: new AffineCoupling(this.conditioner(scope.scope("coupling"), coupling), coupling),
      };
    });
    this.normalised = root.createBuffer("normalised", [1], zeros);
  }

  get initialised(): boolean {
    return this.normalised.dataSync()[0] === 1;
  }

  initialise(x: tf.Tensor): void {
    this.requirePoints(x);
    tf.tidy(() => {
      let h = x as tf.Tensor2D;
      for (const { norm, coupling } of this.steps) {
        norm.initialise(h);
        h = coupling.forward(norm.forward(h).y).y;
      }
      this.normalised.assign(tf.ones([1]));
    });
  }

  /** @throws RangeError for points of another shape */
  forward(x: tf.Tensor): FlowLatents {
    this.requirePoints(x);
    return tf.tidy(() => {
      let z = x as tf.Tensor2D;
      let logDeterminant: tf.Tensor = tf.zeros([x.shape[0]]);
      for (const { norm, coupling } of this.steps) {
        for (const layer of [norm, coupling]) {
          const { y, logDeterminant: change } = layer.forward(z);
          z = y;
          logDeterminant = tf.add(logDeterminant, change);
        }
      }
      return { z, logDeterminant: logDeterminant as tf.Tensor1D };
    });
  }

  /** @throws RangeError for latents of another shape */
  inverse(z: tf.Tensor2D): tf.Tensor2D {
    this.requirePoints(z);
    return tf.tidy(() => this.steps.reduceRight((y, { norm, coupling }) => norm.inverse(coupling.inverse(y)), z));
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  /** (ln s, t) of one part of the coordinates, by dense layers; the last starts at 0, so that s = 1 and t = 0. */
  private conditioner(scope: ParameterScope, options: AffineCouplingOptions): (kept: tf.Tensor2D) => tf.Tensor2D {
    const { kept, transformed } = couplingSizes(options);
    const { hidden } = this.config;
    const widths = [kept, ...hidden];
    const act = activation(this.config.act_fn);
    const layers = hidden.map((outputs, i) => new Dense(scope.scope(`layers.${i}`), { inputs: widths[i], outputs }));
    const out = new Dense(scope.scope("out"), { inputs: widths.at(-1)!, outputs: 2 * transformed, start: zeroStart });
    return (x) => out.apply(layers.reduce((h, layer) => act(layer.apply(h)) as tf.Tensor2D, x));
  }

  private requirePoints(x: tf.Tensor): void {
    requireTensor("x", x);
    const { dimensions } = this.config;
    if (x.rank === 2 && x.shape[1] === dimensions) return;
    throw new RangeError(`this flow takes points [N, ${dimensions}], got shape [${x.shape}]`);
  }
}

function realNvpConfig(given: Partial<RealNvpConfig>): RealNvpConfig {
  const config = withDefaults("RealNvp", realNvpDefaults, given);
  requirePositive("dimensions", config.dimensions);
  if (config.dimensions < 2) {
    throw new RangeError("dimensions must be at least 2, got 1: a coupling keeps one part and changes the other");
  }
  requireLayers("num_couplings", config.num_couplings);
  requireList("hidden", config.hidden);
  for (const width of config.hidden) requirePositive("hidden", width);
  requireOneOf("act_fn", [config.act_fn], activationNames);
  return config;
}
