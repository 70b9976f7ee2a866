/** `npm run sample` draws the same seeded images in any batch and refuses bad requests before work. */
import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { generate } from "../../../src/families/diffusion/generate.js";
import { decodePng } from "../../../src/files/index.js";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { ddpm, samplers } from "../../../src/samplers/index.js";
import { loadDiffusionModel, saveDiffusionModel } from "../../../src/families/index.js";
import { chooseSampler } from "../../../src/families/diffusion/sampler-choice.js";
import { toyTask } from "../training/toy.js";
import { command, root } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "sample-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const model = join(folder, "model");
const { network } = toyTask();
saveDiffusionModel(model, {
  network,
  path: linearSchedule({ T: 100 }),
  config: { prediction: "noise", shape: [8, 8, 1] },
});
network.dispose();

test("a seeded image does not change with the batch it is drawn in, and generating leaks nothing", async () => {
  const loaded = loadDiffusionModel(model);
  const draw = (batchSize: number): Promise<tf.Tensor> =>
    generate(loaded, { sampler: ddpm, steps: 4, count: 5, seed: 11, batchSize });
  (await draw(5)).dispose();
  const before = tf.memory().numTensors;
  const [all, singly] = [await draw(5), await draw(2)];
  const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(all, singly))).dataSync()[0]);
  assert.ok(difference < 1e-5, `${difference}`);
  const spread = tf.tidy(() => tf.max(tf.abs(tf.sub(tf.slice(all, 0, 1), tf.slice(all, 1, 1)))).dataSync()[0]);
  assert.ok(spread > 0.1, "different images of one seed differ");
  tf.dispose([all, singly]);
  assert.equal(tf.memory().numTensors, before);
  loaded.dispose();
});

test("the command writes a grid of the images asked for", async () => {
  const out = join(folder, "grid.png");
  const { code, stderr, stdout } = await command("sample", [
    model,
    "--steps",
    "3",
    "--n",
    "4",
    "--seed",
    "2",
    "--out",
    out,
  ]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /4 images are in/);
  const { width, height } = decodePng(readFileSync(out));
  // 2 × 2 images of 8 pixels, 7-fold, 2 pixels between them
  assert.deepEqual([width, height], [2 * 56 + 2, 2 * 56 + 2]);
});

test("single images lie in a folder, a grid has the columns and scale asked for, both where the caller is", async () => {
  const caller = join(folder, "caller");
  mkdirSync(caller);
  // As npm starts it.
  const from = { env: { INIT_CWD: caller, npm_package_json: join(root, "package.json") } };
  const draw = [model, "--steps", "2", "--n", "3", "--seed", "4"];
  const single = await command("sample", [...draw, "--out", "single"], from);
  assert.equal(single.code, 0, single.stderr);
  assert.match(single.stdout, /3 images are in single, drawn by /);
  const grid = await command("sample", [...draw, "--out", "x.png", "--columns", "3", "--scale", "2"], from);
  assert.equal(grid.code, 0, grid.stderr);
  const { width, height, data } = decodePng(readFileSync(join(caller, "x.png")));
  assert.deepEqual([width, height], [3 * 16 + 2 * 2, 16]);
  assert.deepEqual(readdirSync(join(caller, "single")).sort(), ["0.png", "1.png", "2.png"]);
  for (const i of [0, 1, 2]) {
    const image = decodePng(readFileSync(join(caller, "single", `${i}.png`)));
    assert.deepEqual([image.width, image.height, image.channels], [8, 8, 1]);
    // Every second pixel of the grid, from the image's place in it.
    const there = Array.from({ length: 64 }, (_, k) => data[2 * Math.floor(k / 8) * width + 18 * i + 2 * (k % 8)]);
    assert.deepEqual([...image.data], there);
  }
});

test("progress moves with the steps of a single image, and one of anything is singular", async () => {
  const out = join(folder, "one.png");
  const { stdout } = await command("sample", [model, "--steps", "2", "--n", "1", "--out", out]);
  assert.match(stdout, / 0\/1 {2}50 % {2}ddim, 2 steps, seed 0/);
  assert.match(stdout, / 1\/1 {2}100 %/);
  assert.match(stdout, /\n1 image is in /);
  const one = await command("sample", [model, "--steps", "1", "--n", "1", "--out", out]);
  assert.match(one.stdout, /ddim, 1 step, seed 0/);
});

