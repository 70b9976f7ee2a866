/** A convolutional network that reads pictures of coloured digits: what stands at each of nine places, and on what ground. */
import { requireTensor } from "../runtime/tensor.js";
import * as tf from "../runtime/tf.js";
import { digitColours, digitPlaces, digitSizes, groundColours } from "../data/index.js";
import { Conv2d, Dense, GroupNorm, Parameters, silu, type NetworkOptions } from "../nn/index.js";
import { requirePositive, withDefaults } from "./config-keys.js";

/** The configuration of {@link DigitDetector}. */
export interface DigitDetectorConfig {
  readonly in_channels: number;
  /** Channels at 32 × 32, 16 × 16 and 8 × 8 pixels, multiples of 8. */
  readonly channels: readonly [number, number, number];
  /** Length of the vector that is read at each place. */
  readonly features: number;
}

const GROUPS = 8;
const SIDE = 32;
/** Ten digits, and none. */
const DIGITS = 11;
const COLOURS = Object.keys(digitColours).length;
const GROUNDS = Object.keys(groundColours).length;

/** What a configuration of {@link DigitDetector} leaves out: 0.4 million parameters. */
export const digitDetectorDefaults: DigitDetectorConfig = { in_channels: 3, channels: [16, 64, 96], features: 128 };

/** Unnormalised log-probabilities of every fact. */
export type DetectorLogits = {
  /** [N, 9, 11]: no digit, 0, 1, … 9. */
  readonly digit: tf.Tensor3D;
  /** [N, 9, 8], in the order of `digitColours`; means something where there is a digit. */
  readonly colour: tf.Tensor3D;
  /** [N, 9, 2], in the order of `digitSizes`; means something where there is a digit. */
  readonly size: tf.Tensor3D;
  /** [N, 4], in the order of `groundColours`. */
  readonly ground: tf.Tensor2D;
};

/**
 * Reads pictures of 32 × 32 pixels as `CaptionedDigits` makes them.
 *
 * Five convolutions lead to 8 × 8 vectors; one of 4 × 4 and stride 2 looks at each of the nine places with what is round it
 * (33 pixels in all, since a digit that is alone reaches beyond its place), and a linear map reads its vector. The ground is
 * read from the mean of the 8 × 8 vectors.
 */
export class DigitDetector {
  readonly config: DigitDetectorConfig;
  readonly parameters: Parameters;
  private readonly stages: readonly { conv: Conv2d; norm: GroupNorm }[];
  private readonly place: Conv2d;
  private readonly head: Conv2d;
  private readonly ground: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<DigitDetectorConfig> = {}, options: NetworkOptions = {}) {
    this.config = detectorConfig(config);
    this.parameters = new Parameters(options);
    const { in_channels, features } = this.config;
    const [fine, middle, coarse] = this.config.channels;
    const root = this.parameters.scope("");
    const widths = [
      { inputs: in_channels, outputs: fine },
      { inputs: fine, outputs: middle, stride: 2 },
      { inputs: middle, outputs: middle },
      { inputs: middle, outputs: coarse, stride: 2 },
      { inputs: coarse, outputs: coarse },
    ] as const;
    this.stages = widths.map((width, i) => {
      const scope = root.scope(`stages.${i}`);
      return {
        conv: new Conv2d(scope.scope("conv"), width),
        norm: new GroupNorm(scope.scope("norm"), { channels: width.outputs, groups: GROUPS }),
      };
    });
    // 8 × 8 → 3 × 3: the middles of its windows are at 8, 16 and 24 pixels, those of the digits at 5, 16 and 26.
    this.place = new Conv2d(root.scope("place"), {
      inputs: coarse,
      outputs: features,
      kernel: 4,
      stride: 2,
      padding: 0,
    });
    this.head = new Conv2d(root.scope("head"), {
      inputs: features,
      outputs: DIGITS + COLOURS + digitSizes.length,
      kernel: 1,
    });
    this.ground = new Dense(root.scope("ground"), { inputs: coarse, outputs: GROUNDS });
  }

  /** [N, 32, 32, 3] in [−1, 1] → logits of every fact. @throws RangeError for pictures of another shape */
  logits(x: tf.Tensor4D): DetectorLogits {
    requireTensor("x", x);
    const { in_channels } = this.config;
    if (x.rank !== 4 || x.shape[1] !== SIDE || x.shape[2] !== SIDE || x.shape[3] !== in_channels) {
      throw new RangeError(
        `this detector takes pictures [N, ${SIDE}, ${SIDE}, ${in_channels}], got shape [${x.shape}]: resize them`,
      );
    }
    return tf.tidy(() => {
      let h = x;
      for (const { conv, norm } of this.stages) h = silu(norm.apply(conv.apply(h)));
      const read = this.head.apply(silu(this.place.apply(h)));
      const places = tf.reshape(read, [x.shape[0], digitPlaces.length, -1]);
      const [digit, colour, size] = tf.split(places, [DIGITS, COLOURS, digitSizes.length], 2) as tf.Tensor3D[];
      return { digit, colour, size, ground: this.ground.apply(tf.mean(h, [1, 2]) as tf.Tensor2D) };
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

function detectorConfig(given: Partial<DigitDetectorConfig>): DigitDetectorConfig {
  const config = withDefaults("DigitDetector", digitDetectorDefaults, given);
  for (const key of ["in_channels", "features"] as const) requirePositive(key, config[key]);
  const { channels } = config;
  if (channels.length !== 3 || channels.some((n) => !(Number.isInteger(n) && n > 0 && n % GROUPS === 0))) {
    throw new RangeError(`channels must be three multiples of ${GROUPS}, got ${JSON.stringify(channels)}`);
  }
  return config;
}
