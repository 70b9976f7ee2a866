/** UVit gives the outputs and gradients of U-ViT as PyTorch computes it from the paper. */
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UVit, type UVitConfig } from "../../../src/networks/index.js";
import { checkAgainst, fill, fromTorch, readFixtures, signal, toTorch, type Fixture } from "./formula.js";

interface UVitFixture extends Fixture {
  readonly config: Partial<UVitConfig> & { in_channels: number; image_size: [number, number] };
}

for (const [name, fixture] of readFixtures<UVitFixture>("uvit.json")) {
  test(`UVit equals PyTorch: ${name}`, () => {
    const uvit = new UVit(fixture.config);
    fill(uvit.parameters);
    const { in_channels, image_size, num_classes, context_dim } = fixture.config;
    const t = tf.tensor1d([999, 3]);
    const label = num_classes ? tf.tensor1d([2, 0], "int32") : undefined;
    const input = signal("input", [2, in_channels, ...image_size]);
    const context = context_dim ? signal("context", [2, 4, context_dim]) : undefined;
    const f = (x: tf.Tensor, words?: tf.Tensor3D) =>
      toTorch(uvit.apply(fromTorch(x), t, { ...(label && { label }), ...(words && { context: words }) }));
    checkAgainst(fixture, uvit.parameters, input, f, context);
  });
}
