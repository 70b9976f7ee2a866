/** U-ViT has gradients everywhere, treats examples apart, and refuses other sizes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { UVit, type UVitConfig } from "../../../src/networks/index.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const small: Partial<UVitConfig> = { image_size: [4, 6], embed_dim: 8, depth: 3, num_heads: 2, mlp_ratio: 2 };
const t = tf.tensor1d([10, 700]);

test("UVit: gradients of image, text and every parameter; nothing left behind", () => {
  const uvit = new UVit({ ...small, num_classes: 3, context_dim: 5, context_tokens: 2 }, { seed: 1 });
  const label = tf.tensor1d([2, 0], "int32");
  checkJointGradient(
    ([x, context]) => uvit.apply(x as tf.Tensor4D, t, { label, context }),
    [normal([2, 4, 6, 1], 1), normal([2, 2, 5], 2)],
    uvit.parameters,
  );
});

test("UVit: one image independent of its batch; the time matters; depth 1 is the middle alone", () => {
  const uvit = new UVit(small, { seed: 2 });
  const x = normal([2, 4, 6, 1], 1) as tf.Tensor4D;
  const first = tf.slice(x, 0, 1);
  const alone = uvit.apply(first, tf.tensor1d([10]));
  assert.ok(largestDifference(tf.slice(uvit.apply(x, t), 0, 1), alone) < 2e-6);
  assert.ok(largestDifference(uvit.apply(first, tf.tensor1d([900])), alone) > 1e-4);
  const shallow = new UVit({ ...small, depth: 1 });
  assert.ok(!shallow.parameters.names.some((name) => name.includes("_blocks")));
  assert.deepEqual(shallow.apply(x, t).shape, [2, 4, 6, 1]);
});

test("UVit refuses inputs and configurations that do not fit", () => {
  const uvit = new UVit(small);
  const x = tf.zeros([2, 4, 6, 1]) as tf.Tensor4D;
  assert.throws(
    () => uvit.apply(tf.zeros([2, 6, 6, 1]), t),
    /takes images \[N, 4,6, 1\], got shape \[2,6,6,1\]: its places are learned/,
  );
  assert.throws(() => uvit.apply(x, tf.tensor1d([1])), /one value an image/);
  assert.throws(
    () => uvit.apply(x, t, { label: tf.tensor1d([0, 0], "int32") }),
    /does not know the condition "label": it takes none, leave it out/,
  );
  assert.throws(
    () => uvit.apply(x, t, { context: tf.zeros([2, 2, 5]) }),
    /does not know the condition "context": it takes none/,
  );
  const withText = new UVit({ ...small, context_dim: 5, context_tokens: 2 });
  assert.throws(
    () => withText.apply(x, t, { context: tf.zeros([2, 3, 5]) }),
    /"context" of this U-ViT must be float32 \[2, 2, 5\], got float32 \[2, 3, 5\]/,
  );
  assert.throws(() => withText.apply(x, t), /needs the condition "context", float32 \[2, 2, 5\], got none/);
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ depth: 4 }, /depth must be odd, .* got 4/],
    [{ depth: 1e9 + 1 }, /depth must be at most 1000, got 1000000001/],
    [{ image_size: 28 }, /image_size must be a list, got 28/],
    [{ image_size: [4, 6, 1] }, /image_size is \[height, width\], got \[4,6,1\]/],
    [{ image_size: [5, 6] }, /image_size has 5, which patch_size = 2 does not divide/],
    [{ num_heads: 3 }, /multiple of num_heads = 3, got 8/],
    [{ embed_dim: 9, num_heads: 3 }, /embed_dim must be even/],
    [{ context_dim: 5 }, /context_tokens must be a positive whole number, got 0/],
    [{ mlp_ratio: 0 }, /mlp_ratio must be positive/],
    [{ dim: 3 }, /does not know dim = 3/],
  ];
  for (const [change, message] of bad)
    assert.throws(() => new UVit({ ...small, ...change } as Partial<UVitConfig>), message);
});
