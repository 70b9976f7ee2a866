/** CLIP's text transformer: tokens to what each says in the light of those before it, and to one vector a text. */
import { requireTensor } from "../../runtime/tensor.js";
import { requireKnownKeys } from "../../base/check.js";
import { valuesExist } from "../../runtime/recording.js";
import * as tf from "../../runtime/tf.js";
import {
  causalMask,
  Dense,
  LayerNorm,
  normalStart,
  Parameters,
  TokenEmbedding,
  type NetworkOptions,
  type ParameterScope,
} from "../../nn/index.js";
import { clipTextConfig, type ClipTextConfig } from "./clip-config.js";
import { ClipEncoder } from "./clip-encoder.js";

/** Which layer a text is taken from. */
export interface ClipTextOptions {
  /**
   * As `clip_skip` of diffusers: how many of the last layers are left out, default 0. The final norm comes after those
   * that are left.
   */
  readonly clipSkip?: number;
}

/** What {@link ClipTextModel.outputs} gives; the caller disposes it. */
export interface ClipTextOutput {
  /** [N, L, hidden_size], after the final norm: what Stable Diffusion looks at. */
  readonly hidden: tf.Tensor3D;
  /** [N, hidden_size]: of the last layer, at the token that ends the text. */
  readonly pooled: tf.Tensor2D;
}

/** Old configurations have this number for the end of a text, whatever it is. */
const FORMER_END = 2;

/** The transformer without a network around it, its parameters below a scope. */
export class ClipTextTransformer {
  private readonly tokens: TokenEmbedding;
  private readonly positions: tf.Variable;
  private readonly encoder: ClipEncoder;
  private readonly norm: LayerNorm;

  constructor(
    scope: ParameterScope,
    readonly config: ClipTextConfig,
  ) {
    const { vocab_size, max_position_embeddings: length, hidden_size: channels, layer_norm_eps: epsilon } = config;
    const start = { kind: "normal", deviation: 0.02 } as const;
    const table = { count: vocab_size, channels, deviation: 0.02 };
    this.tokens = new TokenEmbedding(scope.scope("embeddings.token_embedding"), table);
    this.positions = scope.create("embeddings.position_embedding.weight", "plain", [length, channels], start);
    this.encoder = new ClipEncoder(scope.scope("encoder"), config);
    this.norm = new LayerNorm(scope.scope("final_layer_norm"), { channels, epsilon });
  }

  /** The hidden state alone, by as many layers as it needs. */
  hidden(tokens: tf.Tensor2D, options: ClipTextOptions): tf.Tensor3D {
    const skip = this.requireInputs(tokens, options);
    return tf.tidy(() => this.norm.apply(this.run(tokens, this.config.num_hidden_layers - skip).at(-1)!));
  }

  outputs(tokens: tf.Tensor2D, options: ClipTextOptions): ClipTextOutput {
    const skip = this.requireInputs(tokens, options);
    return tf.tidy(() => {
      const states = this.run(tokens, this.config.num_hidden_layers);
      const last = this.norm.apply(states.at(-1)!);
      const hidden = skip === 0 ? last : this.norm.apply(states.at(-1 - skip)!);
      return { hidden, pooled: this.pool(last, tokens) };
    });
  }

  private run(tokens: tf.Tensor2D, count: number): tf.Tensor3D[] {
    const length = tokens.shape[1];
    const positions = tf.slice(this.positions, [0, 0], [length, -1]);
    const embedded = tf.add(this.tokens.apply(tokens), positions) as tf.Tensor3D;
    return this.encoder.apply(embedded, { mask: causalMask(length), count });
  }

  /** The row of the token that ends the text, or of the largest number. */
  private pool(last: tf.Tensor3D, tokens: tf.Tensor2D): tf.Tensor2D {
    const { eos_token_id: end } = this.config;
    const marked = end === FORMER_END ? tokens : tf.cast(tf.equal(tokens, end), "int32");
    const places = tf.oneHot(tf.argMax(marked, 1), tokens.shape[1], 1, 0, "float32");
    return tf.sum(tf.mul(last, tf.expandDims(places, 2)), 1) as tf.Tensor2D;
  }

