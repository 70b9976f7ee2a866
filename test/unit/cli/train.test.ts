/** `npm run train` resumes to the same weights and refuses other numbers than a run began with. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bfloat16Supported } from "../../../src/compile/index.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "train-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const args = ["mnist-classifier", "--steps", "60", "--batch", "8", "--seed", "5"];

test("Ctrl-C saves; the same command goes on to the same weights as a run that never stopped", async () => {
  const straight = await command("train", [...args, "--run", join(folder, "straight")]);
  assert.equal(straight.code, 0, straight.stderr);
  assert.match(straight.stdout, /60\/60 .*examples\/s/);
  const stopped = await command("train", [...args, "--run", join(folder, "stopped")], { interruptAt: /\d+\/60/ });
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.match(stopped.stdout, /stopped at step \d+ of 60, saved in/);
  const resumed = await command("train", [...args, "--run", join(folder, "stopped")]);
  assert.match(resumed.stdout, /continuing .* at step \d+ of 60/);
  const weights = (run: string): Buffer =>
    readFileSync(join(folder, run, "classifier", "diffusion_pytorch_model.safetensors"));
  assert.deepEqual(weights("stopped"), weights("straight"));
});

test("a run cannot be continued with other numbers than it was begun with", async () => {
  const changed = await command("train", ["mnist-classifier", "--steps", "99", "--run", join(folder, "straight")]);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /begun with seed 5, asked is 0: give --fresh/);
});

test("--fresh forgets an earlier run only when all that was asked for is possible", async () => {
  const run = join(folder, "straight");
  const contents = (): [string, string][] =>
    readdirSync(run, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
      .sort()
      .map((path) => [path, readFileSync(path, "base64")]);
  const before = contents();
  const fresh = ["mnist-classifier", "--fresh", "--run", run];
  for (const wrong of [
    ["--steps", "abc"],
    ["--save-every", "0"],
    ["--seed", ""],
    ["--precision", "half"],
  ]) {
    const refused = await command("train", [...fresh, ...wrong]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, wrong[0] === "--precision" ? /unknown precision/ : new RegExp(wrong[0]));
  }
  assert.deepEqual(contents(), before);
  const begun = await command("train", [...fresh, "--steps", "3", "--batch", "8"]);
  assert.equal(begun.code, 0, begun.stderr);
  assert.doesNotMatch(begun.stdout, /continuing/);
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

test("--precision bf16 is recorded and cannot be changed half way; where it cannot be computed it is refused", async () => {
  const run = join(folder, "bf16");
  const short = ["mnist-classifier", "--steps", "3", "--batch", "8", "--run", run];
  const [eager, unknown] = await Promise.all([
    command("train", [...short, "--precision", "bf16"], { env: { DIFFUSION_LAB_COMPILE: "0" } }),
    command("train", [...short, "--precision", "half"]),
  ]);
  assert.match(unknown.stderr, /unknown precision "half": choose "float32" or "bf16"/);
  const supported = bfloat16Supported();
  assert.match(
    eager.stderr,
    supported ? /--precision bf16 is for steps recorded as a graph/ : /this one has neither: use "float32"/,
  );
  for (const { code } of [eager, unknown]) assert.equal(code, 1);

  const rounded = await command("train", [...short, "--precision", "bf16"]);
  if (!supported) {
    assert.match(rounded.stderr, /needs a processor with AVX512_BF16 or AMX_BF16, this one has neither: use "float32"/);
    return;
  }
  assert.equal(rounded.code, 0, rounded.stderr);
  const record = JSON.parse(readFileSync(join(run, "training.json"), "utf8")) as Record<string, unknown>;
  assert.equal(record["precision"], "bf16");
  assert.match(String(record["command"]), /--seed 0 --precision bf16$/);
  const changed = await command("train", short);
  assert.match(changed.stderr, /begun with precision bf16, asked is float32: give --fresh/);
});