test("a place that cannot be written is refused before any image is drawn", async () => {
  const occupied = join(folder, "occupied");
  writeFileSync(occupied, "");
  mkdirSync(join(folder, "folder.png"));
  const places: [string, RegExp][] = [
    [join(occupied, "x.png"), /occupied\/x\.png cannot be written: .*Name another place/],
    [join(folder, "folder.png"), /folder\.png cannot be written: it is a folder\. Name another place/],
  ];
  for (const [out, message] of places) {
    const { code, stderr, stdout } = await command("sample", ["no-such-model", "--out", out]);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
});

test("it takes every sampler of the registry, whatever path that needs", async () => {
  const loaded = loadDiffusionModel(model);
  for (const { name } of samplers) {
    const images = await generate(loaded, {
      sampler: chooseSampler(name, {}).sampler,
      steps: 2,
      count: 2,
      seed: 3,
    });
    assert.deepEqual(images.shape, [2, 8, 8, 1], name);
    images.dispose();
  }
  loaded.dispose();
  const out = join(folder, "flow.png");
  const { code, stderr } = await command("sample", [
    model,
    "--sampler",
    "flow-heun",
    "--steps",
    "2",
    "--n",
    "1",
    "--out",
    out,
  ]);
  assert.equal(code, 0, stderr);
  assert.ok(existsSync(out));
  const own = await command("sample", [model, "--sampler", "probability-flow", "--n", "1", "--out", out]);
  assert.equal(own.code, 0, own.stderr);
  assert.match(
    own.stdout,
    /probability-flow, its own steps, seed 0\n/,
    "no steps it was not told, and no guess of the time left",
  );
});

test("the help says which samplers choose their steps, and what of the images depends on --batch", async () => {
  const { stdout } = await command("sample", ["--help"]);
  for (const { name, choosesSteps } of samplers) {
    const line =
      stdout.split("\n").find((one) => one.trim().startsWith(`${name} `)) ?? assert.fail(`${name} is not listed`);
    assert.equal(/takes no --steps/.test(line), choosesSteps, line);
  }
  assert.match(
    stdout,
    /the same images, whatever --batch is \(those of probability-flow differ\s+within its tolerance/,
  );
});

test("bad requests name what was given and what is allowed, and write nothing", async () => {
  const out = join(folder, "none.png");
  const cut = join(folder, "cut");
  const whole = loadDiffusionModel(model);
  saveDiffusionModel(cut, whole);
  whole.dispose();
  truncateSync(join(cut, "unet", "diffusion_pytorch_model.safetensors"), 5000);
  const expectations: [string[], RegExp][] = [
    [["no-such-model"], /no model "no-such-model": looked for .*assets.no-such-model/],
    [[model, "--sampler", "dddim"], /there is no sampler "dddim": use one of ddim, /],
    [
      [model, "--sampler", "probability-flow", "--steps", "3"],
      /steps: probability-flow chooses its steps itself: leave it out/,
    ],
    [[model, "--sampler", "heun", "--eta", "0.5"], /eta is the noise of ddim, not of heun/],
    [[model, "mnist-unet"], /one model at a time, got ".*model" and "mnist-unet"/],
    [[folder], /no model ".*": .* is there, without model_index\.json\); .*npm run train makes mnist-unet/],
    [["mnist-unett"], /did you mean "mnist-unet"\?/],
    [[model, "--seed", "-1"], /--seed takes a whole number of at least 0, got "-1"/],
    [[model, "--scale", "100000"], /at scale 100000 are .* pixels, a picture has at most 268435456/],
    [[model, "--steps", "0"], /--steps takes a whole number of at least 1, got "0"/],
    [[model, "--steps", "101"], /steps must be a whole number from 1 to 100, got 101/],
    [[cut], /cut short|out of range/],
  ];
  const outcomes = await Promise.all(expectations.map(([args]) => command("sample", [...args, "--out", out])));
  outcomes.forEach(({ code, stderr }, i) => {
    assert.match(stderr, expectations[i][1]);
    assert.equal(code, 1);
  });
  assert.ok(!existsSync(out));
});
