/** Both terms of a VAE's bound, and their gradients, are those that PyTorch's distributions give. */
import { test } from "node:test";
import { boundTerms } from "../../../src/families/index.js";
import { MlpVae, type MlpVaeConfig } from "../../../src/networks/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { checkAgainst, fill, readFixtures, signal, type Fixture } from "./formula.js";

const EXAMPLES = 4;

for (const [name, fixture] of readFixtures<Fixture & { config: MlpVaeConfig }>("vae.json")) {
  test(`the bound of a VAE equals PyTorch: ${name}`, () => {
    const vae = new MlpVae(fixture.config);
    fill(vae.parameters);
    const { dimensions, latent_channels } = fixture.config;
    const noise = signal("noise", [EXAMPLES, latent_channels]) as tf.Tensor2D;
    const input = tf.div(signal("input", [EXAMPLES, dimensions]), 2);
    checkAgainst(fixture, vae.parameters, input, (x) => {
      const { reconstruction, kl } = boundTerms(vae, x, noise);
      return tf.concat([reconstruction, kl]);
    });
    vae.dispose();
  });
}
