/** Answers in letters, checked by their seal. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { seal, sealed } from "../../../src/notebook/index.js";

test("a seal is the beginning of SHA-256 of question and answer", () => {
  // printf 'R1:a' | sha256sum
  assert.equal(seal("R1", "a"), "39b37f2a");
  assert.equal(seal("R1", " A "), seal("R1", "a"));
  assert.notEqual(seal("R2", "a"), seal("R1", "a"));
});

test("the right letters pass, others are named, and what is no text is told", () => {
  const judge = sealed("2.5", seal("2.5", "ffttt"));
  assert.equal(judge("FFTTT"), true);
  assert.equal(judge("FTTTT"), '"FTTTT" is not it');
  assert.match(String(judge(3 as unknown as string)), /letters between quotes/);
});

test("what is no seal is refused", () => {
  assert.throws(() => sealed("R1", "a"), /^RangeError: a seal is 8 hexadecimal digits, got "a": make it with seal/);
});
