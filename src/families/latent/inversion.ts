/** Textual inversions: words that were learned as vectors, added to tokenizer and text encoder. */
import { requireKnownKeys } from "../../base/check.js";
import { readSafetensors, type NamedTensor } from "../../files/index.js";
import { ClipTextModel } from "../../networks/index.js";
import type { ClipTokenizer } from "../../text/index.js";
import * as tf from "../../runtime/tf.js";

/** A file of one word, and what it is called in prompts. */
export interface InversionFile {
  /** A `.safetensors` file with one tensor, [channels] or [vectors, channels], named by the word or `emb_params`. */
  readonly file: string;
  /** The word in prompts; default the tensor's name, and of an `emb_params` the name of the file. */
  readonly token?: string;
}

const NAMELESS = "emb_params";
const TABLE = "text_model.embeddings.token_embedding.weight";
/** More than any word has; a number above comes of another kind of file. */
const MOST_VECTORS = 75;

/**
 * The tokenizer that knows the word, and a text encoder with its vectors, which takes the place of the given one (and frees
 * it). A word of n vectors is the tokens word, word_1, …, word_(n − 1), as in diffusers; in a prompt the word alone stands
 * for all of them.
 *
 * @throws RangeError if the file holds something else, vectors of another width, or a word that is there already: then
 *   nothing has changed; SafetensorsError if it is damaged
 *
 * Source: Gal et al. 2022, "An image is worth one word: personalizing text-to-image generation using textual inversion".
 */
export function addInversion(
  parts: { readonly tokenizer: ClipTokenizer; readonly textEncoder: ClipTextModel },
  given: InversionFile,
): { readonly tokenizer: ClipTokenizer; readonly textEncoder: ClipTextModel } {
  requireKnownKeys("an inversion", given, { file: true, token: true });
  const { word, vectors } = readWord(given, parts.textEncoder.config.hidden_size);
  const count = vectors.shape[0];
  const words = Array.from({ length: count }, (_, i) => (i === 0 ? word : `${word}_${i}`));
  const tokenizer = parts.tokenizer.withTokens(words);
  return { tokenizer, textEncoder: withRows(parts.textEncoder, vectors, parts.tokenizer.size) };
}

/** The word and its vectors, [n, channels]. */
function readWord({ file: path, token }: InversionFile, channels: number): { word: string; vectors: NamedTensor } {
  return readSafetensors(path, (file) => {
    const names = [...file.entries.keys()];
    if (names.includes("clip_g")) {
      throw new RangeError(`${path} is of Stable Diffusion XL, which has two text encoders: this model has one`);
    }
    if (names.length !== 1) {
      throw new RangeError(
        `${path} holds ${names.length} tensors (${names.slice(0, 3).join(", ")}): a textual inversion has one, ` +
          `named by its word or ${NAMELESS}`,
      );
    }
    const { shape, values } = file.read(names[0]);
    const rows = shape.length === 1 ? [1, ...shape] : shape;
    if (rows.length !== 2 || rows[0] < 1 || rows[0] > MOST_VECTORS || rows[1] !== channels) {
      throw new RangeError(
        `${path}: "${names[0]}" has shape [${shape}]; this text encoder has words of ${channels} channels, so it must be ` +
          `[${channels}] or [vectors, ${channels}]: the inversion is of another model`,
      );
    }
    if (!values.every(Number.isFinite)) {
      throw new RangeError(`${path}: "${names[0]}" has a value that is not finite: its training diverged`);
    }
    const stem = path.replace(/^.*[\\/]/, "").replace(/\.safetensors$/, "");
    return { word: token ?? (names[0] === NAMELESS ? stem : names[0]), vectors: { shape: rows, values } };
  });
}

/** The text encoder with these rows of its table from `first` on; spare rows that it has there are used. */
function withRows(textEncoder: ClipTextModel, { shape, values }: NamedTensor, first: number): ClipTextModel {
  const [count, channels] = shape;
  const { vocab_size: rows } = textEncoder.config;
  const size = Math.max(rows, first + count);
  const grown = new ClipTextModel({ ...textEncoder.config, vocab_size: size }, { start: "zeros" });
  tf.tidy(() => {
    for (const { name, variable } of grown.parameters.all) {
      const { variable: old } = textEncoder.parameters.get(name);
      if (name !== TABLE) {
        variable.assign(old);
        continue;
      }
      const learned = tf.tensor(values.slice(), [count, channels]);
      const before = tf.slice(old, [0, 0], [first, channels]);
      const after = tf.slice(old, [Math.min(rows, first + count), 0], [Math.max(0, rows - first - count), channels]);
      variable.assign(tf.concat([before, learned, after], 0));
    }
  });
  textEncoder.dispose();
  return grown;
}
