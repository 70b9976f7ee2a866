/** Time encodings and embeddings have their lengths, values and trained parts. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  Embedding,
  loadParameters,
  Parameters,
  saveParameters,
  sinusoidalEmbedding,
  TimeEncoding,
  timeEncodingNames,
  type TimeEncodingName,
} from "../../../src/nn/index.js";
import { checkGradients, largestDifference } from "./gradient-check.js";

const t = tf.tensor1d([0, 3, 4]);

test("each time encoding has its length, its parameters and its values", () => {
  const parameters = new Parameters({ seed: 1 });
  const make = (kind: TimeEncodingName) => {
    return new TimeEncoding(parameters.scope(kind), { kind, dimensions: 4, steps: 5, fourierScale: 2 });
  };
  const encodings = Object.fromEntries(timeEncodingNames.map((name) => [name, make(name)]));
  assert.deepEqual(parameters.names, ["learned.weight"]);
  assert.deepEqual(
    parameters.constants.map(({ name }) => name),
    ["fourier.weight"],
  );

  assert.equal(largestDifference(encodings["cos-sin"].apply(t), sinusoidalEmbedding(t, { dimensions: 4 })), 0);
  assert.equal(
    largestDifference(encodings["sin-cos"].apply(t), sinusoidalEmbedding(t, { dimensions: 4, order: "sin-cos" })),
    0,
  );
  assert.deepEqual(encodings["none"].apply(t).shape, [3, 0]);
  assert.equal(encodings["none"].dimensions, 0);
  assert.equal(encodings["scalar"].dimensions, 1);
  assert.ok(largestDifference(encodings["scalar"].apply(t), tf.tensor2d([[0], [0.6], [0.8]])) < 1e-7);
  const table = parameters.get("learned.weight").variable.arraySync() as number[][];
  assert.deepEqual(encodings["learned"].apply(t).arraySync(), [table[0], table[3], table[4]]);

  const [w0, w1] = parameters.constants[0].variable.dataSync();
  assert.ok(w0 !== w1);
  const expected = [0, 3, 4].map((time) => {
    const angles = [w0, w1].map((w) => 2 * Math.PI * w * time);
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  });
  assert.ok(largestDifference(encodings["fourier"].apply(t), tf.tensor2d(expected)) < 1e-4);
});

test("time encodings refuse what they cannot be", () => {
  const scope = new Parameters().scope("");
  const make = (kind: string, dimensions: number) => () =>
    new TimeEncoding(scope, { kind: kind as "none", dimensions });
  assert.throws(make("rotary", 4), /unknown time encoding "rotary": choose cos-sin/);
  assert.throws(make("fourier", 5), /dimensions must be even, got 5/);
  assert.throws(make("cos-sin", 0), /dimensions must be even, got 0/);
  assert.throws(make("learned", 4), /needs steps/);
  assert.throws(make("scalar", 4), /steps must be above 0, got undefined/);
});

test("Embedding: rows by index, zeros outside, gradients", () => {
  const parameters = new Parameters({ seed: 2 });
  const embedding = new Embedding(parameters.scope("e"), { count: 4, channels: 3 });
  const indices = tf.tensor1d([2, 2, 0], "int32");
  const table = parameters.get("e.weight").variable.arraySync() as number[][];
  assert.deepEqual(embedding.apply(indices).arraySync(), [table[2], table[2], table[0]]);
  assert.deepEqual(embedding.apply(tf.tensor1d([4], "int32")).arraySync(), [[0, 0, 0]]);
  checkGradients(() => embedding.apply(indices), [], parameters, { entries: 12 });
  assert.throws(() => new Embedding(parameters.scope("f"), { count: 0, channels: 3 }), /at least one, got 0/);
});

test("constants travel in the file, but not among what is trained", () => {
  const make = (seed: number) => {
    const parameters = new Parameters({ seed });
    parameters.create("a", "plain", [2], { kind: "normal", deviation: 1 });
    parameters.createConstant("w", [3], { kind: "normal", deviation: 1 });
    return parameters;
  };
  const before = tf.memory().numTensors;
  const [saved, loaded] = [make(1), make(2)];
  assert.equal(saved.count, 2);
  assert.equal(saved.toFlat().length, 2);
  assert.throws(() => saved.create("w", "plain", [3], { kind: "constant", value: 0 }), /"w" exists already/);
  const folder = mkdtempSync(join(tmpdir(), "constants-"));
  try {
    const path = join(folder, "w.safetensors");
    saveParameters(path, saved);
    loadParameters(path, loaded);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const [a, b] = [saved, loaded].map((p) => p.constants[0].variable.dataSync());
  assert.deepEqual(a, b);
  assert.deepEqual(saved.toFlat(), loaded.toFlat());
  saved.dispose();
  loaded.dispose();
  assert.equal(tf.memory().numTensors, before);
});