  /** @returns how many layers are left out */
  private requireInputs(tokens: tf.Tensor2D, options: ClipTextOptions): number {
    requireTensor("tokens", tokens, "numbers");
    requireKnownKeys("a text model", options, { clipSkip: true });
    const { max_position_embeddings: length, vocab_size, num_hidden_layers: layers } = this.config;
    const { clipSkip = 0 } = options;
    if (!Number.isInteger(clipSkip) || clipSkip < 0 || clipSkip > layers) {
      throw new RangeError(`clipSkip must be a whole number of the ${layers} layers, 0 … ${layers}, got ${clipSkip}`);
    }
    if (tokens.rank !== 2 || tokens.dtype !== "int32" || tokens.shape[1] < 1) {
      throw new RangeError(
        `this text model takes tokens as int32 [N, L], got ${tokens.dtype} [${tokens.shape}]: ` +
          'tf.tensor2d(ids, shape, "int32") of what a tokenizer encodes',
      );
    }
    if (tokens.shape[1] > length) {
      throw new RangeError(
        `this text model reads at most ${length} tokens, got ${tokens.shape[1]}: encode texts with { length: ${length} }`,
      );
    }
    if (!valuesExist()) return clipSkip;
    const outside = tokens.dataSync().find((id) => !(id >= 0 && id < vocab_size));
    if (outside !== undefined) {
      throw new RangeError(
        `token ${outside} is none of the ${vocab_size} of this text model: encode texts with the tokenizer of its folder`,
      );
    }
    return clipSkip;
  }
}

/**
 * CLIP's text encoder: token and position embeddings, a transformer in which a token sees itself and those before it, a
 * final norm. What Stable Diffusion looks at while it draws. All rows count, those of padding too, as in diffusers.
 *
 * @example
 * const { ids, shape } = tokenizer.encode(["a photo of a cat"]);
 * const context = model.apply(tf.tensor2d(ids, shape, "int32")); // [1, 77, hidden_size]
 *
 * Source: Radford et al. 2021, "Learning transferable visual models from natural language supervision", section 2.4;
 * names as transformers' `CLIPTextModel`, as published, with `text_model.` before them.
 */
export class ClipTextModel {
  readonly config: ClipTextConfig;
  readonly parameters: Parameters;
  private readonly text: ClipTextTransformer;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ClipTextConfig> = {}, options: NetworkOptions = {}) {
    this.config = clipTextConfig(config);
    this.parameters = new Parameters(options);
    this.text = new ClipTextTransformer(this.parameters.scope("text_model"), this.config);
  }

  /**
   * The last hidden state, after the final norm.
   *
   * @param tokens int32 [N, L], L at most `max_position_embeddings`
   * @returns [N, L, hidden_size]
   * @throws RangeError if the shape does not fit, a token is not of the vocabulary, or clipSkip out of range
   */
  apply(tokens: tf.Tensor2D, options: ClipTextOptions = {}): tf.Tensor3D {
    return this.text.hidden(tokens, options);
  }

  /** {@link apply}, and one vector a text. */
  outputs(tokens: tf.Tensor2D, options: ClipTextOptions = {}): ClipTextOutput {
    return this.text.outputs(tokens, options);
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

/** What {@link ClipTextModelWithProjection.outputs} gives; the caller disposes it. */
export interface ClipTextEmbedding extends ClipTextOutput {
  /** [N, projection_dim]: a text where images are compared with it; not normalised. */
  readonly embedding: tf.Tensor2D;
}

/**
 * {@link ClipTextModel} with the projection into the space that texts and images share.
 *
 * Names as transformers' `CLIPTextModelWithProjection`.
 */
export class ClipTextModelWithProjection {
  readonly config: ClipTextConfig;
  readonly parameters: Parameters;
  private readonly text: ClipTextTransformer;
  private readonly projection: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ClipTextConfig> = {}, options: NetworkOptions = {}) {
    this.config = clipTextConfig(config);
    this.parameters = new Parameters(options);
    this.text = new ClipTextTransformer(this.parameters.scope("text_model"), this.config);
    this.projection = clipProjection(this.parameters.scope("text_projection"), this.config);
  }

  /** int32 [N, L] → [N, projection_dim], not normalised. @throws RangeError as {@link ClipTextModel.apply} does */
  apply(tokens: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.projection.apply(this.text.outputs(tokens, {}).pooled));
  }

  /** {@link apply}, and what it is made from. */
  outputs(tokens: tf.Tensor2D, options: ClipTextOptions = {}): ClipTextEmbedding {
    return tf.tidy(() => {
      const output = this.text.outputs(tokens, options);
      return { ...output, embedding: this.projection.apply(output.pooled) };
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

/** The matrix from a tower to the space that both share. */
export function clipProjection(
  scope: ParameterScope,
  { hidden_size: inputs, projection_dim: outputs }: { readonly hidden_size: number; readonly projection_dim: number },
): Dense {
  return new Dense(scope, { inputs, outputs, bias: false, start: normalStart(inputs ** -0.5) });
}
