/** A small convolutional classifier, the judge of generated digits. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { Conv2d, Dense, GroupNorm, Parameters, silu, type NetworkOptions } from "../nn/index.js";
import { requirePositive, withDefaults } from "./config-keys.js";

/** The configuration of {@link Classifier}. */
export interface ClassifierConfig {
  readonly height: number;
  readonly width: number;
  readonly in_channels: number;
  /** Channels of the three stages; each halves the image. */
  readonly channels: readonly [number, number, number];
  /** Length of the feature vector before the last layer. */
  readonly features: number;
  readonly classes: number;
}

/** Groups of channels in each norm. */
const GROUPS = 8;

/** What a configuration of {@link Classifier} leaves out: grey images of 28 × 28 in ten classes. */
export const classifierDefaults: ClassifierConfig = {
  height: 28,
  width: 28,
  in_channels: 1,
  channels: [16, 32, 64],
  features: 64,
  classes: 10,
};

/** A small convolutional classifier; its features and its verdicts judge generated images. */
export class Classifier {
  readonly config: ClassifierConfig;
  readonly parameters: Parameters;
  private readonly stages: readonly { conv: Conv2d; norm: GroupNorm; down: Conv2d }[];
  private readonly hidden: Dense;
  private readonly head: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ClassifierConfig> = {}, options: NetworkOptions = {}) {
    this.config = classifierConfig(config);
    this.parameters = new Parameters(options);
    const { height, width, in_channels, channels, features, classes } = this.config;
    const root = this.parameters.scope("");
    this.stages = channels.map((outputs, i) => {
      const scope = root.scope(`stages.${i}`);
      return {
        conv: new Conv2d(scope.scope("conv"), { inputs: i === 0 ? in_channels : channels[i - 1], outputs }),
        norm: new GroupNorm(scope.scope("norm"), { channels: outputs, groups: GROUPS }),
        down: new Conv2d(scope.scope("down"), { inputs: outputs, outputs, stride: 2 }),
      };
    });
    const pixels = channels.reduce((size) => size.map((n) => Math.ceil(n / 2)), [height, width]);
    this.hidden = new Dense(root.scope("hidden"), { inputs: pixels[0] * pixels[1] * channels[2], outputs: features });
    this.head = new Dense(root.scope("head"), { inputs: features, outputs: classes });
  }

  /** [N, H, W, C] in [−1, 1] → features [N, features]. @throws RangeError for images of another shape */
  features(x: tf.Tensor4D): tf.Tensor2D {
    requireTensor("x", x);
    const { height, width, in_channels } = this.config;
    if (x.rank !== 4 || x.shape[1] !== height || x.shape[2] !== width || x.shape[3] !== in_channels) {
      throw new RangeError(
        `this classifier takes images [N, ${height}, ${width}, ${in_channels}], got shape [${x.shape}]`,
      );
    }
    return tf.tidy(() => {
      let h = x;
      for (const { conv, norm, down } of this.stages) h = silu(down.apply(silu(norm.apply(conv.apply(h)))));
      return silu(this.hidden.apply(tf.reshape(h, [x.shape[0], -1]) as tf.Tensor2D));
    });
  }

  /** Unnormalised log-probabilities, [N, classes]. @throws RangeError as {@link features} does */
  logits(x: tf.Tensor4D): tf.Tensor2D {
    requireTensor("x", x);
    return tf.tidy(() => this.head.apply(this.features(x)));
  }

  /** Probabilities of the classes, [N, classes]. @throws RangeError as {@link features} does */
  classify(x: tf.Tensor4D): tf.Tensor2D {
    requireTensor("x", x);
    return tf.tidy(() => tf.softmax(this.logits(x)));
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

function classifierConfig(given: Partial<ClassifierConfig>): ClassifierConfig {
  const config = withDefaults("Classifier", classifierDefaults, given);
  for (const key of ["height", "width", "in_channels", "features", "classes"] as const)
    requirePositive(key, config[key]);
  if (
    config.channels.length !== 3 ||
    config.channels.some((n) => !(Number.isInteger(n) && n > 0 && n % GROUPS === 0))
  ) {
    throw new RangeError(
      `channels must be three multiples of ${GROUPS}, one for each stage, got ${JSON.stringify(config.channels)}`,
    );
  }
  return config;
}
