/** LoRA files and learned words: what diffusers draws with them is drawn here, and those of other models are refused. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  ClipTextModel,
  loadLatent,
  saveLatent,
  saveNetwork,
  writeSafetensors,
  type LatentModel,
  type LoadLatentOptions,
  type NamedTensor,
  type StoredLatentParts,
} from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { fill, uniforms } from "../networks/formula.js";
import { filledParts, FOLDER } from "./parts.js";

interface Fixture {
  readonly versions: { readonly diffusers: string };
  readonly prompt: string;
  readonly loras: readonly {
    readonly name: string;
    readonly scale: number;
    readonly tensors: Readonly<Record<string, readonly number[]>>;
    readonly latents: readonly number[];
  }[];
  readonly words: readonly {
    readonly token: string;
    readonly shape: readonly number[];
    readonly prompt: string;
    readonly latents: readonly number[];
  }[];
}
const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/lora.json"), "utf8")) as Fixture;
const folder = mkdtempSync(join(tmpdir(), "lora-"));
const pipeline = join(folder, "pipeline");
const scheduler = {
  _class_name: "DDIMScheduler",
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  steps_offset: 1,
  set_alpha_to_one: false,
  clip_sample: false,
};
before(() => {
  const { unet, vae } = filledParts(4);
  const config = JSON.parse(readFileSync(join(FOLDER, "text_encoder", "config.json"), "utf8")) as object;
  const { architectures: _classes, model_type: _type, ...keys } = config as Record<string, unknown>;
  const text = new ClipTextModel(keys as never);
  fill(text.parameters);
  for (const [name, network] of Object.entries({ unet, vae, text_encoder: text })) {
    saveNetwork(network, join(pipeline, name));
    network.dispose();
  }
  cpSync(FOLDER, pipeline, { recursive: true });
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** As `numbers` of lora.py. */
function numbers(name: string, shape: readonly number[]): NamedTensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return { shape, values: Float32Array.from(uniforms(name, size), (v) => Math.fround(0.4 * Math.fround(v))) };
}

/** α is 2 wherever it is given. */
function tensorsOf(shapes: Readonly<Record<string, readonly number[]>>): [string, NamedTensor][] {
  return Object.entries(shapes).map(([name, shape]) => {
    return [name, name.endsWith(".alpha") ? { shape, values: Float32Array.of(2) } : numbers(name, shape)];
  });
}

function written(name: string, tensors: Iterable<readonly [string, NamedTensor]>, metadata = {}): string {
  const path = join(folder, name);
  writeSafetensors(path, tensors, { metadata });
  return path;
}

async function latentsOf(model: LatentModel, prompt: string): Promise<Float32Array> {
  const rescheduled = model.withScheduler(scheduler);
  const request = { count: 1, seed: 7, steps: 4, guidance: 5, condition: { prompt }, negative: "house" };
  const latents = await rescheduled.draw({ ...request, output: "latents" });
  const values = (latents.dataSync() as Float32Array).slice();
  latents.dispose();
  return values;
}

async function requireSame(options: LoadLatentOptions, prompt: string, expected: readonly number[]): Promise<void> {
  const start = tf.memory().numTensors;
  const model = loadLatent(pipeline, options);
  const values = await latentsOf(model, prompt);
  model.dispose();
  assert.equal(tf.memory().numTensors, start);
  const largest = Math.max(...expected.map(Math.abs));
  const apart = Math.max(...values.map((value, i) => Math.abs(value - expected[i]))) / largest;
  assert.ok(apart <= 1e-3, `latents are ${apart.toExponential(1)} of the largest apart`);
}

