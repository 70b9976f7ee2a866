/** Folders of tokenizers: there and back, the order of precedence of their files, and files that are damaged. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { loadTokenizer, openAiTokenizer, saveTokenizer, trainTokenizer } from "../../../src/text/index.js";

const home = mkdtempSync(join(tmpdir(), "tokenizers-"));
after(() => rmSync(home, { recursive: true }));
let made = 0;

const trained = trainTokenizer(["a large green 7 on navy", "a small green 8 on navy"], { size: 560, length: 20 });

/** A folder of that tokenizer, with files exchanged; undefined takes one away. */
function folderWith(files: Record<string, unknown>): string {
  const folder = join(home, String(made++));
  saveTokenizer(trained, folder);
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) rmSync(join(folder, name));
    else writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

const jsonOf = (name: string) =>
  JSON.parse(readFileSync(join(folderWith({}), name), "utf8")) as Record<string, unknown>;
const whole = jsonOf("tokenizer.json");
const vocab = jsonOf("vocab.json") as Record<string, number>;
const config = jsonOf("tokenizer_config.json");
const published = { "tokenizer.json": undefined };

test("what was saved opens again, from either layout, and saves the same files", () => {
  const folder = folderWith({});
  assert.deepEqual(readdirSync(folder).sort(), ["merges.txt", "tokenizer.json", "tokenizer_config.json", "vocab.json"]);
  for (const files of [{}, published, { "vocab.json": undefined, "merges.txt": undefined }]) {
    const opened = loadTokenizer(folderWith(files));
    assert.deepEqual(opened.vocabulary, trained.vocabulary);
    const again = join(home, String(made++));
    saveTokenizer(opened, again);
    for (const name of readdirSync(folder)) {
      assert.equal(readFileSync(join(again, name), "utf8"), readFileSync(join(folder, name), "utf8"), name);
    }
  }
});

test("learned words survive, in both layouts", () => {
  const more = trained.withTokens(["<cat-toy>"]);
  const folder = join(home, String(made++));
  saveTokenizer(more, folder);
  assert.deepEqual(loadTokenizer(folder).vocabulary, more.vocabulary);
  rmSync(join(folder, "tokenizer.json"));
  assert.deepEqual(loadTokenizer(folder).tokensOf("a <Cat-Toy>"), more.tokensOf("a <cat-toy>"));
});

test("pad and length: the map before the settings, unless those list their tokens; 77 where nobody says", () => {
  const { added_tokens_decoder: _list, ...plain } = config;
  const map = { "special_tokens_map.json": { pad_token: "!" } };
  assert.equal(loadTokenizer(folderWith({ ...published, ...map, "tokenizer_config.json": plain })).vocabulary.pad, "!");
  assert.equal(loadTokenizer(folderWith({ ...published, ...map })).vocabulary.pad, "<|endoftext|>");
  assert.equal(loadTokenizer(folderWith({})).vocabulary.length, 20);
  assert.equal(loadTokenizer(folderWith({ "tokenizer_config.json": undefined })).vocabulary.length, 77);
  const endless = { ...config, model_max_length: 1e30 };
  assert.equal(loadTokenizer(folderWith({ "tokenizer_config.json": endless })).vocabulary.length, 77);
});

test("words added later, in the files of former versions", () => {
  const { added_tokens_decoder: _list, ...plain } = config;
  const files = { ...published, "tokenizer_config.json": plain, "added_tokens.json": { "<toy>": trained.size } };
  assert.deepEqual(loadTokenizer(folderWith(files)).tokensOf("<TOY>"), [trained.size]);
});

const damaged: [string, Record<string, unknown>, RegExp][] = [
  ["no files", { ...published, "vocab.json": undefined, "merges.txt": undefined }, /no vocab.json and no merges.txt/],
  ["merges alone", { ...published, "vocab.json": undefined }, /has no vocab.json/],
  ["no JSON", { ...published, "vocab.json": "{" }, /vocab.json is not valid JSON/],
  ["a list", { ...published, "vocab.json": [] }, /must be an object/],
  [
    "a number that is none",
    { ...published, "vocab.json": { ...vocab, a: "7" } },
    /vocab.json: a must be a whole number/,
  ],
  ["a negative number", { ...published, "vocab.json": { ...vocab, a: -1 } }, /must be a whole number ≥ 0/],
  ["a number twice", { ...published, "vocab.json": { ...vocab, a: 5 } }, /both have the number 5/],
  ["a gap", { ...published, "vocab.json": { ...vocab, a: 5000 } }, /some are missing/],
  ["a huge number", { ...published, "vocab.json": { ...vocab, a: 1e12 } }, /not a whole one from 0/],
  ["half a line", { ...published, "merges.txt": "#version: 0.2\na b\nab\n" }, /merges.txt: line 3 is "ab"/],
  ["a long line", { ...published, "merges.txt": "a b c\n" }, /line 1 is "a b c", not two tokens/],
  ["merges of others", { ...published, "merges.txt": "q z\n" }, /merge 1, .*needs the token "qz", which is not there/],
  ["another tokenizer", { "tokenizer_config.json": { ...config, tokenizer_class: "T5Tokenizer" } }, /tokenizer_class/],
  ["a length of 2", { "tokenizer_config.json": { ...config, model_max_length: 2 } }, /model_max_length/],
  ["no such pad", { "tokenizer_config.json": { ...config, pad_token: "<pad>" } }, /pad token "<pad>" has no number/],
  ["another model", { "tokenizer.json": { ...whole, model: { type: "WordPiece" } } }, /type must be one of "BPE"/],
  ["another case", { "tokenizer.json": { ...whole, normalizer: { type: "NFC" } } }, /normalizer must be that of CLIP/],
  ["no merges", { "tokenizer.json": { ...whole, model: { ...(whole.model as object), merges: 3 } } }, /merges must be/],
  [
    "a trimmed token",
    { "tokenizer.json": { ...whole, added_tokens: [{ id: 0, content: "!", lstrip: true }] } },
    /lstrip must be false/,
  ],
];
for (const [name, files, message] of damaged) {
  test(`a damaged folder is refused, and says where: ${name}`, () => {
    const folder = folderWith(files);
    assert.throws(() => loadTokenizer(folder), message);
  });
}

test("OpenAI's file: the whole one of the Python packages does, another is refused", () => {
  const own = fileURLToPath(new URL("../../../assets/clip-vocabulary/", import.meta.url));
  const file = join(home, "merges.gz");
  writeFileSync(file, gzipSync("#version: 0.2\na b\n"));
  assert.throws(() => openAiTokenizer({ file }), /other merges than OpenAI's/);
  writeFileSync(file, "no gzip");
  assert.throws(() => openAiTokenizer({ file }), /cannot be read.*comes with the repository/);
  assert.throws(() => openAiTokenizer({ file: join(home, "none.gz") }), /cannot be read/);
  assert.throws(() => openAiTokenizer({ pad: "<pad>" }), /pad must be a token of the vocabulary/);
  cpSync(join(own, "bpe_simple_vocab_16e6.txt.gz"), file);
  assert.equal(openAiTokenizer({ file }).size, 49408);
});
