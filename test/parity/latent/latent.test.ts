/** The latent pipeline against diffusers': one seed, one picture, for each scheduler that has a counterpart. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { LatentModel } from "../../../src/families/latent/model.js";
import type { LatentDrawRequest } from "../../../src/families/latent/request.js";
import { filledParts, hole, picture } from "./parts.js";

interface Case {
  readonly kind: "text" | "image" | "inpaint" | "paint";
  readonly name: string;
  readonly scheduler: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly options: Readonly<Record<string, number>>;
  /** The scheduler that took over these keys, where it is another. */
  readonly sampler?: string;
  readonly shape: readonly [number, number, number, number];
  readonly latents: readonly number[];
  readonly images?: string;
}

interface Fixture {
  readonly diffusers: string;
  readonly prompt: { readonly prompt: string; readonly negative_prompt: string };
  readonly cases: readonly Case[];
}

const fixture = JSON.parse(readFileSync(join(import.meta.dirname, "fixtures/pipelines.json"), "utf8")) as Fixture;
const samplerOf: Readonly<Record<string, string>> = {
  DDIM: "ddim",
  Euler: "euler",
  Heun: "heun",
  LMS: "lms",
  "DPM-Solver++ 2M": "dpm++2m",
  UniPC: "unipc",
};

/** Of the largest number. */
const LATENTS = 1e-3;
/** Of 255. */
const PIXELS = 2;

const first = fixture.cases[0].scheduler;
const models = {
  plain: new LatentModel({ ...filledParts(4), scheduler: first }),
  painting: new LatentModel({ ...filledParts(9), scheduler: first }),
};
after(() => Object.values(models).forEach((model) => model.dispose()));

function requestOf({ kind, steps, options, sampler, shape }: Case): LatentDrawRequest {
  const { prompt, negative_prompt: negative } = fixture.prompt;
  const given = {
    ...(kind !== "text" && { image: picture(64, 64), strength: options["strength"] }),
    ...((kind === "inpaint" || kind === "paint") && { mask: hole(64, 64) }),
    ...(options["height"] !== undefined && { height: options["height"], width: options["width"] }),
    ...(sampler !== undefined && { sampler: samplerOf[sampler] }),
    ...(options["eta"] !== undefined && { eta: options["eta"] }),
    ...(options["clip_skip"] !== undefined && { clipSkip: options["clip_skip"] }),
    ...(options["guidance_rescale"] !== undefined && { guidanceRescale: options["guidance_rescale"] }),
  };
  const guidance = options["guidance_scale"];
  return {
    count: shape[0],
    seed: 7,
    condition: { prompt },
    ...(guidance !== 1 && { negative }),
    guidance,
    steps,
    ...given,
  };
}

describe(`latent pipelines of diffusers ${fixture.diffusers}`, () => {
  for (const one of fixture.cases) {
    it(`${one.kind}: ${one.name}`, async () => {
      const model = (one.kind === "paint" ? models.painting : models.plain).withScheduler(one.scheduler);
      const latents = await model.draw({ ...requestOf(one), output: "latents" });
      assert.deepEqual(latents.shape, one.shape);
      const ours = latents.dataSync();
      const largest = Math.max(...one.latents.map(Math.abs));
      const apart = Math.max(...one.latents.map((value, i) => Math.abs(ours[i] - value))) / largest;
      assert.ok(apart <= LATENTS, `latents are ${apart.toExponential(1)} of the largest apart`);
      latents.dispose();
      if (one.images === undefined) return;
      const theirs = Buffer.from(one.images, "base64");
      const images = await model.draw(requestOf(one));
      const bytes = tf.tidy(() => tf.round(tf.mul(tf.add(tf.div(images, 2), 0.5), 255)).dataSync());
      images.dispose();
      assert.equal(bytes.length, theirs.length);
      const worst = Math.max(...Array.from(bytes, (value, i) => Math.abs(value - theirs[i])));
      assert.ok(worst <= PIXELS, `a pixel is ${worst} of 255 apart`);
    });
  }
});
