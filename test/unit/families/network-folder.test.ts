/** A network's folder opens only as the network it describes; damage is named with the remedy. */
import assert from "node:assert/strict";
import fs, { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { DiT } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers, type DiffusersClass } from "../../../src/families/index.js";
import {
  readSafetensors,
  SafetensorsError,
  ShardedSafetensors,
  writeSafetensors,
  type NamedTensor,
} from "../../../src/files/index.js";
import { assertRefused, freshFolder, unet, weights } from "./network-folder-support.js";

let folder: string;
beforeEach(() => {
  folder = freshFolder();
});

const edit = (change: Record<string, unknown>) => {
  const path = join(folder, "config.json");
  writeFileSync(path, JSON.stringify({ ...(JSON.parse(readFileSync(path, "utf8")) as object), ...change }));
};
const refuses = (message: RegExp, kind?: new (...args: never[]) => Error) => assertRefused(folder, message, kind);

test("configuration keys: notes and neutral values pass, others are refused by name", () => {
  edit({ _diffusers_version: "0.35.2", _name_or_path: "x", dropout: 0.0, downsample_type: "conv", some_setting: null });
  fromDiffusers(folder).dispose();
  edit({ downsample_type: "resnet" });
  refuses(
    /UNet2D does not know downsample_type = "resnet": the network of this file cannot be opened here/,
    RangeError,
  );
  edit({ downsample_type: "conv", sliding_window: 3 });
  refuses(/does not know sliding_window = 3/, RangeError);
  edit({ sliding_window: null, add_atention: false });
  refuses(
    /does not know add_atention = false: the network of this file cannot be opened here; known keys are/,
    RangeError,
  );
  edit({ add_atention: null });
  edit({ sliding_window: null, up_block_types: ["KUpBlock2D"] });
  refuses(/up_block_types: unknown "KUpBlock2D", allowed are UpBlock2D, AttnUpBlock2D/, RangeError);
  edit({ up_block_types: ["UpBlock2D"], block_out_channels: "4" });
  refuses(/block_out_channels must be a list, got "4"/, RangeError);
  edit({ block_out_channels: [4, 8] });
  refuses(/down_block_types names 1 blocks for 2/, RangeError);
});

test("the class must be one that can be opened, and the one expected", () => {
  assert.throws(
    () => fromDiffusers(folder, { expect: "DiTTransformer2DModel" }),
    /is of class "UNet2DModel"; what can be opened: DiT/,
  );
  assert.throws(
    () => fromDiffusers(folder, { expect: "Other" as DiffusersClass }),
    /expect of a network's folder must be one of UNet2DModel, .*, got Other/,
  );
  edit({ _class_name: "AutoencoderTiny" });
  refuses(/is of class "AutoencoderTiny"; what can be opened: UNet2DModel, UNet2DConditionModel, DiT/, RangeError);
  edit({ _class_name: "toString" });
  refuses(/is of class "toString"/, RangeError);
});

test("a DiT under its former class opens as one; any other network of that class is refused", () => {
  const dit = new DiT({
    sample_size: 4,
    in_channels: 1,
    out_channels: 2,
    num_layers: 1,
    num_attention_heads: 2,
    attention_head_dim: 4,
    num_embeds_ada_norm: 3,
  });
  toDiffusers(dit, folder);
  // The keys of facebook/DiT-XL-2-256, and those the class was given later, at the values a DiT has there.
  const former = {
    _class_name: "Transformer2DModel",
    _diffusers_version: "0.12.0.dev0",
    norm_type: "ada_norm_zero",
    cross_attention_dim: null,
    dropout: 0.0,
    norm_num_groups: 32,
    num_vector_embeds: null,
    only_cross_attention: false,
    double_self_attention: false,
    upcast_attention: false,
    use_linear_projection: false,
    attention_type: "default",
    caption_channels: null,
    interpolation_scale: null,
    use_additional_conditions: null,
  };
  edit(former);
  for (const options of [{}, { expect: "DiTTransformer2DModel" }] as const) {
    const opened = fromDiffusers(folder, options);
    assert.ok(opened instanceof DiT);
    assert.deepEqual(opened.config, dit.config);
    assert.deepEqual(opened.parameters.toFlat(), dit.parameters.toFlat());
    opened.dispose();
  }
  assert.throws(
    () => fromDiffusers(folder, { expect: "UNet2DModel" }),
    /is of class "DiTTransformer2DModel"; what can be opened: UNet2DModel/,
  );

  const bad: [Record<string, unknown>, RegExp][] = [
    [
      { norm_type: "ada_norm_single" },
      /"Transformer2DModel" with norm_type = "ada_norm_single": .* only a DiT .* norm_type "ada_norm_zero"/,
    ],
    [{ norm_type: "layer_norm" }, /with norm_type = "layer_norm"/],
    [{ norm_type: undefined }, /with norm_type = undefined/],
    [{ cross_attention_dim: 5 }, /cross_attention_dim = 5: a DiT of diffusers takes no text/],
    [{ patch_size: null }, /patch_size must be a positive whole number, got null/],
    [{ num_vector_embeds: 16 }, /does not know num_vector_embeds = 16/],
    [{ only_cross_attention: true }, /does not know only_cross_attention = true/],
    [{ double_self_attention: true }, /does not know double_self_attention = true/],
    [{ use_linear_projection: true }, /does not know use_linear_projection = true/],
    [{ attention_type: "gated" }, /does not know attention_type = "gated"/],
    [{ caption_channels: 8 }, /does not know caption_channels = 8/],
    [{ interpolation_scale: 2 }, /does not know interpolation_scale = 2/],
    [{ use_additional_conditions: true }, /does not know use_additional_conditions = true/],
  ];
  for (const [change, message] of bad) {
    edit({ ...former, patch_size: 2, ...change });
    refuses(message, RangeError);
  }
});

