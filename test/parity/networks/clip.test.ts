/** CLIP's networks give the outputs and gradients of transformers, and their folders travel both ways. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { loadNetwork, saveNetwork } from "../../../src/families/index.js";
import { readSafetensors } from "../../../src/files/index.js";
import { ClipTextModel, networkClassOf } from "../../../src/networks/index.js";
import { buildClip, clipOutputs, probeOf } from "./clip.js";
import { checkAgainst, fill, readFixtures, relativeError, type Fixture } from "./formula.js";

interface ClipFixture extends Fixture {
  readonly class: string;
  readonly config: object;
  readonly input: number[];
  /** The hidden state with k layers left out, for every k. */
  readonly skipped?: number[][];
}

const fixtures = fileURLToPath(new URL("fixtures", import.meta.url));
const { tokens: rows } = JSON.parse(readFileSync(join(fixtures, "clip.json"), "utf8")) as { tokens: number[][] };
const tokens = tf.tensor2d(rows, undefined, "int32");

for (const [name, fixture] of readFixtures<ClipFixture>("clip.json")) {
  test(`${fixture.class} equals transformers': ${name}`, () => {
    const network = buildClip(fixture.class, fixture.config);
    fill(network.parameters);
    const input = probeOf(network);
    assert.deepEqual(input.shape, fixture.input);
    checkAgainst(fixture, network.parameters, input, (x) => clipOutputs(network, x, tokens));
    if (!(network instanceof ClipTextModel)) return;
    fixture.skipped!.forEach((expected, clipSkip) => {
      const alone = network.apply(tokens, { clipSkip });
      const { hidden, pooled } = network.outputs(tokens, { clipSkip });
      assert.ok(relativeError(alone.dataSync(), expected) < 1e-5, `clipSkip ${clipSkip}`);
      assert.deepEqual(hidden.dataSync(), alone.dataSync());
      assert.deepEqual(pooled.dataSync(), network.outputs(tokens).pooled.dataSync());
    });
  });
}

const folders = join(fixtures, "clip");
const expected = JSON.parse(readFileSync(join(folders, "expected.json"), "utf8")) as Record<string, number[]>;

for (const [name, output] of Object.entries(expected)) {
  test(`a folder of transformers opens, and what is saved of it opens the same: ${name}`, () => {
    const before = tf.memory().numTensors;
    const variant = name === "published" ? "fp16" : undefined;
    const network = loadNetwork(join(folders, name), { variant });
    assert.equal(tf.memory().numTensors, before + network.parameters.names.length);
    assert.ok(relativeError(clipOutputs(network, probeOf(network), tokens).dataSync(), output) < 1e-5);
    const out = mkdtempSync(join(tmpdir(), "clip-"));
    try {
      saveNetwork(network, out);
      const again = loadNetwork(out);
      assert.equal(networkClassOf(again).name, networkClassOf(network).name);
      assert.deepEqual(again.config, network.config);
      assert.deepEqual(again.parameters.toFlat(), network.parameters.toFlat());
      const names = readSafetensors(join(out, "model.safetensors"), (file) => [...file.entries.keys()]);
      assert.deepEqual(names.sort(), network.parameters.names.sort());
      again.dispose();
    } finally {
      rmSync(out, { recursive: true });
    }
    network.dispose();
  });
}
