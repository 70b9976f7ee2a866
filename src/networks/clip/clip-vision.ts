/** CLIP's vision transformer: an image as patches and a token of its own for the whole. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import {
  Dense,
  LayerNorm,
  normalStart,
  Parameters,
  PatchEmbedding,
  type NetworkOptions,
  type ParameterScope,
} from "../../nn/index.js";
import { clipVisionConfig, type ClipVisionConfig } from "./clip-config.js";
import { ClipEncoder } from "./clip-encoder.js";
import { clipProjection } from "./clip-text.js";

/** What {@link ClipVisionModel.outputs} gives; the caller disposes it. */
export interface ClipVisionOutput {
  /** [N, 1 + patches, hidden_size]: the whole, then the patches row by row; before the last norm. */
  readonly hidden: tf.Tensor3D;
  /** [N, hidden_size]: the token of the whole, after the last norm. */
  readonly pooled: tf.Tensor2D;
}

/** The transformer without a network around it, its parameters below a scope. */
export class ClipVisionTransformer {
  private readonly whole: tf.Variable;
  private readonly patches: PatchEmbedding;
  private readonly positions: tf.Variable;
  private readonly normIn: LayerNorm;
  private readonly encoder: ClipEncoder;
  private readonly normOut: LayerNorm;

  constructor(
    scope: ParameterScope,
    readonly config: ClipVisionConfig,
  ) {
    const { hidden_size: channels, patch_size: patch, image_size, num_channels: inputs } = config;
    const norm = { channels, epsilon: config.layer_norm_eps };
    const whole = { kind: "normal", deviation: channels ** -0.5 } as const;
    const start = { kind: "normal", deviation: 0.02 } as const;
    const tokens = 1 + Math.floor(image_size / patch) ** 2;
    this.whole = scope.create("embeddings.class_embedding", "plain", [channels], whole);
    this.patches = new PatchEmbedding(scope.scope("embeddings.patch_embedding"), {
      patch,
      inputs,
      outputs: channels,
      bias: false,
      start: normalStart(0.02),
    });
    this.positions = scope.create("embeddings.position_embedding.weight", "plain", [tokens, channels], start);
    // Spelt so by whoever published it.
    this.normIn = new LayerNorm(scope.scope("pre_layrnorm"), norm);
    this.encoder = new ClipEncoder(scope.scope("encoder"), config);
    this.normOut = new LayerNorm(scope.scope("post_layernorm"), norm);
  }

  outputs(images: tf.Tensor4D): ClipVisionOutput {
    requireTensor("images", images);
    const { image_size: side, patch_size: patch, num_channels: channels, hidden_size } = this.config;
    if (images.rank !== 4 || [side, side, channels].some((length, i) => images.shape[i + 1] !== length)) {
      throw new RangeError(
        `this vision model takes images [N, ${side}, ${side}, ${channels}], got [${images.shape}]: resize them first`,
      );
    }
    return tf.tidy(() => {
      const n = images.shape[0];
      const seen = patch * Math.floor(side / patch);
      const patches = this.patches.apply(tf.slice(images, 0, [n, seen, seen, channels]));
      const whole = tf.tile(tf.reshape(this.whole, [1, 1, hidden_size]), [n, 1, 1]);
      const tokens = tf.add(tf.concat([whole, patches], 1), this.positions) as tf.Tensor3D;
      const hidden = this.encoder.apply(this.normIn.apply(tokens)).at(-1)!;
      const first = tf.reshape(tf.slice(hidden, 0, [n, 1, hidden_size]), [n, hidden_size]) as tf.Tensor2D;
      return { hidden, pooled: this.normOut.apply(first) };
    });
  }
}

/**
 * CLIP's image encoder, a vision transformer. Images are those of `clipPixels`: of the mean and deviation that the
 * checkpoint was trained with.
 *
 * Source: Radford et al. 2021, section 2.4; Dosovitskiy et al. 2021, "An image is worth 16x16 words"; names as
 * transformers' `CLIPVisionModel`, as published, with `vision_model.` before them.
 */
export class ClipVisionModel {
  readonly config: ClipVisionConfig;
  readonly parameters: Parameters;
  private readonly vision: ClipVisionTransformer;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ClipVisionConfig> = {}, options: NetworkOptions = {}) {
    this.config = clipVisionConfig(config);
    this.parameters = new Parameters(options);
    this.vision = new ClipVisionTransformer(this.parameters.scope("vision_model"), this.config);
  }

  /** [N, image_size, image_size, num_channels] → [N, hidden_size], pooled. @throws RangeError for another shape */
  apply(images: tf.Tensor4D): tf.Tensor2D {
    requireTensor("images", images);
    return tf.tidy(() => this.vision.outputs(images).pooled);
  }

  /** {@link apply}, and every token's last hidden state. */
  outputs(images: tf.Tensor4D): ClipVisionOutput {
    requireTensor("images", images);
    return this.vision.outputs(images);
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

/** What {@link ClipVisionModelWithProjection.outputs} gives; the caller disposes it. */
export interface ClipVisionEmbedding extends ClipVisionOutput {
  /** [N, projection_dim]: an image where texts are compared with it; not normalised. */
  readonly embedding: tf.Tensor2D;
}

/**
 * {@link ClipVisionModel} with the projection into the space that texts and images share.
 *
 * Names as transformers' `CLIPVisionModelWithProjection`.
 */
export class ClipVisionModelWithProjection {
  readonly config: ClipVisionConfig;
  readonly parameters: Parameters;
  private readonly vision: ClipVisionTransformer;
  private readonly projection: Dense;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<ClipVisionConfig> = {}, options: NetworkOptions = {}) {
    this.config = clipVisionConfig(config);
    this.parameters = new Parameters(options);
    this.vision = new ClipVisionTransformer(this.parameters.scope("vision_model"), this.config);
    this.projection = clipProjection(this.parameters.scope("visual_projection"), this.config);
  }

  /** [N, image_size, image_size, num_channels] → [N, projection_dim], not normalised. */
  apply(images: tf.Tensor4D): tf.Tensor2D {
    requireTensor("images", images);
    return tf.tidy(() => this.projection.apply(this.vision.outputs(images).pooled));
  }

  /** {@link apply}, and what it is made from. */
  outputs(images: tf.Tensor4D): ClipVisionEmbedding {
    requireTensor("images", images);
    return tf.tidy(() => {
      const output = this.vision.outputs(images);
      return { ...output, embedding: this.projection.apply(output.pooled) };
    });
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}
