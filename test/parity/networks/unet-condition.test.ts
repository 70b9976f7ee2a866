/** UNet2DCondition gives the outputs and gradients of diffusers' U-Net with cross-attention. */
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UNet2DCondition, type UNet2DConditionConfig } from "../../../src/networks/index.js";
import { checkAgainst, fill, fromTorch, readFixtures, signal, toTorch, type Fixture } from "./formula.js";

interface ConditionFixture extends Fixture {
  readonly config: Partial<UNet2DConditionConfig> & { in_channels: number; cross_attention_dim: number };
  readonly labels: number[] | null;
}

for (const [name, fixture] of readFixtures<ConditionFixture>("unet_condition.json")) {
  test(`UNet2DCondition equals UNet2DConditionModel: ${name}`, () => {
    const unet = new UNet2DCondition(fixture.config);
    fill(unet.parameters);
    const t = tf.tensor1d([999, 3]);
    const label = fixture.labels ? tf.tensor1d(fixture.labels, "int32") : undefined;
    const input = signal("input", [2, fixture.config.in_channels, 4, 6]);
    const context = signal("context", [2, 3, fixture.config.cross_attention_dim]);
    const f = (x: tf.Tensor, words?: tf.Tensor3D) =>
      toTorch(unet.apply(fromTorch(x), t, { ...(label && { label }), ...(words && { context: words }) }));
    checkAgainst(fixture, unet.parameters, input, f, context);
  });
}
