/** LoRA files and learned words on the command line: they change what is drawn, and nothing else takes them. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openModel } from "../../../src/cli/open-options.js";
import { loadLatent } from "../../../src/index.js";
import { writeSafetensors } from "../../../src/files/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { writeSmallPipeline } from "../families/latent/small-pipeline.js";

const folder = mkdtempSync(join(tmpdir(), "open-options-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const model = join(folder, "model");
writeSmallPipeline(model);

const LAYER = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k";
const lora = join(folder, "a=b.safetensors");
writeSafetensors(lora, [
  [`${LAYER}.lora_A.weight`, { shape: [1, 16], values: new Float32Array(16).fill(1) }],
  [`${LAYER}.lora_B.weight`, { shape: [8, 1], values: new Float32Array(8).fill(1) }],
]);
const word = join(folder, "cat.safetensors");
writeSafetensors(word, [["emb_params", { shape: [1, 16], values: new Float32Array(16).fill(0.5) }]]);

/** The weights that the LoRA changes. */
function weights(opened: ReturnType<typeof openModel>): Float32Array {
  const { parameters } = (opened as ReturnType<typeof loadLatent>).parts.unet;
  const values = tf.clone(parameters.get(`${LAYER.slice("unet.".length)}.weight`).variable).dataSync() as Float32Array;
  opened.dispose();
  return values;
}

test("a LoRA is added as often as is said after =, which a file's name may have, too", () => {
  const plain = weights(openModel(model, {}));
  const differences = [[lora], [`${lora}=0.5`], [lora, `${lora}=2`]].map((given) => {
    const changed = weights(openModel(model, { lora: given }));
    return changed.map((value, i) => value - plain[i]).reduce((sum, value) => sum + value, 0) / plain.length;
  });
  // B·A is 1 everywhere; α is the rank where a file says none.
  [1, 0.5, 3].forEach((scale, i) => assert.equal(Math.abs(differences[i] - scale) < 1e-4, true, `${differences[i]}`));
});

test("a learned word has the name that is given, and what cannot be read is refused by its option", () => {
  const opened = openModel(model, { inversion: [`${word}=<my-cat>`] }) as ReturnType<typeof loadLatent>;
  const plain = loadLatent(model);
  assert.equal(opened.parts.tokenizer.size, plain.parts.tokenizer.size + 1);
  for (const one of [opened, plain]) one.dispose();
  assert.throws(
    () => openModel(model, { lora: [`${word}=much`] }),
    /--lora takes FILE or FILE=SCALE with a number, got ".*=much"/,
  );
  assert.throws(() => openModel(model, { prediction: "score" }), /--prediction/);
  assert.throws(() => openModel(model, { heads: "8,x" }), /--heads takes a whole number of at least 1, got "x"/);
  assert.throws(() => openModel(model, { heads: "8" }), /heads is of a checkpoint in one file/);
  assert.throws(
    () => openModel("assets/mnist-unet", { lora: [lora] }),
    /--lora is of a model that reads prompts; assets\/mnist-unet is of family diffusion: leave it out/,
  );
});
