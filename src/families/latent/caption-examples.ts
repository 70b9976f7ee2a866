/** Pictures with captions as the examples of a joint training: latents drawn anew, captions in other words at each step. */
import { requireShare, requireWhole } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";
import { RandomStream } from "../../random/index.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import type { ExampleBatch, ExampleSource } from "../diffusion/examples.js";
import type { LatentTable } from "./latent-table.js";
import { promptRow, type PromptTokenizer } from "./prompt/chunks.js";

export interface CaptionExamplesOptions {
  readonly latents: LatentTable;
  /** The captions of these numbers in a wording of their own, such as that of the step. */
  readonly captions: (indices: ArrayLike<number>, wording: number) => readonly string[];
  readonly tokenizer: PromptTokenizer;
  /** Positions of the text encoder. */
  readonly positions: number;
  readonly count: number;
  readonly seed: number;
  /** Share of captions that are left out, so that the model can be guided: 0.1 is common. */
  readonly dropped: number;
  /** The numbers that are trained on first, and for how many steps: a curriculum from easy pictures to all. */
  readonly first?: { readonly indices: Int32Array; readonly steps: number };
}

/**
 * The examples of each step as a pure function of it: which pictures, their latents z = μ + σ·ε, and the tokens of their
 * captions, of which a share is the empty caption's.
 *
 * @throws RangeError for a number or a share out of range, or a first stage without pictures
 */
export function captionExamples(options: CaptionExamplesOptions): ExampleSource {
  const { latents, captions, tokenizer, positions, count, seed, dropped, first } = options;
  requireWhole("count", count);
  requireShare("dropped", dropped);
  const early = first && new ShuffledOrder(first.indices.length, seed);
  const all = new ShuffledOrder(count, seed);
  const indicesAt = (step: number, size: number): Int32Array => {
    if (!first || !early || step > first.steps) return all.indices(step - (first?.steps ?? 0), size);
    return early.indices(step, size).map((i) => first.indices[i]);
  };
  return {
    count,
    batch: (step, size): ExampleBatch => {
      const indices = indicesAt(step, size);
      const draws = new RandomStream(seed, "unconditional", step).uniforms(size);
      const texts = captions(indices, step);
      const tokens = new Int32Array(size * positions);
      texts.forEach((text, i) =>
        tokens.set(promptRow(draws[i] < dropped ? "" : text, tokenizer, positions), i * positions),
      );
      return {
        x0: latents.draw(indices, { seed, step }),
        condition: { tokens: tf.tensor2d(tokens, [size, positions], "int32") },
      };
    },
  };
}
