/** A small U-Net saved in a folder of its own, and what its reader must refuse. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UNet2D } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers } from "../../../src/families/index.js";

const root = mkdtempSync(join(tmpdir(), "diffusers-"));
after(() => rmSync(root, { recursive: true }));

/** The name of a network's weights, whole in one file. */
export const weights = "diffusion_pytorch_model.safetensors";

export const unet = new UNet2D({
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [4],
  down_block_types: ["AttnDownBlock2D"],
  up_block_types: ["UpBlock2D"],
  layers_per_block: 1,
  norm_num_groups: 2,
  attention_head_dim: 2,
});

let count = 0;

/** Saves the U-Net into a new folder. */
export function freshFolder(): string {
  const folder = join(root, String(count++));
  toDiffusers(unet, folder);
  return folder;
}

/** Asserts that a folder is refused with this message, and that no tensor stays behind. */
export function assertRefused(folder: string, message: RegExp, kind: new (...args: never[]) => Error = Error): void {
  const before = tf.memory().numTensors;
  assert.throws(
    () => fromDiffusers(folder),
    (error: unknown) => {
      assert.ok(error instanceof kind, String(error));
      assert.match(error.message, message);
      return true;
    },
  );
  assert.equal(tf.memory().numTensors, before, "tensors left behind");
}
