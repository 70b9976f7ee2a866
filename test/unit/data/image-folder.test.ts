/** A folder of pictures becomes a data set: every example from its file, and every file that is none by name. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import {
  fitBitmap,
  gatherImages,
  loadImageFolder,
  Normaliser,
  type ImageFolderOptions,
  type ImageFolderProgress,
} from "../../../src/data/index.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { DiffusionTask } from "../../../src/families/index.js";
import { decodeJpeg, encodePng } from "../../../src/files/index.js";
import { UNet2D } from "../../../src/networks/index.js";
import { Trainer } from "../../../src/training/index.js";

const root = mkdtempSync(join(tmpdir(), "pictures-"));
after(() => rmSync(root, { recursive: true }));
const fixtures = join(import.meta.dirname, "../../parity/pictures/fixtures/pictures.json");
const { jpegs } = JSON.parse(readFileSync(fixtures, "utf8")) as { jpegs: { name: string; file: string }[] };
const jpeg = Buffer.from(jpegs.find(({ name }) => name === "orientation 6")!.file, "base64");

/** A picture of one colour. */
const plain = (width: number, height: number, ...colour: number[]): Uint8Array =>
  encodePng({
    ...{ width, height, channels: colour.length },
    data: Uint8Array.from({ length: width * height * colour.length }, (_, i) => colour[i % colour.length]),
  });

/** A folder of these files. */
function folderOf(name: string, files: Readonly<Record<string, Uint8Array | string>>): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name, path)), { recursive: true });
    writeFileSync(join(root, name, path), content);
  }
  return join(root, name);
}

test("examples come in the order of their paths, with their folder as class, and everything else is named", async () => {
  const folder = folderOf("classes", {
    "cats/10.png": plain(20, 9, 10, 20, 30),
    "cats/9.PNG": plain(4, 4, 100),
    "cats/deep/x.jpeg": jpeg,
    "dogs/a.jpg": plain(3, 3, 255, 0, 0, 51), // a PNG by another name, one fifth opaque
    "dogs/cut.jpg": jpeg.subarray(0, 900),
    "dogs/moving.gif": "GIF89a",
    "dogs/page.png": "<html>not found</html>",
    "dogs/notes.txt": "read",
    "dogs/.hidden.png": "no",
    "__proto__/p.png": plain(2, 2, 7),
  });
  const seen: ImageFolderProgress[] = [];
  const data = await loadImageFolder(folder, { size: 8, labels: "folders", onProgress: (at) => seen.push(at) });
  assert.deepEqual(data.files, ["__proto__/p.png", "cats/10.png", "cats/9.PNG", "cats/deep/x.jpeg", "dogs/a.jpg"]);
  assert.deepEqual(data.classes, ["__proto__", "cats", "dogs"]);
  assert.deepEqual([...data.labels], [0, 1, 1, 1, 2]);
  assert.deepEqual([data.count, data.height, data.width, data.channels], [5, 8, 8, 3]);
  assert.deepEqual(
    data.skipped.map(({ file }) => file),
    ["dogs/cut.jpg", "dogs/moving.gif", "dogs/page.png"],
  );
  assert.match(data.skipped[0].reason, /this JPEG is cut/);
  assert.match(data.skipped[1].reason, /a GIF is neither a PNG nor a JPEG: convert/);
  assert.deepEqual(seen.at(-1), { file: "dogs/page.png", done: 8, total: 8, skipped: 3 });
  assert.equal(seen.length, 8);

  const pixel = (example: number): number[] => [...data.images.subarray(192 * example, 192 * example + 3)];
  assert.deepEqual([pixel(0), pixel(1), pixel(2)], [[7, 7, 7], [10, 20, 30], [100, 100, 100]]); // prettier-ignore
  assert.deepEqual(pixel(4), [255, 204, 204]);
  const fitted = fitBitmap(decodeJpeg(jpeg), { width: 8, height: 8 });
  assert.deepEqual(data.images.slice(192 * 3, 192 * 4), fitted.data);
});

