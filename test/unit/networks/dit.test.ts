/** DiT starts at zero, treats examples apart, and survives its folder. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { DiT, type DiTConfig } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers } from "../../../src/families/index.js";
import { RandomStream } from "../../../src/random/index.js";
import { checkJointGradient, largestDifference, normal } from "../nn/gradient-check.js";

const small: Partial<DiTConfig> = {
  sample_size: 4,
  num_layers: 2,
  num_attention_heads: 2,
  attention_head_dim: 4,
  num_embeds_ada_norm: 3,
};
const t = tf.tensor1d([10, 700]);
const label = tf.tensor1d([3, 1], "int32");

/** A network away from its start, where the output and most gradients are 0. */
function moved(config: Partial<DiTConfig>): DiT {
  const dit = new DiT(config, { seed: 1 });
  const noise = new RandomStream(1, "moved").normals(dit.parameters.count);
  dit.parameters.assignFlat(dit.parameters.toFlat().map((v, i) => v + 0.1 * noise[i]));
  return dit;
}

test("DiT starts by saying nothing: its output is 0", () => {
  const y = new DiT(small).apply(normal([2, 4, 4, 1], 1) as tf.Tensor4D, t, { label });
  assert.ok(y.dataSync().every((v) => v === 0));
});

test("DiT: gradients of image, text and every parameter, on a grid that is not square; nothing left behind", () => {
  const dit = moved({ ...small, cross_attention_dim: 3, activation_fn: "geglu", norm_elementwise_affine: true });
  checkJointGradient(
    ([x, context]) => dit.apply(x as tf.Tensor4D, t, { label, context }),
    [normal([2, 6, 2, 1], 1), normal([2, 3, 3], 2)],
    dit.parameters,
  );
});

test("DiT: one image independent of its batch; time, class and place matter", () => {
  const dit = moved(small);
  const x = normal([2, 4, 6, 1], 1) as tf.Tensor4D;
  const first = <T extends tf.Tensor>(v: T): T => tf.slice(v, 0, 1) as T;
  const together = dit.apply(x, t, { label });
  const alone = dit.apply(first(x), first(t), { label: first(label) });
  assert.ok(largestDifference(first(together), alone) < 2e-6);
  assert.ok(largestDifference(dit.apply(first(x), tf.tensor1d([900]), { label: first(label) }), alone) > 1e-4);
  assert.ok(largestDifference(dit.apply(first(x), first(t), { label: tf.tensor1d([0], "int32") }), alone) > 1e-4);
  // Without positions, patches moved about would give the same patches moved about.
  const swapped = (v: tf.Tensor): tf.Tensor4D =>
    tf.concat([tf.slice(v, [0, 2, 0, 0]), tf.slice(v, [0, 0, 0, 0], [1, 2, 6, 1])], 1) as tf.Tensor4D;
  assert.ok(largestDifference(swapped(dit.apply(swapped(first(x)), first(t), { label: first(label) })), alone) > 1e-4);
});

test("DiT without classes", () => {
  const dit = moved({ ...small, num_embeds_ada_norm: null });
  assert.ok(!dit.parameters.names.some((name) => name.includes("class_embedder")));
  assert.deepEqual(dit.apply(normal([2, 4, 4, 1], 1) as tf.Tensor4D, t).shape, [2, 4, 4, 1]);
  assert.throws(
    () => toDiffusers(dit, "nowhere"),
    /diffusers has no class for this network, .*a DiT with classes and without text/,
  );
});

test("a folder brings the network back; with text there is no class for it", () => {
  const dit = moved(small);
  const folder = mkdtempSync(join(tmpdir(), "dit-"));
  try {
    toDiffusers(dit, folder);
    const opened = fromDiffusers(folder);
    assert.ok(opened instanceof DiT);
    assert.deepEqual(opened.config, dit.config);
    assert.deepEqual(opened.parameters.toFlat(), dit.parameters.toFlat());
    assert.throws(() => toDiffusers(new DiT({ ...small, cross_attention_dim: 3 }), folder), /without text/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("DiT refuses inputs and configurations that do not fit", () => {
  const dit = new DiT(small);
  const x = normal([2, 4, 4, 1], 1) as tf.Tensor4D;
  assert.throws(
    () => dit.apply(tf.zeros([2, 5, 4, 1]), t, { label }),
    /multiples of patch_size = 2, got shape \[2,5,4,1\]/,
  );
  assert.throws(() => dit.apply(tf.zeros([2, 4, 4, 3]), t, { label }), /got shape \[2,4,4,3\]/);
  assert.throws(() => dit.apply(x, tf.tensor1d([1]), { label }), /one value an image/);
  assert.throws(
    () => dit.apply(x, t),
    /this transformer needs the condition "label", int32 \[2\], got none: pass \{ label \}/,
  );
  const none = dit.conditions.label.below! - 1;
  dit.apply(x, t, { label: tf.tensor1d([none, 0], "int32") });
  assert.throws(
    () => dit.apply(x, t, { label: tf.tensor1d([none + 1, 0], "int32") }),
    new RegExp(`"label" of this transformer must lie in 0 … ${none}, got ${none + 1}`),
  );
  assert.throws(
    () => dit.apply(x, t, { label, context: tf.zeros([2, 3, 3]) }),
    /does not know the condition "context": it takes label/,
  );
  const withText = new DiT({ ...small, cross_attention_dim: 3 });
  assert.throws(
    () => withText.apply(x, t, { label }),
    /needs the condition "context", float32 \[2, any, 3\], got none/,
  );
  const bad: [Record<string, unknown>, RegExp][] = [
    [{ attention_head_dim: 3 }, /num_attention_heads · attention_head_dim is 6: .* multiple of 4/],
    [{ activation_fn: "swiglu" }, /activation_fn: unknown "swiglu"/],
    [{ num_layers: 0 }, /num_layers must be a positive whole number, got 0/],
    [{ num_layers: 1e9 }, /num_layers must be at most 1000, got 1000000000/],
    [{ norm_type: "ada_norm" }, /does not know norm_type = "ada_norm"/],
    [{ dropout: 0.1 }, /does not know dropout = 0.1/],
  ];
  for (const [change, message] of bad)
    assert.throws(() => new DiT({ ...small, ...change } as Partial<DiTConfig>), message);
});
