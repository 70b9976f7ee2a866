/** The block of a U-ViT, with a long connection on the way up. */
import * as tf from "../../runtime/tf.js";
import { Dense, gelu, LayerNorm, part, scaledDotProductAttention, type ParameterScope } from "../../nn/index.js";

export interface UVitBlockOptions {
  readonly channels: number;
  readonly heads: number;
  readonly hidden: number;
  readonly qkvBias: boolean;
  /** Whether the block joins a result handed across to its input. */
  readonly skip: boolean;
}

/**
 * A block of U-ViT: h = W·[x, skip]; then h + attention(LN(h)) and h + mlp(LN(h)).
 *
 * Source: Bao et al. 2023, figure 1; names as in the authors' checkpoints.
 */
export class UVitBlock {
  private readonly name: string;
  private readonly join: Dense | undefined;
  private readonly norm1: LayerNorm;
  private readonly qkv: Dense;
  private readonly projection: Dense;
  private readonly norm2: LayerNorm;
  private readonly first: Dense;
  private readonly second: Dense;

  constructor(
    scope: ParameterScope,
    private readonly options: UVitBlockOptions,
  ) {
    const { channels, hidden, qkvBias: bias, skip } = options;
    this.name = scope.prefix;
    if (skip) this.join = new Dense(scope.scope("skip_linear"), { inputs: 2 * channels, outputs: channels });
    this.norm1 = new LayerNorm(scope.scope("norm1"), { channels });
    this.qkv = new Dense(scope.scope("attn.qkv"), { inputs: channels, outputs: 3 * channels, bias });
    this.projection = new Dense(scope.scope("attn.proj"), { inputs: channels, outputs: channels });
    this.norm2 = new LayerNorm(scope.scope("norm2"), { channels });
    this.first = new Dense(scope.scope("mlp.fc1"), { inputs: channels, outputs: hidden });
    this.second = new Dense(scope.scope("mlp.fc2"), { inputs: hidden, outputs: channels });
  }

  /**
   * @param x [N, tokens, channels]
   * @param skip what is handed across, the shape of `x`; for a block that joins one
   * @returns the shape of `x`
   */
  apply(x: tf.Tensor3D, skip?: tf.Tensor3D): tf.Tensor3D {
    return part(this.name, "transformer", () => {
      let h = this.join && skip ? this.join.apply(tf.concat([x, skip], 2)) : x;
      h = tf.add(h, this.attend(this.norm1.apply(h)));
      return tf.add(h, this.second.apply(gelu(this.first.apply(this.norm2.apply(h)))));
    });
  }

  private attend(x: tf.Tensor3D): tf.Tensor3D {
    const { heads, channels } = this.options;
    const [n, tokens] = x.shape;
    const [q, k, v] = tf.split(this.qkv.apply(x), 3, 2).map((part) => {
      return tf.transpose(tf.reshape(part, [n, tokens, heads, channels / heads]), [0, 2, 1, 3]) as tf.Tensor4D;
    });
    const mixed = tf.transpose(scaledDotProductAttention(q, k, v), [0, 2, 1, 3]);
    return this.projection.apply(tf.reshape(mixed, [n, tokens, channels]) as tf.Tensor3D);
  }
}
