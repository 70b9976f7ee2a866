/** CLIP's tokenizer as its callers meet it: rows, chunks, cuts, and what is no text or no token. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { openAiTokenizer, trainTokenizer } from "../../../src/text/index.js";

const tokenizer = openAiTokenizer();
const [start, end] = [49406, 49407];

test("OpenAI's vocabulary has its published numbers", () => {
  assert.equal(tokenizer.size, 49408);
  assert.deepEqual([tokenizer.start, tokenizer.end, tokenizer.pad], [start, end, end]);
  assert.deepEqual(tokenizer.tokensOf("a photo of a cat"), [320, 1125, 539, 320, 2368]);
  assert.equal(openAiTokenizer({ pad: "!" }).pad, 0);
});

test("texts become rows of one length, start … end, filled up", () => {
  const { ids, shape, chunks, cut } = tokenizer.encode(["a cat", ""], { length: 6 });
  assert.deepEqual(shape, [2, 6]);
  assert.equal(chunks, 1);
  assert.deepEqual(cut, []);
  assert.deepEqual([...ids], [start, 320, 2368, end, end, end, start, end, end, end, end, end]);
});

test("a text that is too long keeps its end token, and says what was left out", () => {
  const { ids, cut } = tokenizer.encode(["a cat", "cat dog cat dog bird"], { length: 5 });
  assert.deepEqual([...ids.subarray(5)], [start, 2368, 1929, 2368, end]);
  assert.deepEqual(cut, [{ index: 1, tokens: 2, text: "dog bird" }]);
});

test("in chunks nothing is left out: every text has as many rows as the longest", () => {
  const { ids, shape, chunks, cut } = tokenizer.encode(["cat dog cat dog bird", "cat"], { length: 5, chunks: true });
  assert.deepEqual({ shape, chunks, cut }, { shape: [4, 5], chunks: 2, cut: [] });
  assert.deepEqual(
    [...ids],
    [
      ...[start, 2368, 1929, 2368, end],
      ...[start, 1929, 3329, end, end],
      ...[start, 2368, end, end, end],
      ...[start, end, end, end, end],
    ],
  );
  const empty = tokenizer.encode("", { chunks: true });
  assert.deepEqual([empty.chunks, empty.ids[0], empty.ids[1]], [1, start, end]);
});

test("10 000 words, and a word of 20 000 letters, are encoded; 76 tokens are the borderline of a cut", () => {
  const words = "cat ".repeat(10_000);
  assert.equal(tokenizer.encode(words).cut[0].tokens, 9925);
  assert.equal(tokenizer.encode(words, { chunks: true }).chunks, Math.ceil(10_000 / 75));
  const word = "meow".repeat(5_000);
  assert.equal(tokenizer.decode(tokenizer.tokensOf(word)), word);
  assert.deepEqual(tokenizer.encode("cat ".repeat(75)).cut, []);
  assert.equal(tokenizer.encode("cat ".repeat(76)).cut[0].tokens, 1);
});

test("what is decoded is the text in lower case, special tokens only where asked for", () => {
  const { ids } = tokenizer.encode("A Photo of a CAT, 猫 👍🏽");
  assert.equal(tokenizer.decode(ids), "a photo of a cat , 猫 👍🏽");
  const written = tokenizer.decode([start, 2368, end, end], { special: true });
  assert.equal(written, "<|startoftext|>cat <|endoftext|><|endoftext|>");
  assert.equal(tokenizer.decode([]), "");
});

test("learned words are found as a whole, without regard to case, and numbered on", () => {
  const small = trainTokenizer(["a cat", "a cat"], { size: 520 });
  const more = small.withTokens(["<cat-toy>", "sks"]);
  assert.equal(more.size, small.size + 2);
  assert.deepEqual(more.tokensOf("a <Cat-Toy>"), [...small.tokensOf("a"), small.size]);
  const twice = small.withTokens(["x-y"]).withTokens(["z-z"]);
  assert.deepEqual(twice.tokensOf("z-z x-y"), [small.size + 1, small.size]);
  assert.throws(() => small.withTokens(["cat</w>"]), /"cat<\/w>" is there already/);
  assert.throws(() => small.withTokens(["<a>", "<a>"]), /there already/);
  assert.throws(() => small.withTokens([" "]), /needs letters/);
});

test("what is no text, no length and no token is refused by name", () => {
  assert.throws(() => tokenizer.encode([]), /at least one text/);
  assert.throws(() => tokenizer.encode([1 as never]), /text 1 of 1 must be a text, got 1/);
  assert.throws(() => tokenizer.encode(null as never), TypeError);
  assert.throws(() => tokenizer.tokensOf(undefined as never), /must be a text/);
  for (const length of [2, 0, NaN, 5.5, "7" as never]) {
    assert.throws(() => tokenizer.encode("a", { length }), /length must be a whole number from 3/);
  }
  assert.throws(() => tokenizer.encode("a", { chunk: true } as never), /chunks/);
  for (const id of [-1, 49408, 1.5, NaN]) assert.throws(() => tokenizer.decode([id]), /is no token.*0 … 49407/);
});
