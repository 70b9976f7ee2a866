/** A model's folder that somebody made with intent: nothing of it runs, leads elsewhere, or takes memory for a claim. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs"; // prettier-ignore
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { loadModel, saveDiffusionModel } from "../../../src/families/index.js";
import { UNet2D } from "../../../src/networks/index.js";

const root = mkdtempSync(join(tmpdir(), "untrusted-"));
after(() => rmSync(root, { recursive: true }));
const network = new UNet2D({
  ...{ in_channels: 1, out_channels: 1, block_out_channels: [4], norm_num_groups: 2, layers_per_block: 1 },
  ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"], attention_head_dim: null },
});
const save = (folder: string): void => {
  saveDiffusionModel(folder, { network, path: linearSchedule(), config: { prediction: "noise", shape: [8, 8, 1] } });
};
const sound = join(root, "sound");
save(sound);

const INDEX = "model_index.json";
const UNET = "unet/config.json";
const SCHEDULER = "scheduler/scheduler_config.json";
const WEIGHTS = "unet/diffusion_pytorch_model.safetensors";

let copies = 0;
/** A copy of the sound model in which one file has another text. */
function withFile(file: string, change: (text: string) => string): string {
  const folder = join(root, `copy-${copies++}`);
  cpSync(sound, folder, { recursive: true });
  writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
  return folder;
}

/** The same JSON with other keys. */
const withKeys =
  (keys: object) =>
  (text: string): string =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...keys });

test("numbers in it are compared with the weights or a limit, and names with what there is", () => {
  const cases: [file: string, keys: object, message: RegExp][] = [
    [SCHEDULER, { num_train_timesteps: 1e12 }, /num_train_timesteps must be a whole number ≥ 1 and ≤ 1000000/],
    [SCHEDULER, { beta_schedule: "constructor" }, /beta_schedule must be one of/],
    [SCHEDULER, { prediction_type: "toString" }, /prediction_type must be one of/],
    [UNET, { layers_per_block: 1e9 }, /layers_per_block must be at most 1000/],
    [UNET, { block_out_channels: [2 ** 40] }, /the network is larger than its weights/],
    [UNET, { num_class_embeds: 1e12 }, /the network is larger than its weights/],
    [
      INDEX,
      { _diffusion_lab: { shape: [1e6, 1e6, 1] } },
      /one example of shape \[1000000, 1000000, 1\] has more than 268/,
    ],
    [UNET, { act_fn: "constructor" }, /act_fn: unknown "constructor"/],
    [UNET, { down_block_types: ["__proto__"] }, /down_block_types: unknown "__proto__"/],
    [UNET, { _class_name: "constructor" }, /is of class "constructor", but the index says "UNet2DModel"/],
    [INDEX, { _class_name: "__proto__" }, /__proto__/],
    [INDEX, { constructor: ["diffusers", "UNet2DModel"] }, /names a part "constructor", but there is no folder/],
    [INDEX, { "../sound": ["diffusers", "UNet2DModel"] }, /names a part "\.\.\/sound": a folder beside the index/],
    [INDEX, { [join(sound, "unet")]: ["diffusers", "UNet2DModel"] }, /a folder beside the index is needed/],
  ];
  for (const [file, keys, message] of cases) {
    const folder = withFile(file, withKeys(keys));
    assert.throws(() => loadModel(folder), { name: "RangeError", message }, JSON.stringify(keys));
  }
  const deep = withFile(INDEX, () => `${'{"a":'.repeat(1e5)}1${"}".repeat(1e5)}`);
  assert.throws(() => loadModel(deep), /got a value that is nested too deep/);
});

test("keys named __proto__ are keys like others: no object learns from them", () => {
  for (const file of [INDEX, UNET, SCHEDULER]) {
    const folder = withFile(file, (text) => text.replace("{", '{"__proto__": {"polluted": 1},'));
    loadModel(folder).dispose();
    assert.equal(({} as { polluted?: number }).polluted, undefined, file);
  }
});

test("a part that is a link out of the folder is neither read nor written through", () => {
  const folder = withFile(INDEX, (text) => text);
  const elsewhere = join(root, "elsewhere");
  renameSync(join(folder, "unet"), elsewhere);
  symlinkSync(elsewhere, join(folder, "unet"));
  assert.throws(() => loadModel(folder), /names a part "unet", which leads out of its folder/);
  const before = readdirSync(elsewhere).map((name) => [name, readFileSync(join(elsewhere, name), "base64")]);
  assert.throws(() => save(folder), /unet leads out of .*nothing is written there/);
  assert.deepEqual(
    readdirSync(elsewhere).map((name) => [name, readFileSync(join(elsewhere, name), "base64")]),
    before,
  );
});

test("a file that is a link is replaced, and what it leads to stays", () => {
  const folder = withFile(INDEX, (text) => text);
  const precious = join(root, "precious");
  writeFileSync(precious, "precious");
  for (const file of [INDEX, UNET, SCHEDULER, WEIGHTS]) {
    rmSync(join(folder, file));
    symlinkSync(precious, join(folder, file));
  }
  save(folder);
  assert.equal(readFileSync(precious, "utf8"), "precious");
  loadModel(folder).dispose();
});

test("pipes are not waited for, and texts of any size not read", () => {
  for (const file of [INDEX, UNET, SCHEDULER, WEIGHTS]) {
    const folder = withFile(INDEX, (text) => text);
    rmSync(join(folder, file));
    assert.equal(spawnSync("mkfifo", [join(folder, file)]).status, 0);
    assert.throws(() => loadModel(folder), /is no file|it is a pipe or a device/, file);
  }
  const large = withFile(SCHEDULER, (text) => text + " ".repeat(100_000_001 - text.length));
  assert.throws(() => loadModel(large), /has 100000001 bytes, more than the 100000000 that are read/);
});

test("an index of shards names files beside it, and nothing else", () => {
  const folder = join(root, "shards");
  cpSync(sound, folder, { recursive: true });
  mkdirSync(join(folder, "other"));
  const index = join(folder, `${WEIGHTS}.index.json`);
  for (const file of ["../unet/x.safetensors", "/etc/passwd", "..", ".", "", "a\\b", 7, null]) {
    writeFileSync(index, JSON.stringify({ weight_map: { "conv_in.weight": file } }));
    assert.throws(
      () => loadModel(folder),
      /a file beside the index is needed|cannot open .*: it is a folder/,
      String(file),
    );
  }
});
