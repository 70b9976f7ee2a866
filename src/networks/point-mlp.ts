/** A plain network for points in the plane. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { requireOneOf, requirePositive, withDefaults } from "./config-keys.js";
import {
  activation,
  activationNames,
  conditionPlan,
  Dense,
  Embedding,
  labelInput,
  Parameters,
  TimeEncoding,
  timeEncodingNames,
  type ActivationName,
  requireCondition,
  type Condition,
  type ConditionPlan,
  type NetworkOptions,
  type TimeEncodingName,
} from "../nn/index.js";

/** The configuration of {@link PointMlp}. */
export interface PointMlpConfig {
  /** Coordinates of a point, default 2. */
  readonly dimensions: number;
  /** Widths of the hidden layers, default [128, 128, 128]. */
  readonly hidden: readonly number[];
  /** Default "cos-sin". */
  readonly time_encoding: TimeEncodingName;
  /** Length of the encoding of time (and of the class), default 32. */
  readonly time_channels: number;
  /** Number of times of a learned encoding, default 1000; Fourier features and "scalar" see t/time_steps. */
  readonly time_steps: number;
  /** Default "silu". */
  readonly act_fn: ActivationName;
  /** Number of classes for a class-conditional model, null (default) for none. */
  readonly num_class_embeds: number | null;
}

/** What a configuration of {@link PointMlp} leaves out. */
export const pointMlpDefaults: PointMlpConfig = {
  dimensions: 2,
  hidden: [128, 128, 128],
  time_encoding: "cos-sin",
  time_channels: 32,
  time_steps: 1000,
  act_fn: "silu",
  num_class_embeds: null,
};

/**
 * A plain network for points: the coordinates and an encoding of time side by side, through hidden layers,
 * f(x, t) = W_L·act(… act(W₁·[x, encoding(t) + class])). An encoding of another length than the class's vector stands
 * beside it.
 *
 * @example
 * const network = new PointMlp({ hidden: [64, 64] }, { seed: 0 });
 * const epsilon = network.apply(xt, timestep); // [N, 2] and [N] → [N, 2]
 */
export class PointMlp {
  readonly config: PointMlpConfig;
  readonly parameters: Parameters;
  /** What {@link apply} needs as its condition. */
  readonly conditions: ConditionPlan;
  private readonly time: TimeEncoding;
  private readonly classes: Embedding | undefined;
  private readonly layers: readonly Dense[];
  private readonly act: (x: tf.Tensor) => tf.Tensor;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<PointMlpConfig> = {}, options: NetworkOptions = {}) {
    this.config = pointMlpConfig(config);
    const { dimensions, hidden, time_encoding, time_channels, time_steps, num_class_embeds } = this.config;
    this.parameters = new Parameters(options);
    this.conditions = conditionPlan({ label: num_class_embeds !== null && labelInput(num_class_embeds) });
    const root = this.parameters.scope("");
    this.act = activation(this.config.act_fn);
    this.time = new TimeEncoding(root.scope("time_proj"), {
      kind: time_encoding,
      dimensions: time_channels,
      steps: time_steps,
      fourierInput: (t) => tf.div(t, time_steps),
    });
    if (num_class_embeds !== null) {
      this.classes = new Embedding(root.scope("class_embedding"), { count: num_class_embeds, channels: time_channels });
    }
    const added = this.classes && this.time.dimensions === time_channels;
    const first = dimensions + this.time.dimensions + (this.classes && !added ? time_channels : 0);
    const widths = [first, ...hidden, dimensions];
    this.layers = widths
      .slice(1)
      .map((outputs, i) => new Dense(root.scope(`layers.${i}`), { inputs: widths[i], outputs }));
  }

  /**
   * @param x [N, dimensions]
   * @param timestep [N], the network's own time
   * @param condition its label is needed exactly when the model has class embeddings
   * @returns [N, dimensions]
   * @throws RangeError if shapes or condition do not fit the configuration
   */
  apply(x: tf.Tensor2D, timestep: tf.Tensor1D, condition: Condition = {}): tf.Tensor2D {
    this.requireInputs(x, timestep);
    requireCondition("network", this.conditions, x.shape[0], condition);
    const { label } = condition as { label?: tf.Tensor1D };
    return tf.tidy(() => {
      let h = tf.concat([x, ...this.embed(timestep, label)], 1) as tf.Tensor2D;
      this.layers.forEach((layer, i) => {
        h = layer.apply(h);
        if (i < this.layers.length - 1) h = this.act(h) as tf.Tensor2D;
      });
      return h;
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }

  private embed(timestep: tf.Tensor1D, label: tf.Tensor1D | undefined): tf.Tensor2D[] {
    const time = this.time.dimensions > 0 ? [this.time.apply(timestep)] : [];
    const kind = this.classes && label ? [this.classes.apply(label)] : [];
    const summed = time.length + kind.length === 2 && time[0].shape[1] === kind[0].shape[1];
    return summed ? [tf.add(time[0], kind[0])] : [...time, ...kind];
  }

  private requireInputs(x: tf.Tensor2D, timestep: tf.Tensor1D): void {
    requireTensor("x", x);
    requireTensor("timestep", timestep, "numbers");
    const { dimensions } = this.config;
    if (x.rank !== 2 || x.shape[1] !== dimensions) {
      throw new RangeError(`this network takes points [N, ${dimensions}], got shape [${x.shape}]`);
    }
    if (timestep.rank !== 1 || timestep.shape[0] !== x.shape[0]) {
      throw new RangeError(`timestep must have one value a point, shape [${x.shape[0]}], got [${timestep.shape}]`);
    }
  }
}

function pointMlpConfig(given: Partial<PointMlpConfig>): PointMlpConfig {
  const config = withDefaults("PointMlp", pointMlpDefaults, given);
  for (const key of ["dimensions", "time_channels", "time_steps"] as const) requirePositive(key, config[key]);
  for (const width of config.hidden) requirePositive("hidden", width);
  if (config.num_class_embeds !== null) requirePositive("num_class_embeds", config.num_class_embeds);
  requireOneOf("time_encoding", [config.time_encoding], timeEncodingNames);
  requireOneOf("act_fn", [config.act_fn], activationNames);
  return config;
}
