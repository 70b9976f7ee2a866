/** AutoencoderKL gives the latents, images and gradients of diffusers' autoencoder, whole and in tiles. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { AutoencoderKL, type AutoencoderKLConfig } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import {
  checkAgainst,
  fill,
  fromTorch,
  readFixtures,
  relativeError,
  signal,
  toTorch,
  type Fixture,
} from "./formula.js";

interface AutoencoderFixture extends Fixture {
  readonly config: Partial<AutoencoderKLConfig>;
  readonly size: [number, number];
}

const flat = (x: tf.Tensor): tf.Tensor => tf.reshape(x.rank === 4 ? toTorch(x) : x, [-1]);

for (const [name, { config, size, ...fixture }] of readFixtures<AutoencoderFixture>("autoencoder_kl.json")) {
  test(`AutoencoderKL equals diffusers': ${name}`, () => {
    const vae = new AutoencoderKL(config);
    fill(vae.parameters);
    const { in_channels: channels, latent_channels: latents } = vae.config;
    const grid = size.map((side) => Math.floor(side / vae.factor));
    const noise = fromTorch(signal("noise", [2, latents, ...grid]));
    checkAgainst(fixture, vae.parameters, signal("input", [2, channels, ...size]), (x) => {
      const posterior = vae.encode(fromTorch(x));
      const decoded = vae.decode(posterior.sample(noise));
      return tf.concat([posterior.mean, posterior.logVariance, posterior.kl(), decoded].map(flat));
    });
    vae.dispose();
  });
}

test("images and latents in tiles equal diffusers' in tiles, and differ from the whole", () => {
  const text = readFileSync(new URL("fixtures/autoencoder_kl.json", import.meta.url), "utf8");
  const { tiled } = JSON.parse(text) as {
    tiled: Pick<AutoencoderFixture, "config" | "size"> & Record<"mean" | "logVariance" | "decoded", number[]>;
  };
  const vae = new AutoencoderKL(tiled.config);
  fill(vae.parameters);
  const x = fromTorch(signal("input", [1, 3, ...tiled.size]));
  const z = fromTorch(signal("latents", [1, 4, ...tiled.size.map((side) => side / 4)]));
  const check = (options: { tiling?: boolean | number }): number[] => {
    const { mean, logVariance } = vae.encode(x, options);
    const found = { mean, logVariance, decoded: vae.decode(z, options) };
    return Object.entries(found).map(([key, value]) =>
      relativeError(flat(value).dataSync(), tiled[key as keyof typeof found]),
    );
  };
  for (const tiling of [true, 16]) {
    for (const error of check({ tiling })) assert.ok(error < 1e-5, `tiling ${tiling}: relative error ${error}`);
  }
  for (const error of check({})) assert.ok(error > 1e-3, `without tiles it is the whole, relative error ${error}`);
  vae.dispose();
});