test("grey, another shape, another ground and another filter", async () => {
  const folder = folderOf("grey", { "a.png": plain(6, 6, 255, 0, 0), "b.png": plain(6, 6, 0, 0) });
  const options = { size: [2, 3], channels: 1, ground: [9, 9, 9], filter: "lanczos" } as const;
  const data = await loadImageFolder(folder, options);
  assert.deepEqual([...data.images], [...Array<number>(6).fill(76), ...Array<number>(6).fill(9)]);
  assert.deepEqual([data.height, data.width, data.channels, data.classes], [2, 3, 1, ["picture"]]);
  const coloured = await loadImageFolder(folder, { size: 1, ground: [1, 2, 3] });
  assert.deepEqual([...coloured.images], [255, 0, 0, 1, 2, 3]);
});

test("links are read where they lead to files; pipes and links to folders are named", async () => {
  const folder = folderOf("links", { "a.png": plain(2, 2, 1) });
  symlinkSync(join(folder, "a.png"), join(folder, "b.png"));
  symlinkSync(folder, join(folder, "round"));
  symlinkSync(join(folder, "gone.png"), join(folder, "c.png"));
  assert.equal(spawnSync("mkfifo", [join(folder, "pipe.png")]).status, 0);
  const { files, skipped } = await loadImageFolder(folder, { size: 1 });
  assert.deepEqual(files, ["a.png", "b.png"]);
  assert.deepEqual(
    skipped.map(({ file, reason }) => `${file}: ${reason.split(",")[0]}`),
    ["c.png: ENOENT: no such file or directory", "pipe.png: this is no file", "round: this is a link to a folder"],
  );
});

test("what cannot be is refused, with the remedy", async () => {
  const folder = folderOf("refused", { "good.png": plain(2, 2, 1), "page.png": "<html>" });
  const refused = (options: object, message: RegExp, from = folder): Promise<void> =>
    assert.rejects(loadImageFolder(from, { size: 2, ...options } as ImageFolderOptions), {
      name: "RangeError",
      message,
    });
  await refused({ damaged: "refuse" }, /refused\/page\.png: this is a web page \(HTML\)/);
  await refused({ labels: "folders" }, /good\.png lies in no class: move it into a subfolder, or give labels: "none"/);
  await refused({ size: 0 }, /size \(height\) must be a whole number ≥ 1, got 0/);
  await refused({ size: [4] }, /size \(width\).*got undefined/);
  await refused({ channels: 4 }, /channels must be one of 1, 3, got 4/);
  await refused({ ground: [0, 0, 256] }, /ground must be three whole numbers of 0 … 255, got 0, 0, 256/);
  await refused({ filter: "nearest" }, /filter must be one of box, bilinear, bicubic, lanczos/);
  await refused({ grey: true }, /unknown option "grey" of loadImageFolder/);
  await refused({}, /no picture in .* can be read; x\.png: this is neither/, folderOf("bad", { "x.png": "none" }));
  await refused({}, /has no pictures: put PNG or JPEG files into it/, folderOf("texts", { "x.txt": "none" }));
  const many = Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`${i}/a.png`, "none"]));
  await refused({ labels: "folders" }, /has 257 subfolders with pictures; at most 256/, folderOf("many", many));
  await assert.rejects(loadImageFolder(folder, { size: 2, signal: AbortSignal.abort(new Error("enough")) }), /enough/);
});

test("a network trains on it", async () => {
  const files = Array.from({ length: 4 }, (_, i) => [`${i}.png`, plain(12, 8, 60 * i, 0, 255)] as const);
  const pictures = await loadImageFolder(folderOf("train", Object.fromEntries(files)), { size: 4 });
  const data = new Normaliser().encode(pictures.images);
  const network = new UNet2D({
    ...{
      in_channels: 3,
      out_channels: 3,
      block_out_channels: [4],
      norm_num_groups: 2,
      layers_per_block: 1,
      attention_head_dim: null,
    },
    ...{ down_block_types: ["DownBlock2D"], up_block_types: ["UpBlock2D"] },
  });
  const task = new DiffusionTask({ network, path: linearSchedule({ T: 100 }), data, shape: [4, 4, 3], batchSize: 2 });
  const trainer = new Trainer(task, { learningRate: 1e-3 });
  await trainer.run(2);
  assert.ok(trainer.losses.every(Number.isFinite) && trainer.losses.length === 2);
  const tensor = gatherImages(pictures, [3]);
  assert.deepEqual(tensor.shape, [1, 4, 4, 3]);
  assert.deepEqual(
    [...tensor.dataSync().slice(0, 3)].map((x) => x.toFixed(3)),
    ["0.412", "-1.000", "1.000"],
  );
  tensor.dispose();
  trainer.dispose();
});
