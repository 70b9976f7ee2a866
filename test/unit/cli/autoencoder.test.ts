/** Autoencoders on the command line: what is left of pictures is drawn and measured, and what cannot be is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { saveAutoencoder } from "../../../src/families/index.js";
import { decodePng } from "../../../src/files/index.js";
import { AutoencoderKL } from "../../../src/networks/index.js";
import { command } from "./command.js";

const folder = mkdtempSync(join(tmpdir(), "autoencoder-command-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const network = new AutoencoderKL({ block_out_channels: [4], norm_num_groups: 2 });
const [known, plain] = [join(folder, "known"), join(folder, "plain")];
saveAutoencoder(known, { network, trainedOn: "captioned-digits" });
saveAutoencoder(plain, { network });
network.dispose();

test("npm run sample shows what is left of pictures, or the image of noise", async () => {
  for (const [more, about] of [
    [[], /what the autoencoder keeps of pictures, seed 0/],
    [["--latents", "noise"], /the decoder's image of noise/],
  ] as const) {
    const out = join(folder, "grid.png");
    const drawn = await command("sample", [known, "--n", "4", "--scale", "1", "--out", out, ...more]);
    assert.equal(drawn.code, 0, drawn.stderr);
    assert.match(drawn.stdout, about);
    assert.ok(decodePng(readFileSync(out)).width >= 64);
  }
});

test("npm run evaluate measures errors with intervals, and the detail that is lost; --write keeps them", async () => {
  const measured = await command("evaluate", [known, "--n", "12", "--seed", "3", "--write"]);
  assert.equal(measured.code, 0, measured.stderr);
  assert.match(measured.stdout, /held out, dense +12 /);
  assert.match(measured.stdout, /held out, as captioned +12 /);
  const { rows } = JSON.parse(readFileSync(join(known, "evaluation.json"), "utf8")) as {
    rows: { meanSquaredError: number; interval: { low: number; high: number }; peakSignalToNoise: number }[];
  };
  for (const { meanSquaredError, interval, peakSignalToNoise } of rows) {
    assert.ok(interval.low < meanSquaredError && meanSquaredError < interval.high);
    assert.ok(Math.abs(peakSignalToNoise - 10 * Math.log10(4 / meanSquaredError)) < 1e-9);
  }
  const refused = await command("evaluate", [plain]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /does not say which pictures it was trained on: .*squaredErrors/);
});
