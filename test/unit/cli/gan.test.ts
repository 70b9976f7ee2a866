/** A GAN on the command line: a run that was killed goes on to the same bytes; what cannot be drawn as pictures is said. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "gan-cli-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const train = ["ring-gan", "--steps", "600", "--batch", "8", "--seed", "5", "--save-every", "50"];

test("a run killed without a word goes on from its last save to the bytes of one that never stopped", async () => {
  const straight = await command("train", [...train, "--run", join(folder, "straight")]);
  assert.equal(straight.code, 0, straight.stderr);
  assert.match(straight.stdout, /accuracy .*penalty .*generator .*diversity .*modes/);
  const killed = join(folder, "killed");
  const cut = await command("train", [...train, "--run", killed], {
    killWhen: () => existsSync(join(killed, "state.safetensors")),
  });
  assert.equal(cut.code, null);
  const resumed = await command("train", [...train, "--run", killed]);
  assert.match(resumed.stdout, /continuing .* at step [1-5]?[05]0 of 600/);
  for (const file of ["state", "generator/diffusion_pytorch_model", "discriminator/diffusion_pytorch_model"]) {
    const bytes = (run: string): Buffer => readFileSync(join(folder, run, `${file}.safetensors`));
    assert.deepEqual(bytes("killed"), bytes("straight"), file);
  }
  const drawn = await command("sample", [killed, "--out", join(folder, "points.png")]);
  assert.equal(drawn.code, 1);
  assert.match(drawn.stderr, /draws examples of shape \[2\], which are no pictures/);
});

test("the checkpoint of this repository draws digits, and refuses options of other families", async () => {
  const out = join(folder, "digits.png");
  const drawn = await command("sample", ["assets/mnist-gan", "--n", "4", "--seed", "7", "--out", out]);
  assert.equal(drawn.code, 0, drawn.stderr);
  assert.match(drawn.stdout, /4 images are in .*digits\.png, drawn by assets\/mnist-gan/);
  assert.equal(readFileSync(out).readUInt32BE(12), 0x49484452);
  const refused = await command("sample", ["assets/mnist-gan", "--sampler", "ddim", "--out", out]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /unknown option "sampler" of the request of a GAN/);
});
