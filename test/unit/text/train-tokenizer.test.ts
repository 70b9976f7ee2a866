/** Byte-pair encoding: what it learns is what a plain count finds, whatever the order of the texts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { trainTokenizer } from "../../../src/text/index.js";
import { RandomStream } from "../../../src/random/index.js";

const merges = (texts: string[], size: number, leastCount?: number) => {
  return trainTokenizer(texts, { size, leastCount }).vocabulary.merges.map((pair) => pair.join("+"));
};

/** The published algorithm as it stands: count all pairs anew for every merge. */
function plainMerges(words: string[], count: number): string[] {
  const letters = (word: string) => [...word].map((letter, i) => (i === word.length - 1 ? `${letter}</w>` : letter));
  let pieces = words.map(letters);
  const seen = new Map<string, number>();
  const order = (token: string) => {
    // Letters before last letters before merges, as they come.
    const learned = seen.get(token);
    if (learned !== undefined) return 1000 + learned;
    return token.charCodeAt(0) + (token.endsWith("</w>") ? 500 : 0);
  };
  const found: string[] = [];
  while (found.length < count) {
    const counts = new Map<string, { pair: string[]; times: number }>();
    for (const piece of pieces) {
      for (let i = 0; i + 1 < piece.length; i++) {
        const key = `${piece[i]}+${piece[i + 1]}`;
        const entry = counts.get(key) ?? { pair: [piece[i], piece[i + 1]], times: 0 };
        entry.times++;
        counts.set(key, entry);
      }
    }
    const best = [...counts.values()].sort(
      (a, b) => b.times - a.times || order(a.pair[0]) - order(b.pair[0]) || order(a.pair[1]) - order(b.pair[1]),
    )[0];
    if (!best || best.times < 2) break;
    const [left, right] = best.pair;
    if (!seen.has(left + right)) seen.set(left + right, seen.size);
    found.push(`${left}+${right}`);
    pieces = pieces.map((piece) => {
      const result: string[] = [];
      for (let i = 0; i < piece.length; i++) {
        const here = piece[i] === left && piece[i + 1] === right;
        result.push(here ? left + right : piece[i]);
        if (here) i++;
      }
      return result;
    });
  }
  return found;
}

test("the example of the paper: the first merges of low, lower, newest and widest", () => {
  const texts = ["low ".repeat(5), "lower ".repeat(2), "newest ".repeat(6), "widest ".repeat(3)];
  assert.deepEqual(merges(texts, 514 + 4), ["e+s", "es+t</w>", "l+o", "e+w"]);
});

test("merges are those of counting all pairs anew, for words drawn at random", () => {
  const stream = new RandomStream(5, "words");
  const words = Array.from({ length: 300 }, () =>
    Array.from({ length: 1 + stream.integer(0, 7) }, () => "abca"[stream.integer(0, 4)]).join(""),
  );
  const expected = plainMerges(words, 80);
  assert.equal(expected.length, 80);
  assert.deepEqual(merges([words.join(" ")], 514 + 80), expected);
});

test("the order of the texts changes nothing, and equally frequent pairs are taken by their numbers", () => {
  const texts = ["ba ab", "cd dc", "ab ba cd dc", "aaaa aaaa"];
  const learned = merges(texts, 530);
  assert.deepEqual(merges([...texts].reverse(), 530), learned);
  assert.deepEqual(merges(["dc ba", "dc ba"], 515), ["b+a</w>"]);
});

test("a pair of one letter overlaps itself: aaaa has two merges of aa", () => {
  const tokenizer = trainTokenizer(["aaaaa aaaaa"], { size: 515 });
  const { tokens } = tokenizer.vocabulary;
  const [a, last, aa] = ["a", "a</w>", "aa"].map((token) => tokens.get(token));
  assert.deepEqual(tokenizer.tokensOf("aaaaa"), [aa, aa, last]);
  assert.deepEqual(tokenizer.tokensOf("aaaa"), [aa, a, last]);
});

test("rare pairs stay apart, the vocabulary is then smaller, and progress counts the merges", () => {
  const told: number[][] = [];
  const onProgress = (made: number, most: number) => told.push([made, most]);
  const tokenizer = trainTokenizer(["ab ab cd"], { size: 600, onProgress });
  assert.deepEqual(tokenizer.vocabulary.merges, [["a", "b</w>"]]);
  assert.deepEqual(told, [[1, 86]]);
  assert.equal(tokenizer.size, 515);
  assert.deepEqual([tokenizer.start, tokenizer.end], [513, 514]);
  assert.deepEqual(merges(["ab ab cd"], 600, 1), ["a+b</w>", "c+d</w>"]);
});

test("what the texts never had is spelt in bytes and comes back", () => {
  const tokenizer = trainTokenizer(["a large green 7", "一个绿色的7"], { size: 540, length: 20 });
  for (const text of ["猫", "👩‍👩‍👧", "ελληνικά", "zebra"]) {
    const ids = tokenizer.tokensOf(text);
    assert.ok(!ids.includes(tokenizer.end));
    assert.equal(tokenizer.decode(ids).replaceAll(" ", ""), text);
  }
  assert.deepEqual(tokenizer.encode("").shape, [1, 20]);
});

test("options out of range and texts that are none are refused", () => {
  for (const size of [513, NaN, 600.5, "700" as never, 2 ** 24]) {
    assert.throws(() => trainTokenizer(["a"], { size }), /size must be a whole number of tokens from 514/);
  }
  assert.throws(() => trainTokenizer(["a"], { size: 600, leastCount: 0 }), /leastCount/);
  assert.throws(() => trainTokenizer("a b c", { size: 600 }), /put it in \[ \]/);
  assert.throws(() => trainTokenizer([7 as never], { size: 600 }), /learns from texts, got 7/);
});
