/** How CLIP is trained on emoji: which caption belongs to which drawing, in English and Chinese. */
import { emojiCaption, loadEmoji, type EmojiSet } from "../../data/index.js";
import { ClipModel } from "../../networks/index.js";
import { trainTokenizer, type ClipTokenizer } from "../../text/index.js";
import { adamW } from "../../training/index.js";
import type { Recipe } from "../family.js";
import { emojiLanguages, emojiRetrieval } from "./emoji-retrieval.js";
import { saveClip, type StoredClip } from "./folder.js";
import { plainSpread } from "./pixels.js";
import { ClipTask } from "./task.js";

const VOCABULARY = 2048;
/** Positions of the text model: start, end, and the longest of 3828 captions. */
const POSITIONS = 32;
const WIDTH = 128;

const emojiClip: Recipe = {
  description: "CLIP on emoji: which of the captions, English or Chinese, belongs to a drawing of 32×32",
  steps: 3000,
  batchSize: 128,
  trainerOptions: (total) => ({
    optimiser: adamW({ beta2: 0.98, weightDecay: 0.1 }),
    learningRate: { peak: 1e-3, warmup: Math.min(200, Math.ceil(total / 10)), decay: { kind: "cosine", total } },
    maxGradientNorm: 1,
    averageDecay: 0.998,
  }),
  make({ seed, batchSize, note }) {
    const data = loadEmoji({ split: "train" });
    const captions = captionsOf(data);
    note?.(`a vocabulary of ${VOCABULARY} tokens from ${captions.length} captions: a few seconds`);
    const tokenizer = trainTokenizer(captions, { size: VOCABULARY, length: POSITIONS });
    const clip = emojiModel(tokenizer, seed);
    const { ids } = tokenizer.encode(captions, { length: POSITIONS });
    return {
      task: new ClipTask({
        clip,
        images: numbersOf(data),
        tokens: ids,
        captions: emojiLanguages.length,
        batchSize,
        seed,
      }),
      examples: data.count,
      async save({ folder, trainer, record, format }) {
        const stored = { clip, tokenizer, spread: plainSpread(3) };
        const lines = await trainer.withAverage(() => retrieved(stored));
        saveClip(folder, { ...stored, record }, { format, values: trainer.averageValues });
        return lines;
      },
    };
  },
};

/** 1.1 million numbers. */
function emojiModel(tokenizer: ClipTokenizer, seed: number): ClipModel {
  const tower = { hidden_size: WIDTH, intermediate_size: 4 * WIDTH, num_attention_heads: 4, projection_dim: WIDTH };
  const text = { vocab_size: tokenizer.size, max_position_embeddings: POSITIONS, eos_token_id: tokenizer.end };
  return new ClipModel(
    {
      text_config: { ...tower, ...text, num_hidden_layers: 2 },
      vision_config: { ...tower, image_size: 32, patch_size: 4, num_hidden_layers: 4 },
      projection_dim: WIDTH,
    },
    { seed },
  );
}

/** The captions of each picture, English and Chinese one after the other. */
function captionsOf({ pictures }: EmojiSet): string[] {
  return pictures.flatMap((picture) => emojiLanguages.map((language) => emojiCaption(picture, language)));
}

/** Bytes as numbers in [−1, 1]. */
function numbersOf({ images }: EmojiSet): Float32Array {
  return Float32Array.from(images, (byte) => byte / 127.5 - 1);
}

/** What is found of held-out drawings, a line for each language, beside what guessing gets right. */
async function retrieved(stored: StoredClip): Promise<string> {
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const lines = (await emojiRetrieval(stored)).map(
    ({ language, textOfImage, imageOfText, chance, pairs }) =>
      `${language}: of ${pairs} held-out drawings ${percent(textOfImage)} find their caption, ` +
      `${percent(imageOfText)} of the captions their drawing; by chance ${percent(chance)}`,
  );
  return lines.join("\n");
}

export const clipRecipes: Readonly<Record<string, Recipe>> = { "emoji-clip": emojiClip };