test("missing and damaged files are named, with the remedy", () => {
  truncateSync(join(folder, weights), 3000);
  refuses(/cut short/, SafetensorsError);
  rmSync(join(folder, weights));
  refuses(/has no diffusion_pytorch_model.safetensors$/);
  writeFileSync(join(folder, "diffusion_pytorch_model.fp16.safetensors"), "");
  refuses(/has no diffusion_pytorch_model.safetensors, but the variant "fp16": name it in options.variant$/);
  rmSync(join(folder, "diffusion_pytorch_model.fp16.safetensors"));
  writeFileSync(join(folder, "diffusion_pytorch_model.bin"), "");
  refuses(/its \.bin file is a Python pickle: save it again with save_pretrained/);
  writeFileSync(join(folder, "config.json"), "{");
  refuses(/config.json is not valid JSON/);
  writeFileSync(join(folder, "config.json"), "[]");
  refuses(/config\.json must be an object of named values, got \[\]/);
  rmSync(join(folder, "config.json"));
  refuses(/a network.s folder holds config.json and/);
  writeFileSync(join(folder, "model_index.json"), "{}");
  refuses(/pipeline of several models: open the folder of one, .*unet/);
});

/** What readSync got while `use` ran; the index and config.json are read whole, by readFileSync. */
function bytesRead(use: () => void): { total: number; reads: number[] } {
  const { readSync } = fs;
  const reads: number[] = [];
  fs.readSync = ((...args: Parameters<typeof readSync>) => {
    const got = readSync(...args);
    reads.push(got);
    return got;
  }) as typeof readSync;
  syncBuiltinESMExports();
  try {
    use();
  } finally {
    fs.readSync = readSync;
    syncBuiltinESMExports();
  }
  return { total: reads.reduce((sum, got) => sum + got, 0), reads };
}

const tensors = (): Map<string, NamedTensor> => {
  return readSafetensors(
    join(folder, weights),
    (file) => new Map([...file.entries.keys()].map((n) => [n, file.read(n)])),
  );
};

test("weights of another network, and weights that are not numbers, are refused", () => {
  const all = tensors();
  const { shape } = all.get("conv_in.bias")!;
  writeSafetensors(
    join(folder, weights),
    new Map(all).set("conv_in.bias", { shape, values: Float32Array.of(1, NaN, 2, 3) }),
  );
  refuses(/"conv_in.bias" in .* has a value that is not finite/, RangeError);
  writeSafetensors(
    join(folder, weights),
    new Map(all).set("conv_in.bias", { shape: [5], values: new Float32Array(5) }),
  );
  refuses(/"conv_in.bias" has shape \[5\] in .*, the network has \[4\]/, RangeError);
  const fewer = new Map(all);
  fewer.delete("conv_out.weight");
  writeSafetensors(join(folder, weights), fewer);
  refuses(/1 parameters missing \(conv_out.weight\), 0 unknown/, RangeError);
});

test("a number of channels that weights and configuration do not share is refused before it is allocated", () => {
  edit({ in_channels: 3 });
  refuses(/"conv_in.weight" has shape \[4,1,3,3\] in .*, the network has \[4,3,3,3\]/, RangeError);
  edit({ in_channels: 2 ** 40 });
  const before = process.memoryUsage.rss();
  refuses(
    /with parameter "conv_in.weight" of shape \[3,3,1099511627776,4\] the network is larger than its weights/,
    RangeError,
  );
  edit({ in_channels: 1, block_out_channels: [2 ** 15] });
  refuses(/of shape \[32768,131072\] the network is larger than its weights/, RangeError);
  assert.ok(process.memoryUsage.rss() - before < 50e6);
});

