/** `npm run evaluate` of a CLIP: what it finds of held-out emoji in each language, beside chance. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { retrievalTable } from "../../../src/cli/evaluate-clip.js";
import { ClipModel, emojiCaption, loadEmoji, plainSpread, saveClip, trainTokenizer } from "../../../src/index.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "clip-command-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function writeClip(name: string, side: number): string {
  const captions = loadEmoji({ split: "heldOut" }).pictures.map((one) => emojiCaption(one, "en"));
  const tokenizer = trainTokenizer(captions, { size: 600, length: 8 });
  const tower = { hidden_size: 8, intermediate_size: 8, num_attention_heads: 2, num_hidden_layers: 1 };
  const text = { vocab_size: tokenizer.size, max_position_embeddings: 8, eos_token_id: tokenizer.end };
  const clip = new ClipModel({
    text_config: { ...tower, ...text },
    vision_config: { ...tower, image_size: side, patch_size: 8 },
    projection_dim: 8,
  });
  saveClip(join(folder, name), { clip, tokenizer, spread: plainSpread(3) });
  clip.dispose();
  return join(folder, name);
}

test("evaluate says what is found beside chance, keeps it, and refuses what is not asked of a CLIP", async () => {
  const place = writeClip("small", 32);
  const evaluated = await command("evaluate", [place, "--write"]);
  assert.equal(evaluated.code, 0, evaluated.stderr);
  const { count } = loadEmoji({ split: "heldOut" });
  assert.match(
    evaluated.stdout,
    new RegExp(`^English +${count} +\\d+\\.\\d % \\([^)]+\\) +\\d+\\.\\d % \\([^)]+\\) +0\\.\\d\\d %$`, "m"),
  );
  const { rows } = JSON.parse(readFileSync(join(place, "evaluation.json"), "utf8")) as { rows: { language: string }[] };
  assert.deepEqual(
    rows.map(({ language }) => language),
    ["en", "zh"],
  );
  const more = await command("evaluate", [place, "--n", "3"]);
  assert.match(more.stderr, /unknown option "n" of the evaluation of CLIP/);
  const other = await command("evaluate", [writeClip("other", 16)]);
  assert.match(other.stderr, /emoji are drawn in 32×32 pixels of 3 channels; this vision model takes 16×16 of 3/);
});

test("shares come with the intervals of their counts", () => {
  const row = { language: "zh", pairs: 400, textOfImage: 0.25, imageOfText: 0.5, chance: 1 / 400 } as const;
  assert.deepEqual(retrievalTable([row]).rows, [
    ["Chinese", "400", "25.0 % (21.0–29.5)", "50.0 % (45.1–54.9)", "0.25 %"],
  ]);
});
