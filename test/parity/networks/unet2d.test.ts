/** UNet2D gives the outputs and gradients of diffusers' U-Net, for every kind of block. */
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UNet2D, type UNet2DConfig } from "../../../src/networks/index.js";
import type { Condition, MaskSource } from "../../../src/nn/index.js";
import { checkAgainst, fill, fromTorch, readFixtures, signal, toTorch, uniforms, type Fixture } from "./formula.js";

interface UNetFixture extends Fixture {
  readonly config: Partial<UNet2DConfig> & { in_channels: number };
  readonly size: [number, number];
  readonly timesteps: number[];
  readonly labels: number[] | null;
}

/** The masks unet2d.py puts in place of PyTorch's random ones. */
function masksByFormula(rate: number): MaskSource {
  return (site, [n, h, w, c]) => {
    const u = Float32Array.from(uniforms(site, n * h * w * c), (v) => (v >= 2 * rate - 1 ? 1 / (1 - rate) : 0));
    return fromTorch(tf.tensor(u, [n, c, h, w]));
  };
}

for (const [name, fixture] of readFixtures<UNetFixture>("unet2d.json")) {
  test(`UNet2D equals UNet2DModel: ${name}`, () => {
    const unet = new UNet2D(fixture.config);
    fill(unet.parameters);
    const t = tf.tensor1d(fixture.timesteps);
    const condition: Condition = fixture.labels ? { label: tf.tensor1d(fixture.labels, "int32") } : {};
    const input = signal("input", [2, fixture.config.in_channels, ...fixture.size]);
    const masks = fixture.config.dropout ? masksByFormula(fixture.config.dropout) : undefined;
    checkAgainst(fixture, unet.parameters, input, (x) => toTorch(unet.apply(fromTorch(x), t, condition, { masks })));
  });
}
