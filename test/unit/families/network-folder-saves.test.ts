/** A network is saved whole or not at all, and replaces every form of an earlier one. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "node:test";
import { UNet2D } from "../../../src/networks/index.js";
import { fromDiffusers, toDiffusers } from "../../../src/families/index.js";
import { replaceModel, type StagedFile } from "../../../src/files/index.js";
import { assertRefused, freshFolder, unet, weights } from "./network-folder-support.js";

let folder: string;
beforeEach(() => {
  folder = freshFolder();
});

/** Names and contents of the files of a folder. */
const contents = () =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), "base64")]),
  );

test("a save that is refused changes nothing, in one file and in several", () => {
  const wider = new UNet2D({ ...unet.config, block_out_channels: [8] });
  const [first, last] = [wider.parameters.toFlat(), wider.parameters.toFlat()];
  first[0] = NaN;
  last[last.length - 1] = 1e6;
  for (const maxFileBytes of [undefined, 3000]) {
    toDiffusers(unet, folder, { format: "F16", maxFileBytes });
    const before = contents();
    assert.throws(
      () => toDiffusers(wider, folder, { values: first, maxFileBytes }),
      /holds NaN: the training diverged; nothing was written/,
    );
    assert.throws(() => toDiffusers(wider, folder, { values: last, format: "F16", maxFileBytes }), /too large for F16/);
    assert.throws(
      () => toDiffusers(wider, folder, { values: last.subarray(1), maxFileBytes }),
      /values for \d+ parameters/,
    );
    assert.throws(() => toDiffusers(wider, folder, { maxFileBytes: NaN }), /maxFileBytes must be positive, got NaN/);
    assert.deepEqual(contents(), before);
    fromDiffusers(folder).dispose();
  }
  wider.dispose();
});

test("a save replaces whatever form an earlier one had, and leaves no file of it", () => {
  const other = new UNet2D({ ...unet.config, freq_shift: 1 }, { seed: 9 });
  for (const [from, to] of [
    [undefined, 3000],
    [3000, 6000],
    [3000, undefined],
  ]) {
    toDiffusers(unet, folder, { maxFileBytes: from });
    toDiffusers(other, folder, { maxFileBytes: to });
    const opened = fromDiffusers(folder, { expect: "UNet2DModel" });
    assert.equal(opened.config.freq_shift, 1);
    assert.deepEqual(opened.parameters.toFlat(), other.parameters.toFlat());
    opened.dispose();
    const index = join(folder, `${weights}.index.json`);
    const named = existsSync(index)
      ? Object.values((JSON.parse(readFileSync(index, "utf8")) as { weight_map: object }).weight_map)
      : [weights];
    assert.deepEqual(new Set(readdirSync(folder).filter((name) => name.endsWith(".safetensors"))), new Set(named));
  }
  other.dispose();
});

test("a process that dies while it replaces a model leaves none, not a mix", () => {
  toDiffusers(unet, folder, { maxFileBytes: 3000 });
  const nothing = (): void => undefined;
  const fails = (): never => {
    throw new Error("killed");
  };
  const shards: StagedFile[] = [
    { commit: nothing, discard: nothing },
    { commit: fails, discard: nothing },
  ];
  const entries = [`${join(folder, weights)}.index.json`];
  assert.throws(() => replaceModel({ configs: {}, weights: shards, entries }), /killed/);
  assertRefused(folder, /has no diffusion_pytorch_model.safetensors$/);
});

test("numbers beyond a format's range are not written as infinities", () => {
  const values = unet.parameters.toFlat();
  values[5] = 1e6;
  assert.throws(
    () => toDiffusers(unet, folder, { format: "F16", values }),
    /"conv_in.weight" holds 1000000, too large for F16: save as BF16/,
  );
  toDiffusers(unet, folder, { format: "BF16", values });
  values[5] = 3.4e38;
  assert.throws(() => toDiffusers(unet, folder, { format: "BF16", values }), /too large for BF16: save as F32/);
  const opened = fromDiffusers(folder, { expect: "UNet2DModel" });
  assert.ok(Math.abs(opened.parameters.toFlat()[5] - 1e6) < 4e3);
  mkdirSync(join(folder, "sub"));
  assert.throws(() => toDiffusers({} as UNet2D, join(folder, "sub")), /of no class that a folder could name/);
});
