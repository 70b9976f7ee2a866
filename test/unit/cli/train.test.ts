import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "train-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const args = ["mnist-classifier", "--steps", "60", "--batch", "8", "--seed", "5"];

test("Ctrl-C saves; the same command goes on to the same weights as a run that never stopped", async () => {
  const straight = await command("train", [...args, "--run", join(folder, "straight")]);
  assert.equal(straight.code, 0, straight.stderr);
  assert.match(straight.stdout, /60\/60 .*images\/s/);
  const stopped = await command("train", [...args, "--run", join(folder, "stopped")], { interruptAt: /\d+\/60/ });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /stopped at step \d+ of 60, saved in/);
  const resumed = await command("train", [...args, "--run", join(folder, "stopped")]);
  assert.match(resumed.stdout, /continuing .* at step \d+ of 60/);
  const weights = (run: string): Buffer => readFileSync(join(folder, run, "model.safetensors"));
  assert.deepEqual(weights("stopped"), weights("straight"));
});

test("a run cannot be continued with other numbers than it was begun with", async () => {
  const changed = await command("train", ["mnist-classifier", "--steps", "99", "--run", join(folder, "straight")]);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /begun with seed 5, asked is 0: give --fresh/);
});

test("an unknown recipe, a bad number and an unknown option say what is allowed", async () => {
  const [recipe, steps, option] = await Promise.all([
    command("train", ["mnist-unett"]),
    command("train", ["mnist-unet", "--steps", "-3"]),
    command("train", ["mnist-unet", "--stepz", "3"]),
  ]);
  assert.match(recipe.stderr, /unknown recipe "mnist-unett"; there are\n\s+mnist-unet/);
  assert.match(steps.stderr, /--steps/);
  assert.match(option.stderr, /Unknown option '--stepz'/);
  for (const { code } of [recipe, steps, option]) assert.equal(code, 1);
});
