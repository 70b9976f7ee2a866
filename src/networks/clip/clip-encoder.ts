/** The transformer that both towers of CLIP have: attention and a two-layer network, each after its norm. */
import * as tf from "../../runtime/tf.js";
import {
  activation,
  Dense,
  LayerNorm,
  normalStart,
  part,
  scaledDotProductAttention,
  type ParameterScope,
} from "../../nn/index.js";
import type { ClipTowerConfig } from "./clip-config.js";

/** Layers in a row; each can be left by its number. */
export class ClipEncoder {
  private readonly layers: readonly ClipLayer[];

  constructor(scope: ParameterScope, config: ClipTowerConfig) {
    this.layers = Array.from({ length: config.num_hidden_layers }, (_, i) => {
      return new ClipLayer(scope.scope(`layers.${i}`), config);
    });
  }

  /**
   * What comes after each of the first `count` layers, what went in before them: count + 1 tensors [N, L, C].
   *
   * @param mask which token sees which, [1, 1, L, L]; without it each sees all
   */
  apply(x: tf.Tensor3D, options: { readonly mask?: tf.Tensor4D; readonly count?: number } = {}): tf.Tensor3D[] {
    const { mask, count = this.layers.length } = options;
    const states = [x];
    for (const layer of this.layers.slice(0, count)) states.push(layer.apply(states[states.length - 1], mask));
    return states;
  }
}

/**
 * h = x + attention(LN(x)), y = h + W₂·act(W₁·LN(h)); biases everywhere.
 *
 * Source: Radford et al. 2021, section 2.4; names and starting values as transformers' `CLIPEncoderLayer`.
 */
class ClipLayer {
  private readonly name: string;
  private readonly attention: ClipAttention;
  private readonly norm1: LayerNorm;
  private readonly norm2: LayerNorm;
  private readonly first: Dense;
  private readonly second: Dense;
  private readonly act: (x: tf.Tensor) => tf.Tensor;

  constructor(scope: ParameterScope, config: ClipTowerConfig) {
    const { hidden_size: channels, intermediate_size: hidden, num_hidden_layers: layers } = config;
    const norm = { channels, epsilon: config.layer_norm_eps };
    this.name = scope.prefix;
    this.attention = new ClipAttention(scope.scope("self_attn"), config);
    this.norm1 = new LayerNorm(scope.scope("layer_norm1"), norm);
    const widen = { inputs: channels, outputs: hidden, start: normalStart((2 * channels) ** -0.5) };
    const narrow = { inputs: hidden, outputs: channels, start: normalStart((2 * layers * channels) ** -0.5) };
    this.first = new Dense(scope.scope("mlp.fc1"), widen);
    this.second = new Dense(scope.scope("mlp.fc2"), narrow);
    this.norm2 = new LayerNorm(scope.scope("layer_norm2"), norm);
    this.act = activation(config.hidden_act);
  }

  apply(x: tf.Tensor3D, mask?: tf.Tensor4D): tf.Tensor3D {
    return part(this.name, "transformer", () => {
      const h = tf.add(x, this.attention.apply(this.norm1.apply(x), mask)) as tf.Tensor3D;
      return tf.add(h, this.second.apply(this.act(this.first.apply(this.norm2.apply(h))))) as tf.Tensor3D;
    });
  }
}

/** Self-attention of several heads, under CLIP's names. */
class ClipAttention {
  private readonly name: string;
  private readonly heads: number;
  private readonly q: Dense;
  private readonly k: Dense;
  private readonly v: Dense;
  private readonly out: Dense;

  constructor(scope: ParameterScope, config: ClipTowerConfig) {
    const { hidden_size: channels, num_attention_heads: heads, num_hidden_layers: layers } = config;
    const dense = (name: string, deviation: number): Dense => {
      return new Dense(scope.scope(name), { inputs: channels, outputs: channels, start: normalStart(deviation) });
    };
    const start = (2 * layers * channels) ** -0.5;
    this.name = scope.prefix;
    this.heads = heads;
    this.k = dense("k_proj", start);
    this.v = dense("v_proj", start);
    this.q = dense("q_proj", start);
    this.out = dense("out_proj", channels ** -0.5);
  }

  apply(x: tf.Tensor3D, mask?: tf.Tensor4D): tf.Tensor3D {
    return part(this.name, "attention", () => {
      const mixed = scaledDotProductAttention(
        this.split(this.q.apply(x)),
        this.split(this.k.apply(x)),
        this.split(this.v.apply(x)),
        { mask },
      );
      return this.out.apply(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape));
    });
  }

  /** [N, L, C] → [N, heads, L, C/heads] */
  private split(x: tf.Tensor3D): tf.Tensor4D {
    const [n, tokens, channels] = x.shape;
    return tf.transpose(tf.reshape(x, [n, tokens, this.heads, channels / this.heads]), [0, 2, 1, 3]) as tf.Tensor4D;
  }
}
