/** `npm run doctor` on text to image: each thing that is there, missing or not trained, with its remedy. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ROOT } from "../../../src/setup/paths.mjs";
import { checkTextToImage } from "../../../src/setup/text-to-image.mjs";

const folder = mkdtempSync(join(tmpdir(), "doctor-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const states = (root) => Object.fromEntries(checkTextToImage(root).map(({ name, state }) => [name, state]));

test("here the vocabulary and the emoji are whole", () => {
  const { "CLIP's vocabulary": vocabulary, "data: emoji": emoji } = states(ROOT);
  assert.deepEqual([vocabulary, emoji], ["ok", "ok"]);
});

test("what is missing, damaged or not trained is named with its remedy", () => {
  const rows = checkTextToImage(folder);
  assert.deepEqual(
    rows.map(({ state }) => state),
    ["missing", "missing", "optional", "optional", "optional", "optional"],
  );
  assert.match(rows[0].remedy, /^git checkout assets\/clip-vocabulary/);
  assert.match(rows[1].found, /lacks captions.tsv, noto.png, fluent-emoji-flat.png, twemoji.png/);
  assert.deepEqual(rows[4], {
    name: "tiny-stable-diffusion",
    state: "optional",
    found: "not trained yet, from captions to digits in colour: about 2 hours",
    remedy: "npm run train -- tiny-stable-diffusion",
  });
  const vocabulary = join(folder, "assets", "clip-vocabulary");
  cpSync(join(ROOT, "assets", "clip-vocabulary"), vocabulary, { recursive: true });
  mkdirSync(join(folder, "runs", "tiny-autoencoder"), { recursive: true });
  writeFileSync(join(folder, "runs", "tiny-autoencoder", "model_index.json"), "{}");
  const now = states(folder);
  assert.deepEqual([now["CLIP's vocabulary"], now["tiny-autoencoder"]], ["ok", "ok"]);
  writeFileSync(join(vocabulary, "bpe_simple_vocab_16e6.txt.gz"), "damaged");
  assert.equal(states(folder)["CLIP's vocabulary"], "missing");
});
