/** Names of one-file checkpoints are those that diffusers' converters read, and a part of such a file opens by itself. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { NamedTensor, TensorSource } from "../../../src/files/index.js";
import { AutoencoderKL, UNet2DCondition } from "../../../src/networks/index.js";
import { ldmNames, ldmSource, ldmUNetName, ldmVaeName, type LdmPartConfig } from "../../../src/networks/ldm-names.js";
import { streamParameters } from "../../../src/nn/weights.js";
import type { ParameterView } from "../../../src/nn/index.js";
import { fill, uniforms } from "./formula.js";

type Case = LdmPartConfig & {
  readonly config: object;
  /** Name in the file, name in diffusers, and shape in the file where it is another. */
  readonly names: readonly (readonly [ldm: string, name: string, shape?: readonly number[]])[];
};
const text = readFileSync(new URL("fixtures/ldm_names.json", import.meta.url), "utf8");
const { cases } = JSON.parse(text) as { cases: Case[] };

for (const { names, ...of } of cases) {
  test(`the ${names.length} names of a ${of.part} are those that diffusers' converter reads`, () => {
    const expected = new Map(names.map(([ldm, name]) => [ldm, name]));
    assert.deepEqual(
      ldmNames(
        of,
        names.map(([, name]) => name),
      ),
      expected,
    );
    assert.equal(expected.size, names.length);
  });
}

/** A file in memory: the tensors of a network by formula, under names of ldm, among others that are no part of it. */
function fileOf({ names }: Case, parameters: ParameterView): TensorSource {
  const tensors = new Map<string, NamedTensor>();
  const add = (name: string, shape: readonly number[]): void => {
    const size = shape.reduce((product, n) => product * n, 1);
    tensors.set(name, { shape, values: Float32Array.from(uniforms(name, size)) });
  };
  for (const [ldm, name, shape] of names) {
    const { kind, variable } = parameters.get(name);
    const axes = kind === "conv" ? [3, 2, 0, 1] : kind === "dense" ? [1, 0] : variable.shape.map((_, axis) => axis);
    add(ldm, shape ?? axes.map((axis) => variable.shape[axis]));
  }
  for (const other of ["betas", "model_ema.diffusion_modelconv_inweight", "cond_stage_model.transformer.x"])
    add(other, [2]);
  return { path: "model.safetensors", entries: tensors as never, read: (name) => tensors.get(name)! };
}

test("a U-Net and an autoencoder open out of a file of all parts, attention's convolutions as matrices", () => {
  for (const [part, build] of [
    ["unet", (config: object) => new UNet2DCondition({ ...config, in_channels: 4 })],
    ["vae", (config: object) => new AutoencoderKL(config)],
  ] as const) {
    for (const found of cases.filter((one) => one.part === part)) {
      const network = build(found.config);
      fill(network.parameters);
      const { names } = network.parameters;
      assert.equal(names.length, found.names.length);
      const file = fileOf(found, network.parameters);
      const source = ldmSource(file, found, names);
      assert.deepEqual(new Set(source.entries.keys()), new Set(names));
      streamParameters(source, network.parameters);
      for (const [ldm, name] of found.names) {
        const { kind, variable } = network.parameters.get(name);
        // Of matrices and convolutions the first number lies first in both layouts.
        const [first] = variable.dataSync();
        assert.equal(first, Math.fround(uniforms(ldm, 1)[0]), `${name} (${kind})`);
      }
      network.dispose();
    }
  }
});

test("what has no place in the layout, or is not in the file, is refused by name", () => {
  const unet = cases.find((one) => one.part === "unet")! as Case & { part: "unet"; config: never };
  assert.throws(
    () => ldmUNetName(unet.config, "add_embedding.linear_1.weight"),
    /"add_embedding.linear_1.weight" of a U-Net has no place in the ldm layout/,
  );
  assert.throws(
    () => ldmVaeName({ block_out_channels: [4] }, "encoder.down_blocks.0.attentions.0.to_q.weight"),
    /no place/,
  );
  assert.throws(
    () => ldmVaeName({ block_out_channels: [4] }, "conv_in.weight"),
    /"conv_in.weight" of an autoencoder has no place/,
  );
  const empty: TensorSource = {
    path: "model.safetensors",
    entries: new Map([["cond_stage_model.model.positional_embedding", {} as never]]),
    read: () => assert.fail("nothing is read"),
  };
  assert.throws(() => ldmSource(empty, unet, []), /model.safetensors holds no tensor of "model.diffusion_model.…"$/);
});

test("the buffer of positions is left out, an unknown tensor of the part is not", () => {
  const names = ["embeddings.token_embedding.weight"];
  const prefix = "cond_stage_model.transformer.text_model.embeddings.";
  const file: TensorSource = {
    path: "model.safetensors",
    entries: new Map(["token_embedding.weight", "position_ids", "other"].map((name) => [prefix + name, {} as never])),
    read: () => assert.fail("nothing is read"),
  };
  const source = ldmSource(file, { part: "text_encoder" }, names);
  assert.deepEqual([...source.entries.keys()], [...names, `${prefix}other`]);
});
