/** DiT gives the outputs and gradients of diffusers' transformer. */
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { DiT, type DiTConfig } from "../../../src/networks/index.js";
import { checkAgainst, fill, fromTorch, readFixtures, signal, toTorch, type Fixture } from "./formula.js";

interface DiTFixture extends Fixture {
  readonly config: Partial<DiTConfig> & { in_channels: number };
  readonly size: number;
}

for (const [name, fixture] of readFixtures<DiTFixture>("dit.json")) {
  test(`DiT equals diffusers': ${name}`, () => {
    const dit = new DiT(fixture.config);
    fill(dit.parameters);
    const { in_channels, cross_attention_dim: width } = fixture.config;
    const t = tf.tensor1d([999, 3]);
    const label = tf.tensor1d([3, 0], "int32");
    const input = signal("input", [2, in_channels, fixture.size, fixture.size]);
    const context = width ? signal("context", [2, 4, width]) : undefined;
    const f = (x: tf.Tensor, words?: tf.Tensor3D) =>
      toTorch(dit.apply(fromTorch(x), t, { label, ...(words && { context: words }) }));
    checkAgainst(fixture, dit.parameters, input, f, context);
  });
}