test("only what is needed is read: headers first, then one tensor at a time", () => {
  toDiffusers(unet, folder, { maxFileBytes: 3000 });
  const shards = readdirSync(folder).filter((name) => name.endsWith(".safetensors"));
  assert.ok(shards.length > 1);
  const headers = shards.reduce((sum, name) => sum + 8 + Number(readFileSync(join(folder, name)).readBigUInt64LE()), 0);
  const sizes = unet.parameters.variables.map((variable) => 4 * variable.size);
  const whole = sizes.reduce((sum, size) => sum + size, 0);

  const opened = bytesRead(() => fromDiffusers(folder).dispose());
  assert.equal(opened.total, headers + whole, "each tensor once");
  assert.equal(Math.max(...opened.reads.slice(2 * shards.length)), Math.max(...sizes), "never more than one tensor");

  edit({ out_channels: 2 });
  const refused = bytesRead(() => assert.throws(() => fromDiffusers(folder), /"conv_out.weight" has shape/));
  assert.equal(refused.total, headers, "weights of another network are not read at all");

  const one = bytesRead(() => {
    const files = new ShardedSafetensors(join(folder, `${weights}.index.json`));
    files.read("conv_out.bias");
    files.close();
  });
  assert.equal(one.total, headers + 4, "one tensor of many");
});

test("attention under its former names opens too, also as 1×1 convolutions", () => {
  const former = [...tensors()].map(([name, { shape, values }]): [string, NamedTensor] => {
    const matrix = shape.length === 2 && name.includes("attentions");
    const tensor = { shape: matrix ? [...shape, 1, 1] : shape, values };
    const old = name
      .replace(".to_q.", ".query.")
      .replace(".to_k.", ".key.")
      .replace(".to_v.", ".value.")
      .replace(".to_out.0.", ".proj_attn.");
    return [old, tensor];
  });
  assert.ok(former.some(([name]) => name.endsWith("proj_attn.weight")));
  writeSafetensors(join(folder, weights), former);
  const opened = fromDiffusers(folder, { expect: "UNet2DModel" });
  assert.deepEqual(opened.parameters.toFlat(), unet.parameters.toFlat());
  opened.dispose();
});

test("indices of several files: every disagreement is refused", () => {
  toDiffusers(unet, folder, { maxFileBytes: 3000 });
  fromDiffusers(folder).dispose();
  const path = join(folder, `${weights}.index.json`);
  const index = JSON.parse(readFileSync(path, "utf8")) as { weight_map: Record<string, string> };
  const [name, file] = Object.entries(index.weight_map)[0];
  const other = Object.values(index.weight_map).find((value) => value !== file)!;
  const withMap = (map: unknown) => writeFileSync(path, JSON.stringify({ weight_map: map }));
  const { [name]: _gone, ...rest } = index.weight_map;

  withMap({ ...index.weight_map, [name]: other });
  refuses(new RegExp(`looks for "${name}" in ${other}`), SafetensorsError);
  withMap(rest);
  refuses(new RegExp(`has "${name}", which .* does not look for there`), SafetensorsError);
  for (const bad of ["../secret.safetensors", "/etc/passwd", "..\\x", "", 3, null]) {
    withMap({ ...index.weight_map, [name]: bad });
    refuses(/a file beside the index is needed/, SafetensorsError);
  }
  withMap({ ...index.weight_map, [name]: "missing.safetensors" });
  refuses(/index\.json looks for ".*" in missing\.safetensors, which is missing beside it/);
  writeFileSync(
    path,
    JSON.stringify({ weight_map: index.weight_map }).replace('{"weight_map":{', `{"weight_map":{"${name}":"${other}",`),
  );
  refuses(new RegExp(`lists "${name}" twice: two files cannot both hold it`), SafetensorsError);
  withMap([]);
  refuses(/has no weight_map/, SafetensorsError);
  writeFileSync(path, "nonsense");
  refuses(/not valid JSON/, SafetensorsError);
});

test("a variant in several files opens by its index, under its present and its former name", () => {
  toDiffusers(unet, folder, { maxFileBytes: 3000 });
  const index = join(folder, `${weights}.index.json`);
  for (const name of [
    "diffusion_pytorch_model.safetensors.index.fp16.json",
    "diffusion_pytorch_model.safetensors.fp16.index.json",
  ]) {
    renameSync(index, join(folder, name));
    const opened = fromDiffusers(folder, { expect: "UNet2DModel", variant: "fp16" });
    assert.deepEqual(opened.parameters.toFlat(), unet.parameters.toFlat());
    opened.dispose();
    renameSync(join(folder, name), index);
  }
});
