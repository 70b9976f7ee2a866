/** Which of the held-out emoji a CLIP finds by their captions, and which captions by the drawing, in each language. */
import { requireLike } from "../../base/values.js";
import { emojiCaption, loadEmoji } from "../../data/index.js";
import * as tf from "../../runtime/tf.js";
import type { StoredClip } from "./folder.js";
import { clipPixels } from "./pixels.js";
import { retrieval, type Retrieval } from "./retrieval.js";

/** Languages of the captions of emoji. */
export const emojiLanguages = ["en", "zh"] as const;

/** Retrieval among the captions of one language. */
export interface EmojiRetrieval extends Retrieval {
  readonly language: (typeof emojiLanguages)[number];
}

/**
 * Recall at 1 among drawings that training had in another style only ({@link loadEmoji}), for captions in English and in
 * Chinese.
 *
 * @throws RangeError for a vision model of other pictures than 32 × 32 in three channels
 */
export async function emojiRetrieval(stored: StoredClip): Promise<EmojiRetrieval[]> {
  requireLike("stored", stored, ["clip", "tokenizer", "spread"], "loadClip(folder)");
  const { clip, tokenizer, spread } = stored;
  const { vision_config: vision, text_config: text } = clip.config;
  const data = loadEmoji({ split: "heldOut" });
  const { count, height, width, channels } = data;
  if (vision.image_size !== height || vision.num_channels !== channels) {
    throw new RangeError(
      `emoji are drawn in ${height}×${width} pixels of ${channels} channels; this vision model takes ` +
        `${vision.image_size}×${vision.image_size} of ${vision.num_channels}`,
    );
  }
  const pixels = tf.tidy(() => {
    const images = tf.sub(
      tf.div(tf.tensor4d(Float32Array.from(data.images), [count, height, width, channels]), 127.5),
      1,
    );
    return clipPixels(images as tf.Tensor4D, spread).dataSync() as Float32Array;
  });
  const found: EmojiRetrieval[] = [];
  for (const language of emojiLanguages) {
    const captions = data.pictures.map((picture) => emojiCaption(picture, language));
    const { ids: tokens } = tokenizer.encode(captions, { length: text.max_position_embeddings });
    found.push({ language, ...(await retrieval(clip, { images: pixels, tokens })) });
  }
  return found;
}
