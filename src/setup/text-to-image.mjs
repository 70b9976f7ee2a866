/** What text to image needs besides: OpenAI's vocabulary, emoji, and the models that are trained here. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { ROOT } from "./paths.mjs";

/** @typedef {import("./support/table.mjs").Row} Row */

const VOCABULARY = "assets/clip-vocabulary/bpe_simple_vocab_16e6.txt.gz";
/** Of the text, as src/text/open-ai-vocabulary.ts asks for it. */
const VOCABULARY_SHA256 = "685491abbdad36159d094ecdc23bebc0dd53f8d1df35c4d74ef6036db2ba7572";
const MERGES = 48_895;
const EMOJI = ["captions.tsv", "noto.png", "fluent-emoji-flat.png", "twemoji.png"];
/** The first three in the order in which they are trained; times are reckoned from operations, for two idle cores. */
const MODELS = {
  "digit-detector": "which judges the pictures: about 8 minutes",
  "tiny-autoencoder": "which text to image begins with: about 30 minutes",
  "tiny-stable-diffusion": "from captions to digits in colour: about 2 hours",
  "emoji-clip": "which finds emoji by their names: about 20 minutes",
};

const modelNames = /** @type {(keyof typeof MODELS)[]} */ (Object.keys(MODELS));

/**
 * @param {string} [root]
 * @returns {Row[]}
 */
export function checkTextToImage(root = ROOT) {
  return [checkVocabulary(root), checkEmoji(root), ...modelNames.map((name) => checkModel(root, name))];
}

/**
 * @param {string} root
 * @returns {Row}
 */
function checkVocabulary(root) {
  const name = "CLIP's vocabulary";
  const remedy = `git checkout ${VOCABULARY}`;
  const path = join(root, VOCABULARY);
  if (!existsSync(path)) return { name, state: "missing", found: `${VOCABULARY} is not there`, remedy };
  return isVocabulary(path)
    ? { name, state: "ok", found: "49408 tokens" }
    : { name, state: "missing", found: `${VOCABULARY} is damaged`, remedy };
}

/** @param {string} path */
function isVocabulary(path) {
  try {
    const text = gunzipSync(readFileSync(path), { maxOutputLength: 4_000_000 }).toString("utf8");
    const lines = `${text.split("\n", MERGES).join("\n")}\n`;
    return createHash("sha256").update(lines).digest("hex") === VOCABULARY_SHA256;
  } catch {
    return false;
  }
}

/**
 * @param {string} root
 * @returns {Row}
 */
function checkEmoji(root) {
  const name = "data: emoji";
  const missing = EMOJI.filter((file) => !existsSync(join(root, "datasets", "emoji", file)));
  if (missing.length === 0) return { name, state: "ok", found: "three styles in datasets/emoji" };
  return {
    name,
    state: "missing",
    found: `datasets/emoji lacks ${missing.join(", ")}`,
    remedy: "git checkout datasets/emoji",
  };
}

/**
 * @param {string} root
 * @param {keyof typeof MODELS} model
 * @returns {Row}
 */
function checkModel(root, model) {
  const name = model;
  const place = ["runs", "assets"].map((folder) => join(folder, model)).find((folder) => isModel(join(root, folder)));
  if (place) return { name, state: "ok", found: `in ${place}` };
  const remedy = `npm run train -- ${model}`;
  return { name, state: "optional", found: `not trained yet, ${MODELS[model]}`, remedy };
}

/** @param {string} folder */
function isModel(folder) {
  return ["model_index.json", "config.json"].some((file) => existsSync(join(folder, file)));
}
