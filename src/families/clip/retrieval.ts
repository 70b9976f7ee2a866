/** Zero-shot retrieval: how often the right text is nearest to an image, and the right image to a text. */
import { requireLike } from "../../base/values.js";
import { described, requireKnownKeys, requireKeys } from "../../base/check.js";
import type { ClipModel } from "../../networks/index.js";
import { interruptible } from "../../runtime/interrupt.js";
import * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";

/** Pairs that were held out. */
export interface RetrievalPairs {
  /** [count, H, W, C] flat, as the vision model takes them. */
  readonly images: Float32Array;
  /** [count, L] flat: the text of each image. */
  readonly tokens: Int32Array;
}

export interface RetrievalOptions {
  /** Pairs at once, default 64. */
  readonly batchSize?: number;
  /** Ends it between two batches. */
  readonly signal?: AbortSignal;
}

/** Shares of right answers, 0 … 1: recall at 1. */
export interface Retrieval {
  /** Images whose own text is the nearest of all. */
  readonly textOfImage: number;
  /** Texts whose own image is the nearest of all. */
  readonly imageOfText: number;
  /** What guessing gets right: 1/pairs where all texts differ, more where several images share a text. */
  readonly chance: number;
  readonly pairs: number;
}

/**
 * Recall at 1 in both directions, by the cosine of embeddings. Where images share a text word for word, each of them is
 * right for it.
 *
 * @throws RangeError if images and tokens are not as many, or none; InterruptedError if the signal ends it
 */
export async function retrieval(
  clip: ClipModel,
  given: RetrievalPairs,
  options: RetrievalOptions = {},
): Promise<Retrieval> {
  requireKnownKeys("pairs", given, { images: "a list", tokens: "a list" });
  requireKeys("pairs", given, ["images", "tokens"]);
  const { images, tokens } = given;
  requireLike("clip", clip, ["embedImages", "embedTexts"], "new ClipModel(…)");
  requireKnownKeys("retrieval", options, { batchSize: true, signal: "a signal" });
  const { batchSize = 64, signal } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(`batchSize must be a whole number from 1, got ${described(batchSize)}`);
  }
  const { text_config: text, vision_config: vision } = clip.config;
  const shape = [vision.image_size, vision.image_size, vision.num_channels];
  const [size, length] = [shape[0] * shape[1] * shape[2], text.max_position_embeddings];
  const pairs = tokens.length / length;
  if (!Number.isInteger(pairs) || pairs < 1 || images.length !== pairs * size) {
    throw new RangeError(
      `${tokens.length} tokens and ${images.length} numbers are not as many texts of ${length} as images of [${shape}]`,
    );
  }
  const inBatches = (embed: (first: number, last: number) => tf.Tensor2D): Promise<Float32Array> => {
    const all = new Float32Array(pairs * clip.config.projection_dim);
    return interruptible(signal, "the retrieval was stopped", async (stop) => {
      for (let first = 0; first < pairs; first += batchSize) {
        stop.throwIfAborted();
        const made = tf.tidy(() => embed(first, Math.min(pairs, first + batchSize)));
        all.set(await made.data(), first * clip.config.projection_dim);
        made.dispose();
        await nextTurn();
      }
      return all;
    });
  };
  const seen = await inBatches((first, last) => {
    const some = tf.tensor(images.slice(first * size, last * size), [last - first, ...shape]);
    return clip.embedImages(some as tf.Tensor4D);
  });
  const read = await inBatches((first, last) => {
    return clip.embedTexts(tf.tensor2d(tokens.slice(first * length, last * length), [last - first, length], "int32"));
  });
  return judged(cosines(seen, read, pairs), textsOf(tokens, length));
}

/** cos(image i, text j) of all pairs. */
function cosines(seen: Float32Array, read: Float32Array, pairs: number): number[][] {
  return tf.tidy(() => {
    const unit = (values: Float32Array): tf.Tensor2D => {
      const x = tf.tensor2d(values, [pairs, values.length / pairs]);
      return tf.div(x, tf.norm(x, 2, 1, true));
    };
    return (tf.matMul(unit(seen), unit(read), false, true) as tf.Tensor2D).arraySync();
  });
}

/** Each text as a string to compare by. */
function textsOf(tokens: Int32Array, length: number): string[] {
  return Array.from({ length: tokens.length / length }, (_, i) => tokens.subarray(i * length, (i + 1) * length).join());
}

function judged(rows: readonly (readonly number[])[], texts: readonly string[]): Retrieval {
  const pairs = texts.length;
  const largest = (values: readonly number[]): number => {
    return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
  };
  const columns = texts.map((_, j) => rows.map((row) => row[j]));
  const share = (nearest: readonly number[]): number => {
    return nearest.filter((found, i) => texts[found] === texts[i]).length / pairs;
  };
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return {
    textOfImage: share(rows.map(largest)),
    imageOfText: share(columns.map(largest)),
    chance: texts.reduce((sum, text) => sum + counts.get(text)! / pairs ** 2, 0),
    pairs,
  };
}
