/** The prompts of a request as contexts, grouped so that a batch has contexts of one length. */
import * as tf from "../../runtime/tf.js";
import { padded, promptChunks, type PromptChunk } from "./prompt/chunks.js";
import { promptContext } from "./prompt/context.js";
import type { LatentParts } from "./parts.js";
import type { LatentSettings } from "./settings.js";

/** Examples first … first + size − 1, drawn together. */
export interface ExampleBatch {
  readonly first: number;
  readonly size: number;
}

/** What the U-Net attends to, by example. Tensors belong to it: `dispose` frees them. */
export interface Contexts {
  /** Runs of examples whose contexts are of one length, no longer than the request's batch. */
  readonly batches: readonly ExampleBatch[];
  /** [size, words, channels] of the prompts, and of the negative ones. The caller disposes them. */
  of(batch: ExampleBatch): { readonly context: tf.Tensor3D; readonly unconditional: tf.Tensor3D };
  dispose(): void;
}

/**
 * Encodes each prompt once. An example's context is as long as its prompt and its negative one need, whatever the others
 * are.
 *
 * @throws RangeError for a prompt that is too long
 */
export function contextsOf({ textEncoder, tokenizer }: LatentParts, settings: LatentSettings): Contexts {
  const { prompts, negatives, promptWeights: weights, keepMean, clipSkip, batchSize } = settings;
  const positions = textEncoder.config.max_position_embeddings;
  const chunks = new Map<string, readonly PromptChunk[]>();
  for (const text of new Set([...prompts, ...negatives])) {
    chunks.set(text, promptChunks(text, tokenizer, positions, { weights }));
  }
  const lengths = prompts.map((prompt, i) => {
    return Math.max(chunks.get(prompt)!.length, chunks.get(negatives[i])!.length);
  });
  const encoded = new Map<string, tf.Tensor3D>();
  const contextOf = (text: string, count: number, skip: number): tf.Tensor3D => {
    const key = `${count} ${skip} ${text}`;
    const known = encoded.get(key);
    if (known) return known;
    const all = padded(chunks.get(text)!, count, tokenizer, positions);
    const made = promptContext(all, (tokens) => textEncoder.apply(tokens, { clipSkip: skip }), { keepMean });
    encoded.set(key, tf.keep(made));
    return made;
  };
  const rows = (texts: readonly string[], skip: number, { first, size }: ExampleBatch): tf.Tensor3D =>
    tf.tidy(() => {
      const each = texts.slice(first, first + size).map((text, i) => contextOf(text, lengths[first + i], skip));
      return tf.concat(each, 0) as tf.Tensor3D;
    });
  return {
    batches: runs(lengths, batchSize),
    // As in diffusers, the negative prompt is read by all layers.
    of: (batch) => ({ context: rows(prompts, clipSkip, batch), unconditional: rows(negatives, 0, batch) }),
    dispose: () => tf.dispose([...encoded.values()]),
  };
}

function runs(lengths: readonly number[], most: number): ExampleBatch[] {
  const batches: { first: number; size: number }[] = [];
  lengths.forEach((length, i) => {
    const last = batches.at(-1);
    if (last && last.size < most && lengths[last.first] === length) last.size += 1;
    else batches.push({ first: i, size: 1 });
  });
  return batches;
}
