/** Network folders travel both ways between diffusers and this library without a changed number. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { type UNet2D } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers } from "../../../src/families/index.js";
import { readSafetensors, type FloatFormat, type NamedTensor } from "../../../src/files/index.js";
import { fromTorch, relativeError, signal, toTorch } from "./formula.js";

const folders = fileURLToPath(new URL("fixtures/folders", import.meta.url));
const expected = JSON.parse(readFileSync(join(folders, "expected.json"), "utf8")) as {
  timesteps: number[];
  outputs: Record<string, number[]>;
};
const weights = "diffusion_pytorch_model.safetensors";
const epsilon = (unet: UNet2D): ArrayLike<number> => {
  return toTorch(unet.apply(fromTorch(signal("input", [2, 1, 8, 8])), tf.tensor1d(expected.timesteps))).dataSync();
};
const contents = (path: string): Map<string, NamedTensor> => {
  return readSafetensors(path, (file) => new Map([...file.entries.keys()].map((name) => [name, file.read(name)])));
};

for (const [name, variant] of [["float32"], ["float16", "fp16"], ["bfloat16"], ["sharded"]]) {
  test(`a folder written by diffusers opens and gives its ε: ${name}`, () => {
    const before = tf.memory().numTensors;
    const unet = fromDiffusers(join(folders, name), { expect: "UNet2DModel", variant });
    assert.equal(tf.memory().numTensors, before + unet.parameters.names.length);
    assert.ok(relativeError(epsilon(unet), expected.outputs[name]) < 1e-5);
    unet.dispose();
  });
}

test("what toDiffusers writes is what diffusers wrote: names, shapes, numbers, configuration", () => {
  const out = mkdtempSync(join(tmpdir(), "folders-"));
  try {
    const forms: [string, string, string | undefined, FloatFormat][] = [
      ["float32", weights, undefined, "F32"],
      ["float16", "diffusion_pytorch_model.fp16.safetensors", "fp16", "F16"],
      ["bfloat16", weights, undefined, "BF16"],
    ];
    for (const [name, file, variant, format] of forms) {
      const unet = fromDiffusers(join(folders, name), { expect: "UNet2DModel", variant });
      toDiffusers(unet, out, { format });
      assert.deepEqual(contents(join(out, weights)), contents(join(folders, name, file)));
      const [ours, theirs] = [out, join(folders, name)].map((folder) => {
        return JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as Record<string, unknown>;
      });
      for (const key of Object.keys(ours)) assert.deepEqual(ours[key], theirs[key], key);
      const left = Object.keys(theirs).filter((key) => !(key in ours));
      assert.deepEqual(left, ["class_embed_type", "downsample_type", "upsample_type"]);
      unet.dispose();
    }
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("weights in several files come back the same, and either form replaces the other", () => {
  const out = mkdtempSync(join(tmpdir(), "folders-"));
  try {
    const unet = fromDiffusers(join(folders, "float32"), { expect: "UNet2DModel" });
    toDiffusers(unet, out, { maxFileBytes: 20_000 });
    assert.deepEqual(readdirSync(out).sort(), [
      "config.json",
      ...[1, 2, 3].map((n) => `diffusion_pytorch_model-0000${n}-of-00003.safetensors`),
      `${weights}.index.json`,
    ]);
    const again = fromDiffusers(out, { expect: "UNet2DModel" });
    assert.deepEqual(again.parameters.toFlat(), unet.parameters.toFlat());
    const doubled = unet.parameters.toFlat().map((v) => 2 * v);
    toDiffusers(unet, out, { values: doubled });
    const replaced = fromDiffusers(out, { expect: "UNet2DModel" });
    assert.deepEqual(replaced.parameters.toFlat(), doubled);
  } finally {
    rmSync(out, { recursive: true });
  }
});
