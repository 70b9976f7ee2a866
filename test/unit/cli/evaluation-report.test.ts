/** Pages about a checkpoint repeat its evaluation.json and ask nothing that the model lacks. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { markedPart } from "../../../src/base/marked.js";
import {
  bitsText,
  evaluationMarkdown,
  evaluationPage,
  evaluationSentence,
  evaluationText,
  type BitsOfDigits,
  type Evaluation,
} from "../../../src/cli/evaluation-report.js";

const root = new URL("../../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), "utf8");
const { rows } = JSON.parse(read("assets/mnist-unet/evaluation.json")) as { rows: Evaluation };

test("page and README say of the checkpoint what its evaluation.json holds", () => {
  const mark = "evaluate mnist-unet";
  assert.equal(markedPart(read("docs/benchmarks.md"), mark), evaluationMarkdown(rows));
  assert.equal(markedPart(read("README.md"), mark), evaluationSentence(rows));
});

test("the page says of the flow what its evaluation.json holds", () => {
  const { rows: drawn, bitsPerDimension } = JSON.parse(read("assets/mnist-glow/evaluation.json")) as {
    rows: Evaluation;
    bitsPerDimension: BitsOfDigits;
  };
  assert.equal(markedPart(read("docs/benchmarks.md"), "evaluate mnist-glow"), evaluationPage(drawn, bitsPerDimension));
});

test("a model without classes is not asked for any, and held-out digits have no distance to themselves", () => {
  const [drawn, training, heldOut] = rows;
  const unasked: Evaluation = [{ ...drawn, asAsked: null }, training, heldOut];
  const [head, first, , last] = evaluationText(unasked).split("\n");
  assert.match(head, /^ +n +> 0\.9 +as asked +Fréchet +0 +1/);
  assert.match(first, / 1000 +99\.3 % +– +11\.0 +101 /);
  assert.match(last, /^real, held out +1000 +98\.4 % +98\.9 % +– +102 /);
});

test("bits a dimension are told of held-out and of training digits", () => {
  const text = bitsText({ n: 1000, heldOut: 1.23456, training: 1.2 });
  assert.equal(text, "Bits a dimension: 1.235 of 1000 held-out digits, 1.200 of 1000 training digits.");
});
