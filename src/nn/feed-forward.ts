/** The two-layer network of a transformer block. */
import { requireTensor } from "../runtime/tensor.js";
import { requireScope } from "./parameters.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import { gelu, geluTanh } from "./activations.js";
import { Dense } from "./dense.js";
import type { DenseStart } from "./initialisers.js";
import type { ParameterScope } from "./parameters.js";
import { part } from "./probe.js";

/** GEGLU: half the hidden layer gates the other half; the other two are plain. */
export const feedForwardNames = ["geglu", "gelu", "gelu-approximate"] as const;
/** One of {@link feedForwardNames}. */
export type FeedForwardName = (typeof feedForwardNames)[number];

export interface FeedForwardOptions {
  readonly channels: number;
  /** Default 4·channels. */
  readonly hidden?: number;
  /** Default "geglu". */
  readonly activation?: FeedForwardName;
  readonly start?: DenseStart;
}

/**
 * The two-layer network of a transformer block, W₂·act(W₁·x); with GEGLU, W₂·(a ⊙ gelu(b)) where [a, b] = W₁·x.
 *
 * Source: Vaswani et al. 2017, section 3.3; Shazeer 2020, "GLU variants improve transformer", equation 6.
 */
export class FeedForward {
  private readonly first: Dense;
  private readonly second: Dense;
  private readonly name: string;

  /** @throws RangeError if `activation` is none of {@link feedForwardNames} */
  constructor(
    scope: ParameterScope,
    private readonly options: FeedForwardOptions,
  ) {
    requireScope(scope);
    requireKnownKeys("FeedForward", options, { channels: true, hidden: true, activation: true, start: "a function" });
    const { channels, hidden = 4 * channels, activation = "geglu", start } = options;
    if (!feedForwardNames.includes(activation)) {
      throw new RangeError(`unknown feed-forward "${String(activation)}": choose ${feedForwardNames.join(", ")}`);
    }
    const width = activation === "geglu" ? 2 * hidden : hidden;
    this.name = scope.prefix;
    this.first = new Dense(scope.scope("net.0.proj"), { inputs: channels, outputs: width, start });
    this.second = new Dense(scope.scope("net.2"), { inputs: hidden, outputs: channels, start });
  }

  /**
   * [N, tokens, channels] → the same shape
   *
   * @throws RangeError if the last axis of `x` has another length
   */
  apply(x: tf.Tensor3D): tf.Tensor3D {
    requireTensor("x", x);
    return part(this.name, "feed-forward", () => {
      const h = this.first.apply(x);
      switch (this.options.activation ?? "geglu") {
        case "geglu": {
          const [values, gates] = tf.split(h, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
          return this.second.apply(tf.mul(values, gelu(gates)) as tf.Tensor3D);
        }
        case "gelu":
          return this.second.apply(gelu(h));
        case "gelu-approximate":
          return this.second.apply(geluTanh(h));
      }
    });
  }
}
