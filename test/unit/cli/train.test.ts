/** `npm run train` resumes to the same weights and refuses other numbers than a run began with. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
  const [, again] = /to go on: npm run train -- (.*)\n/.exec(stopped.stdout) ?? assert.fail(stopped.stdout);
  assert.equal(again, `mnist-classifier --steps 60 --batch 8 --seed 5 --run ${join(folder, "stopped")}`);
  const resumed = await command("train", again.split(" "));
  assert.match(resumed.stdout, /continuing .* at step \d+ of 60/);
  const weights = (run: string): Buffer =>
    readFileSync(join(folder, run, "classifier", "diffusion_pytorch_model.safetensors"));
  assert.deepEqual(weights("stopped"), weights("straight"));
});

test("a run cannot be continued with other numbers than it was begun with", async () => {
  const changed = await command("train", ["mnist-classifier", "--steps", "99", "--run", join(folder, "straight")]);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /begun with seed 5, asked is 0: give --fresh/);
  assert.match(changed.stderr, /to go on: npm run train -- mnist-classifier --steps 60 --batch 8 --seed 5 --run /);
});

test("more steps lengthen a finished run, fewer are refused", async () => {
  const run = join(folder, "longer");
  const short = ["mnist-classifier", "--batch", "8", "--run", run];
  assert.equal((await command("train", [...short, "--steps", "4"])).code, 0);
  const fewer = await command("train", [...short, "--steps", "3"]);
  assert.match(fewer.stderr, /begun with steps 4, asked is 3: .*; to go on: npm run train -- .*--steps 4/);
  const longer = await command("train", [...short, "--steps", "6"]);
  assert.equal(longer.code, 0, longer.stderr);
  assert.match(longer.stdout, /continuing .* at step 4 of 6\n/);
  const record = JSON.parse(readFileSync(join(run, "training.json"), "utf8")) as Record<string, unknown>;
  assert.deepEqual([record["steps"], record["formerSteps"]], [6, [4]]);
  const done = await command("train", [...short, "--steps", "6"]);
  assert.match(done.stdout, /at step 6 of 6: it is finished, and a larger --steps goes on/);
});

test("after --fresh the command that goes on is without it, and loses nothing", async () => {
  const run = join(folder, "begun-anew");
  const fresh = ["mnist-classifier", "--fresh", "--steps", "5000", "--batch", "8", "--run", run];
  const { stdout } = await command("train", fresh, { interruptAt: /\d+\/5000/ });
  const [, step] = /stopped at step (\d+) of 5000/.exec(stdout) ?? assert.fail(stdout);
  const [, again] = /to go on: npm run train -- (.*)\n/.exec(stdout) ?? assert.fail(stdout);
  assert.doesNotMatch(again, /fresh/);
  const resumed = await command("train", again.split(" "), { interruptAt: /\d+\/5000/ });
  assert.match(resumed.stdout, new RegExp(`at step ${step} of 5000`));
});

test("places that cannot be written and a damaged run.json are refused by their names, before any step", async () => {
  const file = join(folder, "file");
  const damaged = join(folder, "damaged");
  writeFileSync(file, "");
  assert.equal(
    (await command("train", ["mnist-classifier", "--steps", "1", "--batch", "8", "--run", damaged])).code,
    0,
  );
  writeFileSync(join(damaged, "run.json"), '{ "recipe": ');
  const expectations: [string[], RegExp][] = [
    [["--run", file], /file cannot be written: it is a file, a folder is needed\. Name another place/],
    [["--run", join(folder, "new"), "--export", join(file, "x")], /file.x cannot be written: .*file is a file/],
    [["--run", damaged], /damaged.run\.json is not valid JSON: .*; give --fresh to start again, or another --run/],
    [["mnist-unet"], /one recipe at a time, got "mnist-classifier" and "mnist-unet"/],
    [["--seed", "-1"], /--seed takes a whole number of at least 0, got "-1"/],
    [["--seed", "1e20"], /--seed takes a whole number from 0 to 9007199254740991, got "1e20"/],
  ];
  const outcomes = await Promise.all(expectations.map(([words]) => command("train", ["mnist-classifier", ...words])));
  outcomes.forEach(({ code, stdout, stderr }, i) => {
    assert.match(stderr, expectations[i][1]);
    assert.deepEqual([code, stdout], [1, ""]);
  });
  assert.ok(!existsSync(join(folder, "new")));
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
