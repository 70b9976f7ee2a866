/** U-Nets of Stable Diffusion 1.5, 2.1 and for inpainting have their published numbers, counted without allocating them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { UNet2DCondition, type UNet2DConditionConfig } from "../../../src/networks/index.js";

/** A U-Net whose widths are `scale` times 320, 640, 1280, 1280; its context is `context` wide. */
function counted(scale: number, context: number, change: Partial<UNet2DConditionConfig>): number {
  const unet = new UNet2DCondition(
    {
      block_out_channels: [scale, 2 * scale, 4 * scale, 4 * scale],
      cross_attention_dim: context,
      norm_num_groups: 1,
      attention_head_dim: 1,
      ...change,
    },
    { start: "zeros" },
  );
  const { count } = unet.parameters;
  assert.equal(unet.parameters.names.length, 686);
  unet.dispose();
  return count;
}

/**
 * Every tensor's size is a product of at most two widths, each a multiple of `scale` or of `context` or fixed: the count is
 * c₀ + c₁·s + c₂·s² + c₃·s·w, exact in whole numbers. Four small networks tell the four numbers, a fifth checks them.
 */
function published(context: number, change: Partial<UNet2DConditionConfig> = {}): number {
  // The time embedding sees s numbers: as many sines as cosines.
  const at = (s: number, w: number): number => counted(s, w, change);
  const [a, b, c] = [at(2, 2), at(4, 2), at(6, 2)];
  const square = (c - 2 * b + a) / 8;
  const mixed = (at(2, 4) - a) / (2 * 2);
  const linear = (b - a) / 2 - 6 * square - 2 * mixed;
  const fixed = a - 2 * linear - 4 * square - 4 * mixed;
  const of = (s: number, w: number): number => fixed + linear * s + square * s * s + mixed * s * w;
  assert.equal(of(8, 6), at(8, 6));
  return of(320, context);
}

test("Stable Diffusion 1.5: 859 520 964", () => assert.equal(published(768), 859_520_964));

test("Stable Diffusion 2.1: 865 910 724, with linear projections and heads of 64 channels", () => {
  assert.equal(published(1024, { use_linear_projection: true }), 865_910_724);
});

test("inpainting takes 9 channels, five kernels of 3×3 more for each of the first 320", () => {
  assert.equal(published(768, { in_channels: 9 }), 859_520_964 + 5 * 9 * 320);
});
