/** The recipe of CLIP on emoji: whole captions, held-out drawings judged against chance, a folder that opens. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { emojiCaption, loadClip, loadEmoji, Trainer } from "../../../src/index.js";
import { recipes } from "../../../src/families/recipes.js";

const folder = mkdtempSync(join(tmpdir(), "emoji-clip-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("it learns from batches of drawings, says what of held-out ones it finds, and no caption is cut", async () => {
  const recipe = recipes["emoji-clip"];
  const notes: string[] = [];
  const made = recipe.make({ seed: 0, batchSize: 4, steps: 1, note: (line) => notes.push(line) });
  assert.match(notes[0], /^a vocabulary of 2048 tokens from \d+ captions/);
  const trainer = new Trainer(made.task, recipe.trainerOptions(1));
  await trainer.run(1);
  // Chance is ln 4.
  assert.ok(Math.abs(trainer.losses[0] - Math.log(4)) < 0.7, String(trainer.losses[0]));
  const record = { command: "", seed: 0 } as never;
  const said = await made.save({ folder, trainer, record, format: "F16" });
  const heldOut = loadEmoji({ split: "heldOut" });
  const chance = `of ${heldOut.count} held-out drawings .* by chance 0\\.2 %`;
  assert.match(String(said), new RegExp(`^en: ${chance}\\nzh: ${chance}$`));
  const { clip, tokenizer } = loadClip(folder);
  const captions = loadEmoji().pictures.flatMap((one) => [emojiCaption(one, "en"), emojiCaption(one, "zh")]);
  assert.deepEqual(tokenizer.encode(captions, { length: clip.config.text_config.max_position_embeddings }).cut, []);
  clip.dispose();
});
