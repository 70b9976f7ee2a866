/** CLIP whole: texts and images as vectors of one space, where what belongs together lies close. */
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import { Dense, Parameters, type NetworkOptions } from "../../nn/index.js";
import { clipConfig, type ClipConfig, type GivenClipConfig } from "./clip-config.js";
import { clipProjection, ClipTextTransformer } from "./clip-text.js";
import { ClipVisionTransformer } from "./clip-vision.js";

/**
 * Both towers of CLIP with their projections, and the scale of similarities.
 *
 * @example
 * const similarity = clip.apply(images, tokens); // [images, texts]
 * const likeliest = tf.argMax(similarity, 1); // a text for each image, without training on any class
 *
 * Source: Radford et al. 2021, "Learning transferable visual models from natural language supervision", figure 3; names as
 * transformers' `CLIPModel`.
 */
export class ClipModel {
  readonly config: ClipConfig;
  readonly parameters: Parameters;
  private readonly text: ClipTextTransformer;
  private readonly vision: ClipVisionTransformer;
  private readonly textProjection: Dense;
  private readonly imageProjection: Dense;
  /** s, the logarithm of 1/temperature. */
  private readonly scale: tf.Variable;

  /** @throws RangeError naming the key of the configuration that is wrong */
  constructor(config: Partial<GivenClipConfig> = {}, options: NetworkOptions = {}) {
    this.config = clipConfig(config);
    this.parameters = new Parameters(options);
    const { text_config: text, vision_config: vision, projection_dim, logit_scale_init_value } = this.config;
    const root = this.parameters.scope("");
    this.scale = root.create("logit_scale", "plain", [], { kind: "constant", value: logit_scale_init_value });
    this.text = new ClipTextTransformer(root.scope("text_model"), text);
    this.vision = new ClipVisionTransformer(root.scope("vision_model"), vision);
    this.imageProjection = clipProjection(root.scope("visual_projection"), { ...vision, projection_dim });
    this.textProjection = clipProjection(root.scope("text_projection"), { ...text, projection_dim });
  }

  /**
   * exp(s)·cos(image, text) of every image with every text.
   *
   * @param images [N, image_size, image_size, num_channels], as `clipPixels` makes them
   * @param tokens int32 [M, L]
   * @returns [N, M]
   */
  apply(images: tf.Tensor4D, tokens: tf.Tensor2D): tf.Tensor2D {
    requireTensor("images", images);
    return tf.tidy(() => {
      const cosines = tf.matMul(unit(this.embedImages(images)), unit(this.embedTexts(tokens)), false, true);
      return tf.mul(cosines, tf.exp(this.scale)) as tf.Tensor2D;
    });
  }

  /** [N, projection_dim], not normalised. */
  embedImages(images: tf.Tensor4D): tf.Tensor2D {
    requireTensor("images", images);
    return tf.tidy(() => this.imageProjection.apply(this.vision.outputs(images).pooled));
  }

  /** [M, projection_dim], not normalised. */
  embedTexts(tokens: tf.Tensor2D): tf.Tensor2D {
    return tf.tidy(() => this.textProjection.apply(this.text.outputs(tokens, {}).pooled));
  }

  /** Frees the parameters: the network cannot be used any more. */
  dispose(): void {
    this.parameters.dispose();
  }
}

/** Each row divided by its length. */
export function unit(x: tf.Tensor2D): tf.Tensor2D {
  return tf.tidy(() => tf.mul(x, tf.rsqrt(tf.sum(tf.square(x), 1, true)))) as tf.Tensor2D;
}

/**
 * The contrastive loss of N pairs, InfoNCE in both directions: ½·mean_i(−log softmax_j(S)_ii) + ½·mean_i(−log
 * softmax_j(Sᵀ)_ii). It is ln N where all similarities are equal.
 *
 * @param similarity S, [N, N]: image i belongs to text i, see {@link ClipModel.apply}
 * @returns a scalar
 * @throws RangeError if it is not square
 *
 * Source: Radford et al. 2021, figure 3; van den Oord, Li and Vinyals 2018, "Representation learning with contrastive
 * predictive coding", equation 4.
 */
export function contrastiveLoss(similarity: tf.Tensor2D): tf.Scalar {
  requireTensor("similarity", similarity);
  const [n, m] = similarity.shape;
  if (similarity.rank !== 2 || n !== m) {
    throw new RangeError(`the contrastive loss is of as many images as texts, [N, N], got [${similarity.shape}]`);
  }
  return tf.tidy(() => {
    const own = tf.sum(tf.mul(similarity, tf.eye(n)));
    // −log softmax(S)_ii = log Σ_j exp S_ij − S_ii
    const rows = tf.sum(tf.logSumExp(similarity, 1));
    const columns = tf.sum(tf.logSumExp(similarity, 0));
    return tf.div(tf.sub(tf.mul(tf.add(rows, columns), 0.5), own), n) as tf.Scalar;
  });
}
