/** What a picture costs on latents and on pixels: equal networks, costs put together, the side that one second buys. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { loadedGraphs } from "diffusion-lab/compile";
import { tf } from "diffusion-lab/runtime";
import { tinyUnetConfig } from "../../../src/families/latent/recipes.js";
import { latentLine } from "../../bench/headlines.js";
import {
  pictureCost,
  sideWithin,
  trainingCost,
  type MeasurePart,
  type PictureCost,
} from "../../bench/latent/measure.js";
import { latentUnet, unetOf } from "../../bench/latent/networks.js";
import { latentMarkdown, secondSentence } from "../../bench/latent/report.js";
import { latentWork, TRAINED } from "../../bench/latent/work.js";

after(() => tf.disposeVariables());

test("both networks have the same size, and that on latents is the one that is trained here", () => {
  assert.deepEqual({ ...tinyUnetConfig, attention_head_dim: 4 }, latentUnet);
  const [latents, pixels] = (["latents", "pixels"] as const).map((space) => unetOf(space).parameters.count);
  assert.equal(Math.abs(pixels / latents - 1) < 0.02, true, `${latents} and ${pixels}`);
});

test("the work of each part is counted by its graph: pixels cost several times what latents cost", () => {
  const operations = (order: Parameters<typeof latentWork>[0]): number => {
    const before = loadedGraphs().reduce((sum, { flops }) => sum + flops, 0);
    const work = latentWork(order);
    work.step();
    return work.flops!() - before;
  };
  const latents = operations({ space: "latents", side: 32, part: "evaluation" });
  const pixels = operations({ space: "pixels", side: 32, part: "evaluation" });
  const decoding = operations({ space: "latents", side: 32, part: "decoding" });
  // Counted by PyTorch's counter: 208 and 311 million for one picture, the context a tenth shorter.
  assert.equal(Math.abs(latents / (2 * 208e6) - 1) < 0.05, true, `${latents}`);
  // Doubling and the convolution behind it are four taps here, nine there.
  assert.equal(decoding > 0.8 * 311e6 && decoding < 311e6, true, `${decoding}`);
  assert.equal(pixels > 1.5 * latents, true, `${pixels} and ${latents}`);
});

const fake: MeasurePart = ({ space, side, part }) => {
  const units = side ** 2 * (space === "pixels" ? 4 : 1) * (part === "evaluation" ? 1 : 3);
  return Promise.resolve({ ms: units / 1000, flops: units, peak: units, parameters: 4e6 });
};

test("a picture costs its steps, and on latents the decoder once", async () => {
  const latents = await pictureCost(fake, "latents", 32, 20);
  assert.deepEqual([latents.flops, latents.seconds, latents.peak], [23 * 1024, (23 * 1.024) / 1000, 3 * 1024]);
  const pixels = await pictureCost(fake, "pixels", 32, 20);
  assert.deepEqual([pixels.flops, pixels.peak], [20 * 4 * 1024, 4 * 1024]);
  assert.equal((await trainingCost(fake, "latents", 32)).flops, (3 * 1024) / TRAINED);
});

test("between measured sides a power law gives the side of one second", () => {
  const cost = (side: number, seconds: number): PictureCost => {
    return { space: "latents", side, seconds, flops: 0, peak: 0, parameters: 1 };
  };
  const square = [64, 32, 128].map((side) => cost(side, side ** 2 / 5000));
  assert.equal(Math.abs(sideWithin(square, 1)! - Math.sqrt(5000)) < 1e-9, true);
  assert.equal(sideWithin(square, 100), undefined);
  assert.equal(sideWithin(square, 0.01), 0);
  const both = [...square, { ...cost(32, 2), space: "pixels" as const }];
  const sentence = "In one second a picture of 71 pixels a side is drawn on latents, of less than 32 on pixels.";
  assert.equal(secondSentence(both), sentence);
  const page = latentMarkdown({ steps: 20, pictures: both, training: [], machine: "2 cores, X" });
  assert.match(page, /^\| drawn \| 32 \| 0\.00 \| 0\.205 \| 0 \| 0\.00 \| 2\.00 \| 0 \| 9\.8 \|$/m);
  assert.equal(latentLine(page), `i${sentence.slice(1)}`);
});
