/** Emoji have their pictures and names; what is held out is known to training in another style only. */
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { emojiCaption, emojiStyles, loadEmoji, type EmojiSet, type LoadEmojiOptions } from "../../../src/index.js";

const source = join(import.meta.dirname, "../../../datasets/emoji");
const folder = mkdtempSync(join(tmpdir(), "emoji-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const all = loadEmoji();

const imageOf = ({ images }: EmojiSet, i: number): Uint8Array => images.subarray(i * 3072, (i + 1) * 3072);
const keyOf = ({ code, style }: { code: string; style: string }): string => `${code} ${style}`;
const find = (set: EmojiSet, en: string, style: string): number =>
  set.pictures.findIndex((one) => one.en === en && one.style === style);

/** Mean colour of the middle 8 × 8 pixels. */
function middle(image: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let y = 12; y < 20; y++)
    for (let x = 12; x < 20; x++) for (let c = 0; c < 3; c++) sums[c] += image[3 * (32 * y + x) + c] / 64;
  return sums;
}

test("every style shows an emoji as it looks: names and pictures belong together", () => {
  assert.equal(all.count, 5155);
  assert.deepEqual(
    emojiStyles.map((style) => all.pictures.filter((one) => one.style === style).length),
    [1650, 1592, 1913],
  );
  assert.equal(all.images.length, all.count * 3072);
  for (const style of emojiStyles) {
    const colour = (en: string): number[] => middle(imageOf(all, find(all, en, style)));
    // Known from the table's beginning, its middle and its end.
    for (const [en, at] of [
      ["red heart", 0],
      ["green heart", 1],
      ["blue heart", 2],
      ["blue circle", 2],
      ["red circle", 0],
      ["blue square", 2],
      ["green square", 1],
    ] as const) {
      const rgb = colour(en);
      assert.equal(rgb.indexOf(Math.max(...rgb)), at, `${en} in ${style}: ${rgb}`);
    }
    const [r, g, b] = colour("black circle");
    assert.ok(Math.max(r, g, b) < 90, `black circle in ${style}`);
  }
  const fox = all.pictures[find(all, "fox", "noto")];
  assert.deepEqual(fox, { code: "1F98A", group: "animals-nature", style: "noto", en: "fox", zh: "狐狸" });
  assert.equal(emojiCaption(fox, "en"), "fox, noto style");
  assert.equal(emojiCaption(all.pictures[find(all, "fox", "fluent-emoji-flat")], "zh"), "狐狸，fluent风格");
});

test("a tenth is held out, and training has each such emoji in another style", () => {
  const [train, heldOut] = (["train", "heldOut"] as const).map((split) => loadEmoji({ split }));
  assert.equal(train.count + heldOut.count, all.count);
  assert.ok(Math.abs(heldOut.count / all.count - 0.1) < 0.015, `${heldOut.count} of ${all.count}`);
  const trained = new Set(train.pictures.map(keyOf));
  assert.equal(heldOut.pictures.filter((one) => trained.has(keyOf(one))).length, 0);
  const known = new Set(train.pictures.map(({ code }) => code));
  assert.deepEqual(
    heldOut.pictures.filter(({ code }) => !known.has(code)),
    [],
  );
  const i = 100;
  assert.deepEqual(
    imageOf(heldOut, i),
    imageOf(
      all,
      all.pictures.findIndex((one) => keyOf(one) === keyOf(heldOut.pictures[i])),
    ),
  );
});

test("drawings lie on the ground asked for", () => {
  const [white, navy] = [loadEmoji({ styles: ["twemoji"] }), loadEmoji({ styles: ["twemoji"], ground: [10, 15, 90] })];
  const i = find(white, "fox", "twemoji");
  assert.deepEqual([...imageOf(white, i).subarray(0, 3)], [255, 255, 255]);
  assert.deepEqual([...imageOf(navy, i).subarray(0, 3)], [10, 15, 90]);
  assert.deepEqual(middle(imageOf(white, i)), middle(imageOf(navy, i)));
});

test("the files are small, and the names are of their language", () => {
  assert.ok(statSync(join(source, "captions.tsv")).size < 150_000);
  const bytes = emojiStyles.reduce((sum, style) => sum + statSync(join(source, `${style}.png`)).size, 0);
  assert.ok(bytes < 5_000_000, `${bytes} bytes`);
  const names = loadEmoji({ styles: ["twemoji"] }).pictures;
  assert.ok(names.filter(({ zh }) => /\p{Script=Han}/u.test(zh)).length > 0.99 * names.length);
  assert.ok(names.every(({ en }) => !/\p{Script=Han}/u.test(en)));
});

test("what is wrong is refused by name", () => {
  const refused =
    (options: object): (() => EmojiSet) =>
    () =>
      loadEmoji(options as LoadEmojiOptions);
  assert.throws(refused({ split: "test" }), /split must be one of train, heldOut, all, got test/);
  assert.throws(refused({ styles: ["apple"] }), /style must be one of noto, fluent-emoji-flat, twemoji, got apple/);
  assert.throws(refused({ ground: [0, 0, 256] }), /three bytes, red, green and blue, got \[0, 0, 256\]/);
  assert.throws(refused({ folder }), /captions\.tsv cannot be read .*come with the repository/s);
  const table = readFileSync(join(source, "captions.tsv"), "utf8");
  const lines = table.split("\n");
  writeFileSync(join(folder, "captions.tsv"), [lines[0], "1F600\tsmileys\tx\ta\tb"].join("\n"));
  assert.throws(refused({ folder }), /line 2 is no emoji; git checkout/);
  writeFileSync(join(folder, "captions.tsv"), lines.slice(0, 30).join("\n"));
  copyFileSync(join(source, "noto.png"), join(folder, "noto.png"));
  assert.throws(
    refused({ folder }),
    /noto\.png has 1536×1120 pixels of 4 channels, and captions\.tsv wants 1536×32 of 4/,
  );
  assert.throws(() => emojiCaption(all.pictures[0], "fr" as "en"), /language must be one of en, zh, got fr/);
});
