/** Checkpoints in one file: what diffusers draws from them is drawn here, and other files are refused by what they hold. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadLatent, loadModel, writeSafetensors, type LatentModel, type NamedTensor } from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { uniforms } from "../networks/formula.js";

interface Case {
  readonly name: string;
  readonly predicts: "noise" | "velocity";
  readonly prefix: boolean;
  /** Name in the file, the names of diffusers that it is made of, the shape of each, and the shape in the file. */
  readonly tensors?: readonly (readonly [string, readonly string[], readonly number[], readonly number[]])[];
  readonly latents: readonly number[];
}
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/one_file.json"), "utf8")) as {
  readonly versions: { readonly diffusers: string };
  readonly prompt: { readonly prompt: string; readonly negative_prompt: string };
  readonly cases: readonly Case[];
};
const folder = mkdtempSync(join(tmpdir(), "one-file-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const product = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);

/** As `fill` of formula.py. */
function weights(name: string, shape: readonly number[]): Float32Array {
  const scale = Math.sqrt(3 / (product(shape) / shape[0]));
  const value = (v: number): number => (shape.length > 1 ? v * scale : name.endsWith("weight") ? 1 + 0.5 * v : 0.3 * v);
  return Float32Array.from(uniforms(name, product(shape)), value);
}

/** The tensors of a case's file, as one_file.py writes it. */
function tensorsOf(index: number): Map<string, NamedTensor> {
  const { tensors = fixture.cases[index - 1].tensors!, prefix } = fixture.cases[index];
  const file = new Map<string, NamedTensor>();
  for (const [name, made, shape, stored] of tensors) {
    const values = new Float32Array(made.length * product(shape));
    made.forEach((one, i) => values.set(weights(one, shape), i * product(shape)));
    file.set(prefix ? name : name.replace(".transformer.text_model.", ".transformer."), { shape: stored, values });
  }
  for (const [name, tensor] of [...file]) {
    if (name.includes(".resblocks.1.")) file.set(name.replace(".resblocks.1.", ".resblocks.2."), tensor);
  }
  // What is not read.
  file.set("alphas_cumprod", { shape: [2], values: new Float32Array(2) });
  file.set("model_ema.decay", { shape: [], values: new Float32Array(1) });
  if (file.has("cond_stage_model.model.positional_embedding")) {
    file.set("cond_stage_model.model.logit_scale", { shape: [], values: new Float32Array(1) });
  } else {
    const positions = "cond_stage_model.transformer.text_model.embeddings.position_ids";
    if (fixture.cases[index].prefix) file.set(positions, { shape: [1, 77], values: new Float32Array(77) });
  }
  return file;
}

function written(name: string, tensors: Iterable<readonly [string, NamedTensor]>, metadata = {}): string {
  const path = join(folder, name);
  writeSafetensors(path, tensors, { metadata });
  return path;
}

async function drawn(model: LatentModel): Promise<Float32Array> {
  const { prompt, negative_prompt: negative } = fixture.prompt;
  const size = { height: 16, width: 16 };
  const request = { count: 1, seed: 7, steps: 4, guidance: 5, condition: { prompt }, negative, ...size };
  const latents = await model.draw({ ...request, output: "latents" });
  const values = latents.dataSync() as Float32Array;
  latents.dispose();
  return values.slice();
}

describe(`checkpoints in one file, against diffusers ${fixture.versions.diffusers}`, () => {
  fixture.cases.forEach((one, index) => {
    it(`${one.name}: the same latents`, async () => {
      const path = written("model.safetensors", tensorsOf(index));
      const before = tf.memory().numTensors;
      // Narrow networks are of neither width; those of the second kind have 64 channels a head.
      const second = index >= 2;
      const heads = second ? [1, 2] : 8;
      assert.throws(() => loadLatent(path), /attends to 64 channels.*name it in the option heads/s);
      if (second)
        assert.throws(() => loadLatent(path, { heads }), /two kinds that look alike: give prediction: "veloc/);
      const model = loadLatent(path, { heads, ...(second && { prediction: one.predicts }) });
      const values = await drawn(model);
      const largest = Math.max(...one.latents.map(Math.abs));
      const apart = Math.max(...values.map((value, i) => Math.abs(value - one.latents[i]))) / largest;
      assert.ok(apart <= 1e-3, `latents are ${apart.toExponential(1)} of the largest apart`);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  });
});

describe("a checkpoint in one file", () => {
  const loaded = (name: string, tensors: Iterable<readonly [string, NamedTensor]>, metadata = {}): LatentModel =>
    loadLatent(written(name, tensors, metadata), { heads: [1, 2] });
  const zero: NamedTensor = { shape: [1], values: new Float32Array(1) };
  const predictionOf = (model: LatentModel): unknown => {
    model.dispose();
    return model.parts.scheduler["prediction_type"];
  };

  it("may say itself what it predicts: by a mark, or in its notes", () => {
    const tensors = tensorsOf(2);
    const notes = { "modelspec.prediction_type": "epsilon" };
    assert.equal(predictionOf(loaded("notes.safetensors", tensors, notes)), "epsilon");
    assert.equal(predictionOf(loaded("mark.safetensors", [...tensors, ["v_pred", zero]])), "v_prediction");
  });

  it("is opened by loadModel too, where it needs no option", () => {
    const path = written("whole.safetensors", tensorsOf(0));
    assert.throws(() => loadModel(path), /name it in the option heads/);
    assert.throws(() => loadLatent(path, { variant: "fp16" }), /variant is of a folder's weights/);
    mkdirSync(join(folder, "whole"));
    assert.throws(() => loadLatent(join(folder, "whole"), { heads: 8 }), /heads is of a checkpoint in one file/);
  });

  it("is refused where it holds another model, or not all of one", () => {
    const first = [...tensorsOf(0)];
    const refused = (tensors: Iterable<readonly [string, NamedTensor]>, message: RegExp): void => {
      const before = tf.memory().numTensors;
      assert.throws(
        () => loadLatent(written("other.safetensors", tensors), { heads: 8 }),
        (error: Error) => error instanceof RangeError && message.test(error.message),
      );
      assert.equal(tf.memory().numTensors, before);
    };
    refused([["conditioner.embedders.0.x", zero]], /it is of Stable Diffusion XL/);
    refused([["model.diffusion_model.joint_blocks.0.x", zero]], /it is of Stable Diffusion 3/);
    refused([["double_blocks.0.x", zero]], /it is of Flux/);
    refused([["lora_unet_x.alpha", zero]], /it is of a LoRA: name it in the option loras/);
    refused([["down_blocks.0.x", zero]], /one network in the names of diffusers: open it by loadNetwork/);
    refused([["something", zero]], /has no tensor "model.diffusion_model.…", "first_stage_model.…", "cond_stage_model/);
    const lacking = (start: string) => first.filter(([name]) => !name.startsWith(start));
    refused(lacking("first_stage_model."), /has no tensor "first_stage_model.…": a checkpoint in one file holds U-Net/);
    refused(
      lacking("model.diffusion_model.out.2"),
      /has no tensor "model.diffusion_model.out.2.weight": it is cut out/,
    );
    refused(
      lacking("model.diffusion_model.time_embed"),
      /is of another network: 4 parameters missing \(time_embedding/,
    );
    refused(
      [...first, ["model.diffusion_model.label_emb.0.weight", zero]],
      /1 unknown \(model.diffusion_model.label_emb/,
    );
    refused([...first, ["cond_stage_model.transformer.text_model.x", zero]], /1 unknown \(cond_stage_model/);
    refused(
      first.map(([name, tensor]) => [name, name.endsWith("out.2.weight") ? { ...tensor, shape: [4, 288] } : tensor]),
      /"conv_out.weight" has shape \[4,288\]/,
    );
  });
});
