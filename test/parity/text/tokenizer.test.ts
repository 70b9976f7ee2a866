/** CLIP's tokenizer gives the ids of transformers, from every layout of its folder. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { loadTokenizer, openAiTokenizer, type ClipTokenizer } from "../../../src/text/index.js";

interface Case {
  readonly text: string;
  readonly ids: number[];
  readonly row: number[];
  readonly decoded: string;
}

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${fixtures}/ids.json`, "utf8")) as {
  cases: Record<string, Record<string, Case>>;
};

const tokenizers: Record<string, () => ClipTokenizer> = {
  saved: () => loadTokenizer(`${fixtures}/saved`),
  published: () => loadTokenizer(`${fixtures}/published`),
  openai: () => openAiTokenizer(),
  "openai, 2.x": () => openAiTokenizer({ pad: "!" }),
};

test("every tokenizer of the fixtures is compared", () => {
  assert.deepEqual(Object.keys(tokenizers), Object.keys(cases));
});

for (const [name, make] of Object.entries(tokenizers)) {
  test(`tokens, rows of 77 and decoded texts are transformers': ${name}`, () => {
    const tokenizer = make();
    for (const [what, { text, ids, row, decoded }] of Object.entries(cases[name])) {
      assert.deepEqual(tokenizer.tokensOf(text), ids, what);
      assert.deepEqual([...tokenizer.encode(text).ids], row, what);
      assert.equal(tokenizer.decode(ids), decoded, what);
    }
  });
}

test("half a surrogate pair, which transformers refuses, is read as U+FFFD", () => {
  const tokenizer = tokenizers.saved();
  const { ids } = cases.saved["replacement character"];
  assert.deepEqual(tokenizer.tokensOf("a\ud800b"), ids);
  assert.deepEqual(tokenizer.tokensOf("a\udc00b"), ids);
});
