/** Prompts: weights by brackets, pieces of the encoder's length, weighted states. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "../../../../src/runtime/tf.js";
import {
  MOST_CHUNKS,
  padded,
  promptChunks,
  type PromptTokenizer,
} from "../../../../src/families/latent/prompt/chunks.js";
import { promptContext } from "../../../../src/families/latent/prompt/context.js";
import { plainText, weightedTexts } from "../../../../src/families/latent/prompt/weights.js";
import { RandomStream } from "../../../../src/random/index.js";

/** One token a word, its length; 0 starts, 1 ends, 2 fills. */
const tokenizer: PromptTokenizer = {
  tokensOf: (text) => text.split(/\s+/).flatMap((word) => (word === "" ? [] : [10 + word.length])),
  start: 0,
  end: 1,
  pad: 2,
};

const read = (prompt: string): [string, number][] =>
  weightedTexts(prompt).map(({ text, weight }) => [text, Number(weight.toFixed(6))]);

describe("weights in a prompt", () => {
  const cases: readonly [string, readonly [string, number][]][] = [
    ["", [["", 1]]],
    ["normal text", [["normal text", 1]]],
    [
      "an (important) word",
      [
        ["an ", 1],
        ["important", 1.1],
        [" word", 1],
      ],
    ],
    ["((a))", [["a", 1.21]]],
    ["[a]", [["a", 0.909091]]],
    ["(a:1.2)", [["a", 1.2]]],
    ["(a: .5 )", [["a", 0.5]]],
    ["(a:-1)", [["a", -1]]],
    [
      "((a:2) b)",
      [
        ["a", 2.2],
        [" b", 1.1],
      ],
    ],
    ["([a])", [["a", 1]]],
    ["(unbalanced", [["unbalanced", 1.1]]],
    ["a) b", [["a) b", 1]]],
    ["a:1.5) b", [["a:1.5) b", 1]]],
    ["(a]b", [["a]b", 1.1]]],
    ["\\(literal\\]", [["(literal]", 1]]],
    ["a\\\\b\\", [["a\\b\\", 1]]],
    ["(a:1.2.3)", [["a:1.2.3", 1.1]]],
    [
      "red: (blue)",
      [
        ["red: ", 1],
        ["blue", 1.1],
      ],
    ],
    ["()", [["", 1]]],
    [
      "a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
      [
        ["a ", 1],
        ["house", 1.573],
        [" ", 1.1],
        ["on", 1],
        [" a ", 1.1],
        ["hill", 0.55],
        [", sun, ", 1.1],
        ["sky", 1.4641],
        [".", 1.1],
      ],
    ],
  ];
  for (const [prompt, expected] of cases) {
    it(JSON.stringify(prompt), () => assert.deepEqual(read(prompt), expected));
  }

  it("no prompt is refused, and none loses a letter", () => {
    const signs = ["(", ")", "[", "]", "\\", ":", "1.5", "a", " ", "字"];
    const stream = new RandomStream(3, "prompts");
    for (let i = 0; i < 500; i++) {
      const prompt = Array.from(stream.integers(12, 0, signs.length), (k) => signs[k]).join("");
      const texts = weightedTexts(prompt);
      assert.ok(texts.every(({ weight }) => Number.isFinite(weight)));
      const letters = (text: string): string => text.replace(/[^a字]/g, "");
      assert.equal(letters(texts.map(({ text }) => text).join("")), letters(prompt));
    }
  });

  it("a prompt taken as it is keeps its brackets", () => {
    assert.deepEqual(plainText("(a:2)"), [{ text: "(a:2)", weight: 1 }]);
  });
});

describe("pieces of a prompt", () => {
  const chunksOf = (prompt: string, positions = 6) => promptChunks(prompt, tokenizer, positions, { weights: true });

  it("a short one is one piece, begun, ended and filled", () => {
    assert.deepEqual(
      chunksOf("a bb").map(({ tokens }) => [...tokens]),
      [[0, 11, 12, 1, 2, 2]],
    );
    assert.deepEqual(
      chunksOf("").map(({ tokens }) => [...tokens]),
      [[0, 1, 2, 2, 2, 2]],
    );
  });

  it("a long one goes on in pieces that begin and end by themselves", () => {
    const chunks = chunksOf("a bb ccc dddd (eeeee:2)");
    assert.deepEqual(
      chunks.map(({ tokens }) => [...tokens]),
      [
        [0, 11, 12, 13, 14, 1],
        [0, 15, 1, 2, 2, 2],
      ],
    );
    assert.deepEqual(
      chunks.map(({ weights }) => [...weights]),
      [
        [1, 1, 1, 1, 1, 1],
        [1, 2, 1, 1, 1, 1],
      ],
    );
  });

  it("exactly full is one piece", () => assert.equal(chunksOf("a b c d").length, 1));

  it("a negative prompt is filled up to as many, with empty ones", () => {
    const chunks = padded(chunksOf("a"), 2, tokenizer, 6);
    assert.deepEqual(
      chunks.map(({ tokens }) => [...tokens]),
      [
        [0, 11, 1, 2, 2, 2],
        [0, 1, 2, 2, 2, 2],
      ],
    );
  });

  it("ten thousand words are refused, naming how many would fit", () => {
    const prompt = new Array(10000).fill("word").join(" ");
    assert.throws(
      () => chunksOf(prompt, 77),
      (error: Error) => {
        assert.match(error.message, /"word word .*…" has 10000 tokens/);
        assert.match(
          error.message,
          new RegExp(`at most ${MOST_CHUNKS} pieces of 75 are read, ${MOST_CHUNKS * 75} in all`),
        );
        return error instanceof RangeError;
      },
    );
  });
});

describe("context of a prompt", () => {
  /** State of a token: [id, 2·id]. */
  const encode = (tokens: tf.Tensor2D): tf.Tensor3D => {
    const ids = tf.cast(tf.expandDims(tokens, 2), "float32");
    return tf.concat([ids, tf.mul(ids, 2)], 2) as tf.Tensor3D;
  };
  const contextOf = (prompt: string, keepMean: boolean): number[][] => {
    const chunks = promptChunks(prompt, tokenizer, 4, { weights: true });
    return tf.tidy(() => promptContext(chunks, encode, { keepMean }).arraySync()[0]);
  };

  it("lays pieces end to end", () => {
    assert.deepEqual(
      contextOf("a bb ccc", true).map(([id]) => id),
      [0, 11, 12, 1, 0, 13, 1, 2],
    );
  });

  it("multiplies a word's state by its weight", () => {
    assert.deepEqual(contextOf("a (bb:0.5)", false), [
      [0, 0],
      [11, 22],
      [6, 12],
      [1, 2],
    ]);
  });

  it("keeps the mean of each piece", () => {
    // Sums 24 before and 18 after.
    assert.deepEqual(
      contextOf("a (bb:0.5)", true).map(([id]) => Number(id.toFixed(4))),
      [0, 14.6667, 8, 1.3333],
    );
    assert.deepEqual(contextOf("a bb", true), contextOf("a bb", false));
  });

  it("leaves no tensor but the context", () => {
    const before = tf.memory().numTensors;
    promptContext(promptChunks("a (bb:2)", tokenizer, 4, { weights: true }), encode, { keepMean: true }).dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
