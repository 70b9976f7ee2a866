/** The recipes of latent diffusion go on from what they saved, to the same numbers, and say what takes time. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { AutoencoderKL, loadLatent, saveAutoencoder, Trainer } from "../../../../src/index.js";
import { recipes } from "../../../../src/families/recipes.js";

const folder = mkdtempSync(join(tmpdir(), "recipes-"));
const here = process.cwd();
// A recipe looks for the autoencoder from where it is started.
process.chdir(folder);
after(() => {
  process.chdir(here);
  rmSync(folder, { recursive: true, force: true });
});

/** A run of `steps` in all, from the state at `path` if there is one. */
function begun(name: string, steps: number, notes: string[] = []) {
  const recipe = recipes[name];
  const made = recipe.make({ seed: 3, batchSize: 2, steps, note: (line) => notes.push(line) });
  return { made, trainer: new Trainer(made.task, recipe.trainerOptions(steps)) };
}

const numbers = ({ trainer }: ReturnType<typeof begun>) => ({
  values: trainer.averageValues,
  losses: [...trainer.losses],
});

/** A run of four steps, and one that ends after two and is begun anew. */
async function straightAndResumed(name: string, notes: string[] = []): Promise<ReturnType<typeof begun>> {
  const straight = begun(name, 4);
  await straight.trainer.run(4);
  const stopped = begun(name, 4);
  await stopped.trainer.run(2);
  const state = join(folder, `${name}.safetensors`);
  stopped.trainer.save(state);
  const resumed = begun(name, 4, notes);
  resumed.trainer.restore(state);
  assert.equal(resumed.trainer.step, 2);
  await resumed.trainer.run(2);
  assert.deepEqual(numbers(resumed), numbers(straight));
  assert.equal(numbers(resumed).losses.length, 4);
  return resumed;
}

test("tiny-autoencoder goes on to the same numbers", async () => {
  await straightAndResumed("tiny-autoencoder");
});

test("tiny-stable-diffusion goes on to the same numbers, and what it saves opens", async () => {
  const blocks = ["DownEncoderBlock2D", "DownEncoderBlock2D", "DownEncoderBlock2D"] as const;
  const network = new AutoencoderKL({
    block_out_channels: [4, 4, 4],
    down_block_types: blocks,
    up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D", "UpDecoderBlock2D"],
    norm_num_groups: 2,
  });
  saveAutoencoder(join(folder, "runs", "tiny-autoencoder"), { network, trainedOn: "captioned-digits" });
  network.dispose();
  const notes: string[] = [];
  const { made, trainer } = await straightAndResumed("tiny-stable-diffusion", notes);
  const record = { command: "", seed: 3 } as never;
  await made.save({ folder: join(folder, "model"), trainer, record, format: "F16" });
  const model = loadLatent(join(folder, "model"));
  assert.equal(model.describe({ count: 1, condition: { prompt: "a red 7" } }), "ddim, 20 steps, guidance 3");
  const asked = { count: 1, condition: { prompt: "ein großer Fuchs" } };
  assert.throws(
    () => model.describe(asked),
    /the prompt has "ß", which this model never saw: its captions are written/,
  );
  const { bos_token_id, eos_token_id, pad_token_id } = JSON.parse(
    readFileSync(join(folder, "model", "text_encoder", "config.json"), "utf8"),
  ) as Record<string, number>;
  assert.deepEqual([bos_token_id, eos_token_id, pad_token_id], [1022, 1023, 1023]);
  model.dispose();
  assert.match(notes[0], /^a vocabulary of 1024 tokens from 20000 captions: about 3 s$/);
  assert.match(notes[1], /^100000 pictures are encoded as they are first seen, .* first 4 of 4 steps slower$/);
});

test("without an autoencoder the command that makes it is named", () => {
  rmSync(join(folder, "runs"), { recursive: true });
  assert.throws(() => begun("tiny-stable-diffusion", 4), /make it first, with npm run train -- tiny-autoencoder/);
});