describe(`LoRA files, against diffusers ${fixture.versions.diffusers}`, () => {
  for (const { name, scale, tensors, latents } of fixture.loras) {
    it(`${name}, ${scale}-fold: the same latents`, async () => {
      const given = Object.keys(tensors).length > 0;
      const loras = given ? [{ file: written("it.safetensors", tensorsOf(tensors)), scale }] : [];
      await requireSame({ loras }, fixture.prompt, latents);
    });
  }

  it("two halves of one are the whole, and what diffusers notes of α counts", async () => {
    const { tensors, latents } = fixture.loras.find(({ name }) => name === "peft")!;
    const file = written("half.safetensors", tensorsOf(tensors));
    const half = { file, scale: 0.5 };
    await requireSame({ loras: [half, half] }, fixture.prompt, latents);
    // α/r = 2 for both parts.
    const notes = { "unet.r": 3, "unet.lora_alpha": 6, "text_encoder.r": 3, "text_encoder.lora_alpha": 6 };
    const noted = written("noted.safetensors", tensorsOf(tensors), { lora_adapter_metadata: JSON.stringify(notes) });
    await requireSame({ loras: [{ file: noted, scale: 0.5 }] }, fixture.prompt, latents);
  });

  it("names of ldm's blocks are read as well", async () => {
    const { tensors } = fixture.loras.find(({ name }) => name === "kohya")!;
    const chosen = Object.entries(tensors).filter(([name]) => name.includes("down_blocks_1_attentions_0"));
    const renamed = chosen.map(([name, shape]): [string, NamedTensor] => {
      const [[, tensor]] = tensorsOf({ [name]: shape });
      return [name.replace("down_blocks_1_attentions_0", "input_blocks_4_1"), tensor];
    });
    const plain = loadLatent(pipeline, {
      loras: [{ file: written("plain.safetensors", tensorsOf(Object.fromEntries(chosen))) }],
    });
    const expected = await latentsOf(plain, fixture.prompt);
    plain.dispose();
    await requireSame({ loras: [{ file: written("ldm.safetensors", renamed) }] }, fixture.prompt, [...expected]);
  });

  it("one of another model is refused, by the first key that does not fit", () => {
    const start = tf.memory().numTensors;
    const refused = (tensors: readonly (readonly [string, NamedTensor])[], message: RegExp, metadata = {}): void => {
      const file = written("other.safetensors", tensors, metadata);
      const check = (error: Error): boolean => error instanceof RangeError && message.test(error.message);
      assert.throws(() => loadLatent(pipeline, { loras: [{ file }] }), check);
      assert.equal(tf.memory().numTensors, start);
    };
    const whole = tensorsOf(fixture.loras.find(({ name }) => name === "peft")!.tensors);
    const pair = whole.slice(0, 2);
    const [down, up] = pair;
    refused(
      [["unet.down_blocks.9.x.lora_A.weight", down[1]]],
      /"unet.down_blocks.9.x.lora_A.weight" fits no layer of this/,
    );
    refused([["something", down[1]]], /"something" fits no layer of this model: the LoRA is of another one/);
    refused([down], /"unet.down_blocks.1.*lora_A.weight" is alone: A and B of a layer go together/);
    refused(
      [[down[0], numbers("a", [3, 320])], up],
      /lora_A.weight" has shape \[3,320\], the layer of this model needs \[rank,16\]/,
    );
    refused([down, [up[0], numbers("b", [320, 3])]], /lora_B.weight" has shape \[320,3\], the layer.*needs \[16,3\]/);
    refused([down, [up[0], numbers("b", [16, 4])]], /lora_B.weight" has shape \[16,4\], the layer.*needs \[16,3\]/);
    refused([[down[0].replace("lora_A", "hada_w1_a"), down[1]]], /is of a LoHa, which is not read/);
    refused([["lora_te1_text_model_x.alpha", down[1]]], /is of a LoRA of Stable Diffusion XL/);
    refused(
      [[down[0], { ...down[1], values: down[1].values.map(() => NaN) }], up],
      /lora_A.weight" has a value that is not/,
    );
    refused([...pair, [up[0].replace("lora_B", "lora.up"), up[1]]], /are of one layer: one of them is too much/);
    refused([], /holds no tensors/);
    const notes = { lora_adapter_metadata: JSON.stringify({ "unet.use_rslora": true }) };
    refused(pair, /unet.use_rslora/, notes);
    assert.throws(
      () => loadLatent(pipeline, { loras: [{ file: "it.safetensors", scale: NaN }] }),
      /scale of a LoRA must be a/,
    );
    assert.throws(() => loadLatent(pipeline, { loras: [{ file: join(folder, "none.safetensors") }] }), /cannot open/);
  });
});

describe("textual inversions, against diffusers", () => {
  for (const { token, shape, prompt, latents } of fixture.words) {
    it(`${token} of shape [${shape}]: the same latents`, async () => {
      const file = written("word.safetensors", [[token, numbers(token, shape)]]);
      await requireSame({ inversions: [{ file }] }, prompt, latents);
      // As the web UI names it, with the word for it.
      const nameless = written("nameless.safetensors", [["emb_params", numbers(token, shape)]]);
      await requireSame({ inversions: [{ file: nameless, token }] }, prompt, latents);
    });
  }

  it("a nameless one is called as its file, and what is saved knows the words", async () => {
    const [, { token, shape, latents }] = fixture.words;
    const file = written("moonlike.safetensors", [["emb_params", numbers(token, shape)]]);
    const model = loadLatent(pipeline, { inversions: [{ file }] });
    const prompt = "a small moonlike on the hill";
    const first = await latentsOf(model, prompt);
    const apart = (values: Float32Array) => Math.max(...values.map((value, i) => Math.abs(value - latents[i])));
    assert.ok(apart(first) < 1e-2);
    // A word means all its vectors however it is written; diffusers takes the first alone where a letter is a capital.
    const capitals = loadLatent(pipeline, { inversions: [{ file, token: "<Moon>" }] });
    assert.ok(apart(await latentsOf(capitals, "a small <Moon> on the hill")) < 1e-2);
    assert.ok(apart(await latentsOf(capitals, "a small <moon> on the hill")) < 1e-2);
    capitals.dispose();
    const saved = join(folder, "saved");
    saveLatent(saved, model.parts as StoredLatentParts);
    model.dispose();
    const again = loadLatent(saved);
    assert.deepEqual(await latentsOf(again, prompt), first);
    again.dispose();
  });

  it("one of another model, or a word that is there, is refused", () => {
    const start = tf.memory().numTensors;
    const refused = (tensors: readonly (readonly [string, NamedTensor])[], message: RegExp, token?: string): void => {
      const file = written("other-word.safetensors", tensors);
      const inversions = [{ file, ...(token !== undefined && { token }) }];
      const check = (error: Error): boolean => error instanceof RangeError && message.test(error.message);
      assert.throws(() => loadLatent(pipeline, { inversions }), check);
      assert.equal(tf.memory().numTensors, start);
    };
    const word = numbers("<w>", [2, 12]);
    refused(
      [["<w>", numbers("<w>", [2, 768])]],
      /"<w>" has shape \[2,768\]; this text encoder has words of 12 channels/,
    );
    refused(
      [
        ["clip_g", word],
        ["clip_l", word],
      ],
      /is of Stable Diffusion XL/,
    );
    refused(
      [
        ["a", word],
        ["b", word],
      ],
      /holds 2 tensors \(a, b\): a textual inversion has one/,
    );
    refused([["<w>", numbers("<w>", [76, 12])]], /must be \[12\] or \[vectors, 12\]/);
    refused([["<w>", { ...word, values: word.values.map(() => Infinity) }]], /has a value that is not finite/);
    refused([["<|endoftext|>", word]], /is there already: choose another name/);
    refused([["<w>", word]], /needs letters/, " ");
  });
});
