/** Flows on the command line: trained and resumed, drawn from at a temperature, and refused where they cannot be shown. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, saveNormalisingFlow } from "../../../src/families/index.js";
import { decodePng } from "../../../src/files/index.js";
import { smallGlow } from "../networks/flow/helpers.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "flow-command-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

test("moons-realnvp trains, goes on where Ctrl-C stopped it to the same weights, and opens as a model of points", async () => {
  const args = ["moons-realnvp", "--steps", "300", "--batch", "16", "--seed", "5"];
  const [straight, stopped] = [join(folder, "straight"), join(folder, "stopped")];
  const whole = await command("train", [...args, "--run", straight]);
  assert.equal(whole.code, 0, whole.stderr);
  assert.match(whole.stdout, /300\/300 .*logLikelihood/);
  const first = await command("train", [...args, "--run", stopped], { interruptAt: /\d+\/300/ });
  assert.match(first.stdout, /stopped at step \d+ of 300, saved in/);
  const second = await command("train", [...args, "--run", stopped]);
  assert.match(second.stdout, /continuing .* at step \d+ of 300/);
  const weights = (run: string): Buffer => readFileSync(join(run, "flow", "diffusion_pytorch_model.safetensors"));
  assert.deepEqual(weights(stopped), weights(straight));

  const model = loadModel(straight);
  assert.deepEqual([model.family, model.shape], ["flow", [2]]);
  model.dispose();
  const sampled = await command("sample", [straight, "--out", join(folder, "points.png")]);
  assert.equal(sampled.code, 1);
  assert.match(sampled.stderr, /draws examples of shape \[2\], which are no pictures.*loadModel\(folder\)\.draw/);
});

test("npm run sample takes a temperature, and refuses what a flow does not know", async () => {
  const network = smallGlow();
  const place = join(folder, "glow");
  saveNormalisingFlow(place, { network });
  network.dispose();
  const out = join(folder, "grid.png");
  const drawn = await command("sample", [place, "--temperature", "0.7", "--n", "4", "--out", out]);
  assert.equal(drawn.code, 0, drawn.stderr);
  assert.match(drawn.stdout, /one pass back, temperature 0\.7/);
  assert.equal(decodePng(readFileSync(out)).width, decodePng(readFileSync(out)).height);
  for (const [wrong, message] of [
    [["--temperature=-1"], /temperature must be a finite number ≥ 0, got -1/],
    [["--sampler", "ddim"], /unknown option "sampler" of the request of a flow/],
    [["--class", "3"], /this flow knows no conditions: leave label out/],
  ] as const) {
    const refused = await command("sample", [place, ...wrong, "--out", out]);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, message);
  }
});
