/** What a latent pipeline refuses: each by the name of the value, with what is allowed, before any work. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as tf from "../../../../src/runtime/tf.js";
import { LatentModel } from "../../../../src/families/latent/model.js";
import { lettersOf } from "../../../../src/families/latent/prompt/letters.js";
import type { LatentDrawRequest } from "../../../../src/families/latent/request.js";
import { tinyModel, tinyParts } from "./tiny.js";

const model = tinyModel();
after(() => model.dispose());
const image = tf.zeros([16, 16, 3]);
const mask = tf.ones([16, 16]);
const prompt = "red fox";

const requests: readonly [string, object, RegExp][] = [
  ["a misspelt option", { guidence: 3 }, /unknown option "guidence".*did you mean "guidance"\?/],
  ["no count", { count: 0 }, /count must be a whole number ≥ 1, got 0/],
  ["a seed below 0", { seed: -1 }, /seed must be a whole number ≥ 0, got -1/],
  ["an empty prompt", { condition: { prompt: "  " } }, /the prompt is empty: say what is to be drawn, or leave it out/],
  ["another condition", { condition: { label: 3 } }, /knows no condition label: what may be asked for is prompt/],
  ["a prompt that is no text", { condition: { prompt: 7 } }, /prompt must be a text, or a list of texts, got 7/],
  ["prompts for others", { condition: { prompt: ["a", "b"] } }, /got 2 texts as prompt for 1 examples/],
  ["ten thousand words", { condition: { prompt: "fox ".repeat(10000) } }, /has 10000 tokens; at most 16 pieces of 6/],
  ["a negative prompt unguided", { guidance: 1, negative: "hill" }, /a negative prompt is for guidance, which is 1/],
  ["guidance that is no number", { guidance: NaN }, /guidance must be a finite number, got NaN/],
  ["too much rescaling", { guidanceRescale: 2 }, /guidanceRescale must lie in 0 … 1, got 2/],
  ["an interval backwards", { guidanceInterval: [500, 100] }, /guidanceInterval must be two rising times of 0 … 1000/],
  ["an unknown sampler", { sampler: "ddimm" }, /there is no sampler "ddimm"/],
  ["no steps", { steps: 0 }, /steps must be a whole number ≥ 1, got 0/],
  ["more steps than times", { steps: 1000 }, /steps must be a whole number from 1 to 999, got 1000/],
  ["eta of another sampler", { eta: 1, sampler: "euler" }, /eta is the noise of ddim, not of euler/],
  ["a size that does not divide", { height: 18 }, /height that is a multiple of 4, got 18: 20 is the nearest/],
  ["a size that is none", { width: 0 }, /width that is a multiple of 4, got 0: 4 is the nearest/],
  ["strength 0", { image, strength: 0 }, /strength must lie above 0 and up to 1, got 0/],
  ["strength above 1", { image, strength: 1.01 }, /strength must lie above 0 and up to 1, got 1.01/],
  ["strength NaN", { image, strength: NaN }, /strength must lie above 0 and up to 1, got NaN/],
  ["strength without a picture", { strength: 0.5 }, /strength is of an image to start from: give one/],
  [
    "strength that takes no step",
    { image, strength: 0.1, steps: 5 },
    /strength 0.1 takes none of 5 steps: give at least 10/,
  ],
  [
    "a picture of other channels",
    { image: tf.zeros([16, 16, 1]) },
    /image must be a tensor \[H, W, 3\].*got \[16,16,1\]/,
  ],
  [
    "a picture that does not divide",
    { image: tf.zeros([16, 18, 3]) },
    /the image needs a width that is a multiple of 4/,
  ],
  [
    "a picture in 0 … 255",
    { image: tf.fill([16, 16, 3], 200) },
    /image must lie in −1 … 1, but reaches 200: new Normaliser/,
  ],
  ["a picture that is not finite", { image: tf.fill([16, 16, 3], NaN) }, /image/],
  ["a size beside a picture", { image, height: 16 }, /height and width are the image's/],
  ["a mask without a picture", { mask }, /mask says where an image is drawn anew: give the image too/],
  [
    "a mask of another size",
    { image, mask: tf.ones([8, 16]) },
    /mask must have the image's size, \[16, 16\], got \[8,16\]/,
  ],
  ["a mask out of range", { image, mask: tf.fill([16, 16], 255) }, /mask must lie in 0 … 1.*got 255 … 255/],
  ["a mask of nothing", { image, mask: tf.zeros([16, 16]) }, /mask is 0 everywhere/],
  ["a sampler that needs noise alone", { image, sampler: "flow-euler" }, /flow-euler starts from noise alone/],
  [
    "latents of another size",
    { latents: tf.zeros([1, 8, 4, 4]) },
    /latents must be a tensor \[1,4,4,4\].*got \[1,8,4,4\]/,
  ],
  ["all layers skipped", { clipSkip: 2 }, /clipSkip must be a whole number 0 … 1, for 2 layers, got 2/],
  ["another output", { output: "pixels" }, /output must be one of images, latents/],
  ["another noise", { noise: "numpy" }, /noise must be one of torch, streams/],
];

describe("a request of a latent pipeline", () => {
  for (const [what, change, message] of requests) {
    it(`is refused with ${what}`, async () => {
      const before = tf.memory().numTensors;
      const request = { count: 1, condition: { prompt }, ...change } as LatentDrawRequest;
      let stepped = false;
      await assert.rejects(model.draw({ ...request, onStep: () => void (stepped = true) }), (error: Error) => {
        assert.ok(error instanceof RangeError, String(error));
        assert.match(error.message, message);
        return true;
      });
      assert.ok(!stepped);
      assert.equal(tf.memory().numTensors, before);
    });
  }
});

describe("a prompt in letters that a small model never saw", () => {
  const known = new LatentModel({ ...tinyParts(), letters: lettersOf(["Red fox, 12", "绿色"]) });
  after(() => known.dispose());
  const refused = (request: object, message: RegExp): Promise<void> =>
    assert.rejects(known.draw({ count: 1, ...request } as LatentDrawRequest), (error: Error) => {
      return error instanceof RangeError && message.test(error.message);
    });

  it("is refused with them, and with those it knows", async () => {
    await refused({ condition: { prompt: "red fox 7 ß" } }, /the prompt has "7", "ß", which this model never saw/);
    await refused({ condition: { prompt: "红 fox" } }, /the prompt has "红", which.*written in ,12deforx绿色; say it/);
    await refused({ condition: { prompt: "abcghijklmpqst" } }, /"a", "b", "c", .*"m" and 4 more, which/);
    await refused({ condition: { prompt: "fox" }, negative: "hill" }, /the prompt has "h", "i", "l", which/);
    await refused({ condition: { prompt: "(fox)" }, promptWeights: false }, /the prompt has "\(", "\)", which/);
  });

  it("is read where its letters are known: capitals, brackets and their numbers are none of them", async () => {
    assert.equal(lettersOf(["Red fox, 12", "绿色"]), [..."12,deforx绿色"].sort().join(""));
    const request = { count: 1, steps: 1, condition: { prompt: "FOX (red:1.3) [绿]" }, output: "latents" } as const;
    (await known.draw(request)).dispose();
  });
});

describe("parts of a latent pipeline", () => {
  const parts = tinyParts();
  after(() => [parts.unet, parts.vae, parts.textEncoder].forEach((one) => one.dispose()));
  const changed = (change: object): (() => LatentModel) => {
    return () => new LatentModel({ ...parts, ...change } as typeof parts);
  };
  const configured = (part: "unet" | "vae" | "textEncoder", change: object): object => ({
    [part]: Object.assign(Object.create(parts[part]) as object, { config: { ...parts[part].config, ...change } }),
  });

  const cases: readonly [string, object, RegExp][] = [
    [
      "a U-Net of other latents",
      configured("unet", { out_channels: 8 }),
      /the U-Net gives 8 channels, the autoencoder has latents of 4/,
    ],
    [
      "a U-Net of other inputs",
      configured("unet", { in_channels: 5 }),
      /takes 5 channels: with latents of 4 it must be 4, or 9 to paint/,
    ],
    [
      "a text encoder of another width",
      configured("textEncoder", { hidden_size: 768 }),
      /attends to 8 channels, the text encoder gives 768/,
    ],
    [
      "a tokenizer of another vocabulary",
      { tokenizer: { ...parts.tokenizer, size: 49408 } },
      /tokenizer has 49408 tokens, the text encoder knows 9/,
    ],
    [
      "a scheduler of a continuous path",
      { scheduler: { _class_name: "FlowMatchEulerDiscreteScheduler" } },
      /needs a discrete one/,
    ],
    ["an unknown scheduler", { scheduler: { _class_name: "DEISMultistepScheduler" } }, /known are DDPMScheduler/],
  ];
  for (const [what, change, message] of cases) {
    it(`are refused with ${what}`, () => void assert.throws(changed(change), message));
  }
});
