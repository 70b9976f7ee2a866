/** Texts as numbers: CLIP's tokenizer, its folders, OpenAI's vocabulary, and vocabularies learned here. */
export { ClipTokenizer, type CutText, type EncodeOptions, type Encoding } from "./tokenizer.js";
export type { AddedToken, Vocabulary } from "./vocabulary.js";
export { loadTokenizer, saveTokenizer } from "./tokenizer-folder.js";
export { openAiTokenizer } from "./open-ai-vocabulary.js";
export { trainTokenizer, type TrainTokenizerOptions } from "./train-tokenizer.js";
