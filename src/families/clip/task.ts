/** Contrastive training: of the pairs of a batch, which text belongs to which image. */
import { described, requireKnownKeys } from "../../base/check.js";
import { ClipModel, contrastiveLoss } from "../../networks/index.js";
import { RandomStream } from "../../random/index.js";
import * as tf from "../../runtime/tf.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import type { TrainingPhase, TrainingTask } from "../../training/task.js";
import { requireBatchOf, requireExamples, requireFloats } from "../require-examples.js";

export interface ClipTaskOptions {
  readonly clip: ClipModel;
  /** [count, H, W, C] flat, as the vision model takes them: see {@link clipPixels}. */
  readonly images: Float32Array;
  /**
   * [count·captions, L] flat: the captions of each image, one after another, as `ClipTokenizer.encode` gives them with
   * `length: max_position_embeddings`. Where an image has several, a step takes one at random.
   */
  readonly tokens: Int32Array;
  /** Captions an image, default 1. */
  readonly captions?: number;
  /** Pairs a step, default 128, at least 2: each pair is told from the others of its batch. */
  readonly batchSize?: number;
  readonly seed?: number;
}

/** A batch of {@link ClipTask}: image i belongs to text i. */
export type ClipBatch = { readonly images: tf.Tensor4D; readonly tokens: tf.Tensor2D };

/** exp(s) is at most this, so that similarities do not grow without end. */
const LARGEST_SCALE = 100;

/**
 * The contrastive loss of CLIP on batches of pairs, with the temperature learned: ½(CE(S) + CE(Sᵀ)), S = exp(s)·cos,
 * exp(s) at most 100. Chance is ln(batchSize).
 *
 * s beyond ln 100 counts as ln 100, and the step after it is pushed back: min(s, ln 100) is read, and what s has too much is
 * added to the loss.
 *
 * @throws TypeError or RangeError if images, tokens and model do not fit each other, or an option is out of range
 *
 * Source: Radford et al. 2021, sections 2.3 to 2.5.
 */
export class ClipTask implements TrainingTask<ClipBatch> {
  readonly batchSize: number;
  readonly phases: readonly TrainingPhase<ClipBatch>[];
  private readonly order: ShuffledOrder;
  private readonly seed: number;
  private readonly captions: number;

  constructor(private readonly options: ClipTaskOptions) {
    const known = {
      clip: true,
      images: true,
      tokens: true,
      captions: "a number",
      batchSize: true,
      seed: "a number",
    } as const;
    requireKnownKeys("ClipTask", options, known);
    this.batchSize = options.batchSize ?? 128;
    this.seed = options.seed ?? 0;
    this.captions = options.captions ?? 1;
    const count = requirePairs(options, this.batchSize, this.captions);
    this.order = new ShuffledOrder(count, this.seed);
    const trains = options.clip.parameters;
    this.phases = [{ name: "clip", trains, loss: (batch) => this.loss(batch) }];
  }

  /** Images and a caption of each. The caller disposes them. */
  batch(step: number): ClipBatch {
    const { text_config: text, vision_config: vision } = this.options.clip.config;
    const shape: [number, number, number] = [vision.image_size, vision.image_size, vision.num_channels];
    const [pixels, length] = [shape[0] * shape[1] * shape[2], text.max_position_embeddings];
    const indices = this.order.indices(step, this.batchSize);
    const stream = new RandomStream(this.seed, "caption", step);
    const images = new Float32Array(this.batchSize * pixels);
    const tokens = new Int32Array(this.batchSize * length);
    indices.forEach((index, i) => {
      const caption = index * this.captions + (this.captions === 1 ? 0 : stream.integer(0, this.captions));
      images.set(this.options.images.subarray(index * pixels, (index + 1) * pixels), i * pixels);
      tokens.set(this.options.tokens.subarray(caption * length, (caption + 1) * length), i * length);
    });
    return {
      images: tf.tensor4d(images, [this.batchSize, ...shape]),
      tokens: tf.tensor2d(tokens, [this.batchSize, length], "int32"),
    };
  }

  /** The loss, and as metrics the share of images whose text is found, and exp(s). */
  private loss({ images, tokens }: ClipBatch): { loss: tf.Scalar; metrics: Record<string, tf.Scalar> } {
    const { clip } = this.options;
    const s = clip.parameters.get("logit_scale").variable as unknown as tf.Scalar;
    // What is beyond ln 100: it divides the similarities, and its own gradient brings it back.
    const excess = tf.relu(tf.sub(s, Math.log(LARGEST_SCALE))) as tf.Scalar;
    const similarity = tf.mul(clip.apply(images, tokens), tf.exp(tf.neg(excess))) as tf.Tensor2D;
    const own = tf.sum(tf.mul(similarity, tf.eye(similarity.shape[0])), 1);
    const found = tf.cast(tf.greaterEqual(own, tf.max(similarity, 1)), "float32");
    return {
      loss: tf.add(contrastiveLoss(similarity), excess) as tf.Scalar,
      metrics: {
        found: tf.mean(found) as tf.Scalar,
        scale: tf.minimum(tf.exp(s), LARGEST_SCALE) as tf.Scalar,
      },
    };
  }
}

/** @returns how many images there are */
function requirePairs(options: ClipTaskOptions, batchSize: number, captions: number): number {
  const { clip, images, tokens } = options;
  if (!(clip instanceof ClipModel)) throw new TypeError(`clip must be a ClipModel, got ${described(clip)}`);
  requireFloats("images", images);
  if (!(tokens instanceof Int32Array)) {
    throw new TypeError(`tokens must be an Int32Array, the ids that a tokenizer encodes, got ${described(tokens)}`);
  }
  for (const [name, value, least] of [["captions", captions, 1] as const, ["batchSize", batchSize, 2] as const]) {
    if (!Number.isInteger(value) || value < least) {
      throw new RangeError(`${name} must be a whole number from ${least}, got ${described(value)}`);
    }
  }
  const { text_config: text, vision_config: vision } = clip.config;
  const size = vision.image_size ** 2 * vision.num_channels;
  const count = images.length / size;
  const length = text.max_position_embeddings;
  if (!Number.isInteger(count) || count < 1 || tokens.length !== count * captions * length) {
    throw new RangeError(
      `images of [${vision.image_size}, ${vision.image_size}, ${vision.num_channels}] with ${captions} captions of ` +
        `${length} tokens each do not come out of ${images.length} numbers and ${tokens.length} tokens`,
    );
  }
  const strange = tokens.find((id) => !(id >= 0 && id < text.vocab_size));
  if (strange !== undefined) {
    throw new RangeError(`token ${strange} is none of the ${text.vocab_size} of the text model: use its own tokenizer`);
  }
  requireExamples("images", images, size);
  // The same pair twice in a batch would be each other's wrong answer.
  requireBatchOf(count, batchSize);
  return count;
}
