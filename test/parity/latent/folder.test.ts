/** A pipeline's folder: diffusers' own configurations open here, and what is saved here opens to the same pictures. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { ClipTextModel, loadModel, saveNetwork, UNet2DCondition, type LatentModel } from "../../../src/index.js";
import { saveLatent } from "../../../src/families/latent/folder.js";
import type { StoredLatentParts } from "../../../src/families/latent/parts.js";
import { fill } from "../networks/formula.js";
import { filledParts, FOLDER } from "./parts.js";

interface Case {
  readonly name: string;
  readonly latents: readonly number[];
}

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/pipelines.json"), "utf8")) as {
  prompt: { prompt: string; negative_prompt: string };
  cases: readonly Case[];
};
const folder = mkdtempSync(join(tmpdir(), "latent-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const theirs = join(folder, "theirs");

/** Weights by formula, under the configurations that diffusers and transformers wrote. */
function writeTheirs(): void {
  const { unet, vae } = filledParts(4);
  const config = JSON.parse(readFileSync(join(FOLDER, "text_encoder", "config.json"), "utf8")) as object;
  const { architectures: _classes, model_type: _type, ...keys } = config as Record<string, unknown>;
  const text = new ClipTextModel(keys as never);
  fill(text.parameters);
  for (const [name, network] of Object.entries({ unet, vae, text_encoder: text })) {
    saveNetwork(network, join(theirs, name));
    network.dispose();
  }
  cpSync(FOLDER, theirs, { recursive: true });
}

async function drawn(model: LatentModel, sampler?: string): Promise<Float32Array> {
  const { prompt, negative_prompt: negative } = fixture.prompt;
  const request = {
    count: 1,
    seed: 7,
    steps: 10,
    guidance: 5,
    condition: { prompt },
    negative,
    output: "latents",
  } as const;
  const latents = await model.draw({ ...request, ...(sampler && { sampler }) });
  const values = (await latents.data()) as Float32Array;
  latents.dispose();
  return values.slice();
}

function apart(values: Float32Array, expected: ArrayLike<number>): number {
  const largest = Math.max(...Array.from(expected, Math.abs));
  return Math.max(...values.map((value, i) => Math.abs(value - expected[i]))) / largest;
}

describe("a folder of diffusers' StableDiffusionPipeline", () => {
  it("opens, draws diffusers' picture, and is written so that it opens to the same", async () => {
    writeTheirs();
    const before = tf.memory().numTensors;
    const model = loadModel(theirs) as LatentModel;
    assert.equal(model.describe({ count: 1, condition: { prompt: "a" } }), "plms, 50 steps, guidance 7.5");
    const first = await drawn(model);
    assert.ok(apart(first, fixture.cases.find(({ name }) => name === "PNDM")!.latents) <= 1e-3);
    const ours = join(folder, "ours");
    const defaults = { guidance: 3, steps: 20 };
    saveLatent(ours, { ...(model.parts as StoredLatentParts), defaults });
    model.dispose();
    const index = JSON.parse(readFileSync(join(ours, "model_index.json"), "utf8")) as Record<string, unknown>;
    const { _diffusion_lab: _notes, ...rest } = index;
    assert.deepEqual(rest, JSON.parse(readFileSync(join(FOLDER, "model_index.json"), "utf8")));
    const again = loadModel(ours) as LatentModel;
    assert.equal(again.describe({ count: 1, condition: { prompt: "a" } }), "plms, 20 steps, guidance 3");
    assert.ok(apart(await drawn(again), first) < 1e-6);
    again.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it("of inpainting, and of Stable Diffusion 2, are written and opened with their topology", async () => {
    const model = loadModel(theirs) as LatentModel;
    const parts = model.parts as StoredLatentParts;
    const unetKeys = parts.unet.config;
    const painting = new UNet2DCondition({ ...unetKeys, in_channels: 9 }, { seed: 1 });
    const second = new UNet2DCondition(
      { ...unetKeys, attention_head_dim: [1, 2, 4, 4], use_linear_projection: true },
      { seed: 2 },
    );
    const text = new ClipTextModel(
      { ...parts.textEncoder.config, hidden_act: "gelu", num_hidden_layers: 2 },
      { seed: 3 },
    );
    const velocity = { ...parts.scheduler, prediction_type: "v_prediction" };
    const others: readonly [string, Partial<StoredLatentParts>][] = [
      ["StableDiffusionInpaintPipeline", { unet: painting }],
      ["StableDiffusionPipeline", { unet: second, textEncoder: text, scheduler: velocity }],
    ];
    for (const [className, change] of others) {
      const place = join(folder, "other");
      rmSync(place, { recursive: true, force: true });
      saveLatent(place, { ...parts, ...change });
      const index = JSON.parse(readFileSync(join(place, "model_index.json"), "utf8")) as Record<string, unknown>;
      assert.equal(index["_class_name"], className);
      const opened = loadModel(place) as LatentModel;
      const { unet, textEncoder, scheduler } = opened.parts as StoredLatentParts;
      assert.deepEqual(unet.config, (change.unet ?? parts.unet).config);
      assert.deepEqual(unet.parameters.toFlat(), (change.unet ?? parts.unet).parameters.toFlat());
      assert.deepEqual(textEncoder.parameters.toFlat(), (change.textEncoder ?? parts.textEncoder).parameters.toFlat());
      assert.equal(scheduler["prediction_type"], (change.scheduler ?? parts.scheduler)["prediction_type"]);
      opened.dispose();
    }
    for (const network of [painting, second, text]) network.dispose();
    model.dispose();
  });

  it("is refused where a part is of another class or version than the index says, or not named", () => {
    const index = join(theirs, "model_index.json");
    const whole = JSON.parse(readFileSync(index, "utf8")) as Record<string, unknown>;
    const refused = (change: Record<string, unknown>, message: RegExp): void => {
      writeFileSync(index, JSON.stringify({ ...whole, ...change }));
      const before = tf.memory().numTensors;
      assert.throws(() => loadModel(theirs), message);
      assert.equal(tf.memory().numTensors, before);
    };
    refused({ unet: null }, /names no part unet; its parts: /);
    refused(
      { unet: ["diffusers", "UNet2DModel"] },
      /is of class "UNet2DConditionModel", but the index says "UNet2DModel"/,
    );
    refused(
      { scheduler: ["diffusers", "DDIMScheduler"] },
      /is of class "PNDMScheduler", but the index says "DDIMScheduler"/,
    );
    refused(
      { text_encoder: ["transformers", "T5EncoderModel"] },
      /"CLIPTextModel", but the index says "T5EncoderModel"/,
    );
    refused(
      { _class_name: "StableDiffusionXLPipeline" },
      /is of class "StableDiffusionXLPipeline".*what can be opened/,
    );
    writeFileSync(index, JSON.stringify(whole));
  });

  it("is refused where a part is missing", () => {
    rmSync(join(theirs, "vae"), { recursive: true });
    assert.throws(() => loadModel(theirs), /names a part "vae", but there is no folder/);
  });
});
