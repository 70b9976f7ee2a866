/** Weights that memory cannot hold are refused by their headers. */
import assert from "node:assert/strict";
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { totalmem, tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadLatent, loadNetwork, saveNetwork } from "../../../src/index.js";
import type { TensorEntry } from "../../../src/files/index.js";
import { memoryOf, requireMemoryFor } from "../../../src/families/memory.js";
import * as tf from "../../../src/runtime/tf.js";
import { tinyParts } from "./latent/tiny.js";

const folder = mkdtempSync(join(tmpdir(), "memory-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Half-precision tensors of these shapes. */
function entries(...shapes: readonly (readonly number[])[]): { entries: Map<string, TensorEntry> } {
  let begin = 0;
  const of = (shape: readonly number[]): TensorEntry => {
    const end = begin + 2 * shape.reduce((a, b) => a * b, 1);
    const entry = { dtype: "F16", shape, begin, end } as const;
    begin = end;
    return entry;
  };
  return { entries: new Map(shapes.map((shape, i) => [`t${i}`, of(shape)])) };
}

test("a network takes four bytes a number, and the largest tensor once more while it is read", () => {
  assert.deepEqual(memoryOf(entries([10, 10], [5])), { kept: 420, passing: 200 + 800 });
  assert.deepEqual(memoryOf(entries()), { kept: 0, passing: 0 });
});

test("the need of several networks is that of all, with the largest passing tensor of one", () => {
  const parts = [
    { name: "unet", source: entries([1000, 1000], [500_000]) },
    { name: "vae", source: entries([1000]) },
  ];
  // 4·1 501 000 numbers kept, and (2 + 8)·1 000 000 on the way
  requireMemoryFor("here", parts, 16_004_000);
  assert.throws(
    () => requireMemoryFor("here", parts, 16_003_999),
    (error: Error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, /^here needs 16 MB of memory for its weights in float32 \(unet 6 MB, vae 4 kB\)/);
      assert.match(error.message, /but 16 MB are free: close other programs.*less than 4 million numbers/);
      assert.match(error.message, /by itself unet or vae would fit, opened by loadNetwork$/);
      return true;
    },
  );
  assert.throws(() => requireMemoryFor("here", parts, 15e6), /by itself vae would fit/);
  assert.throws(
    () => requireMemoryFor("here", parts.slice(0, 1), 3.44e6),
    (error: Error) => {
      assert.doesNotMatch(error.message, /by itself|unet/);
      return /but 3.44 MB are free/.test(error.message);
    },
  );
});

/** A file whose header describes more than the machine has, which is a hole on disk. */
function writeHuge(path: string): void {
  const numbers = Math.ceil((4 * totalmem()) / 4);
  const header = JSON.stringify({ huge: { dtype: "F32", shape: [numbers], data_offsets: [0, 4 * numbers] } });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, "w");
  writeSync(file, Buffer.concat([length, Buffer.from(header)]));
  ftruncateSync(file, 8 + header.length + 4 * numbers);
  closeSync(file);
}

test("a folder with more than the machine has is refused before anything is built from it", () => {
  const before = tf.memory().numTensors;
  mkdirSync(join(folder, "unet"));
  writeFileSync(join(folder, "unet", "config.json"), JSON.stringify({ _class_name: "UNet2DConditionModel" }));
  writeHuge(join(folder, "unet", "diffusion_pytorch_model.safetensors"));
  assert.throws(() => loadNetwork(join(folder, "unet")), /unet needs .* of memory .* are free: close other programs/);
  assert.equal(tf.memory().numTensors, before);
});

test("a pipeline is refused as a whole, naming what of it would fit", () => {
  const pipeline = join(folder, "whole");
  const write = (part: string, file: string, keys: object): void => {
    mkdirSync(join(pipeline, part), { recursive: true });
    writeFileSync(join(pipeline, part, file), JSON.stringify(keys));
  };
  const { unet, vae, textEncoder, scheduler } = tinyParts();
  saveNetwork(vae, join(pipeline, "vae"));
  for (const network of [unet, vae, textEncoder]) network.dispose();
  write("scheduler", "scheduler_config.json", scheduler);
  write("unet", "config.json", { _class_name: "UNet2DConditionModel" });
  write("text_encoder", "config.json", {});
  write("tokenizer", "tokenizer_config.json", {});
  writeFileSync(join(pipeline, "tokenizer", "vocab.json"), '{"<|startoftext|>":0,"<|endoftext|>":1}');
  writeFileSync(join(pipeline, "tokenizer", "merges.txt"), "#version: 0.2\n");
  for (const [part, file] of [
    ["unet", "diffusion_pytorch_model"],
    ["text_encoder", "model"],
  ]) {
    writeHuge(join(pipeline, part, `${file}.safetensors`));
  }
  const index = {
    _class_name: "StableDiffusionPipeline",
    unet: ["diffusers", "UNet2DConditionModel"],
    vae: ["diffusers", "AutoencoderKL"],
    text_encoder: ["transformers", "CLIPTextModel"],
    tokenizer: ["transformers", "CLIPTokenizer"],
    scheduler: ["diffusers", "DDIMScheduler"],
  };
  writeFileSync(join(pipeline, "model_index.json"), JSON.stringify(index));
  const before = tf.memory().numTensors;
  assert.throws(() => loadLatent(pipeline), /\(unet .*B, vae .*B, text_encoder .*B\).*by itself vae would fit/);
  assert.equal(tf.memory().numTensors, before);
});
