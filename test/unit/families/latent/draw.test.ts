/** Drawing from a latent pipeline: what an example depends on, what each step shows, what ends it, what stays in memory. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import * as tf from "../../../../src/runtime/tf.js";
import { torchNoise } from "../../../../src/index.js";
import type { LatentStep } from "../../../../src/families/latent/request.js";
import { tinyModel } from "./tiny.js";

const model = tinyModel();
after(() => model.dispose());

const steps = 3;
const prompt = "red fox";
const read = (x: tf.Tensor): number[] => {
  const values = [...x.dataSync()];
  x.dispose();
  return values;
};
const draw = async (request: object): Promise<number[]> =>
  read(await model.draw({ count: 1, steps, seed: 3, condition: { prompt }, output: "latents", ...request }));
const apart = (a: readonly number[], b: readonly number[]): number => {
  assert.equal(a.length, b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
};

describe("drawing from a latent pipeline", () => {
  it("knows its size and what may be asked", () => {
    assert.deepEqual(model.shape, [16, 16, 3]);
    assert.deepEqual(model.conditions, { prompt: { kind: "text" } });
    assert.equal(model.describe({ count: 1, condition: { prompt } }), "ddim, 50 steps, guidance 7.5");
    assert.equal(model.describe({ count: 1, steps: 20 }), "ddim, 20 steps");
    const image = tf.zeros([16, 16, 3]);
    assert.equal(
      model.describe({
        count: 1,
        steps: 20,
        image,
        strength: 0.56,
        sampler: "euler",
        condition: { prompt },
        guidance: 3,
      }),
      "euler, 11 steps, strength 0.56, guidance 3",
    );
    image.dispose();
  });

  it("draws pictures in −1 … 1, of the size asked for", async () => {
    const images = await model.draw({ count: 2, steps, condition: { prompt }, height: 8, width: 20 });
    assert.deepEqual(images.shape, [2, 8, 20, 3]);
    assert.ok(read(images).every((value) => Math.abs(value) <= 1));
  });

  for (const noise of ["torch", "streams"] as const) {
    it(`example i depends on the seed and on i alone, not on the batch (${noise})`, async () => {
      const request = { count: 3, sampler: "euler-ancestral", noise };
      const [together, singly] = [await draw({ ...request, batchSize: 3 }), await draw({ ...request, batchSize: 1 })];
      assert.ok(apart(together, singly) < 2e-5);
      const first = await draw({ ...request, count: 1 });
      assert.ok(apart(together.slice(0, first.length), first) < 2e-5);
    });
  }

  it("is led by the prompt, and away from the negative one", async () => {
    const plain = await draw({});
    assert.ok(apart(plain, await draw({ condition: { prompt: "green hill" } })) > 1e-3);
    assert.ok(apart(plain, await draw({ negative: "hill" })) > 1e-3);
    assert.ok(apart(plain, await draw({ condition: { prompt: "(red:1.5) fox" } })) > 1e-3);
    assert.ok(apart(plain, await draw({ clipSkip: 1 })) > 1e-3);
    assert.equal(apart(plain, await draw({ condition: { prompt: "red fox" }, negative: "" })), 0);
  });

  it("takes a prompt for each example, of any length", async () => {
    const long = "a red fox on a green hill on a red hill";
    const prompts = [prompt, long, prompt];
    const all = await draw({ count: 3, condition: { prompt: prompts } });
    const size = all.length / 3;
    const first = await draw({ condition: { prompt } });
    assert.ok(apart(all.slice(0, size), first) < 2e-5);
    const seed = 4;
    assert.ok(apart(all.slice(size, 2 * size), await draw({ seed, condition: { prompt: long } })) < 2e-5);
  });

  it("without guidance asks for the prompt alone", async () => {
    const unguided = await draw({ guidance: 1 });
    assert.ok(apart(unguided, await draw({ guidanceInterval: [0, 1] })) < 2e-5);
    assert.ok(apart(unguided, await draw({})) > 1e-3);
  });

  it("starts from latents that are given as from those of the seed", async () => {
    const latents = torchNoise(3)(0, [1, 4, 4, 4]);
    assert.ok(apart(await draw({ latents, seed: 99 }), await draw({})) < 1e-6);
    latents.dispose();
  });

  it("takes int(steps·strength) of the steps from a picture, as diffusers counts", async () => {
    const image = tf.zeros([16, 16, 3]);
    const times: number[] = [];
    await draw({ image, steps: 50, strength: 0.55, onStep: ({ t }: LatentStep) => void times.push(t) });
    // diffusers: timesteps 521, …, 1 of 0 … 999; one more here, and a last step to t = 1.
    assert.equal(times.length, 27);
    assert.deepEqual([times[0], times.at(-1)], [522, 2]);
    image.dispose();
  });

  it("keeps a picture outside the mask, and draws inside", async () => {
    const image = tf.tidy(() => tf.sin(tf.reshape(tf.range(0, 16 * 16 * 3), [16, 16, 3])));
    const mask = tf.tidy(() => tf.concat([tf.zeros([16, 8]), tf.ones([16, 8])], 1));
    const one = await draw({ image, mask });
    const other = await draw({ image, mask, condition: { prompt: "green hill" } });
    const columns = (values: number[], inside: boolean): number[] =>
      values.filter((_, i) => Math.floor(i / 4) % 4 >= 2 === inside);
    assert.ok(apart(columns(one, false), columns(other, false)) < 1e-5);
    assert.ok(apart(columns(one, true), columns(other, true)) > 1e-3);
    tf.dispose([image, mask]);
  });

  it("shows each step: the estimate, a rough picture of it, the whole one", async () => {
    const seen: [number, number[], number[]][] = [];
    const progress: number[] = [];
    await draw({
      count: 2,
      batchSize: 1,
      onProgress: (done: number) => progress.push(done),
      onStep: ({ step, x0, preview, decode }: LatentStep) => {
        assert.deepEqual(x0.shape, [1, 4, 4, 4]);
        const views = [preview(), decode()];
        seen.push([step, views[0].shape, views[1].shape]);
        tf.dispose(views);
      },
    });
    const shapes = [
      [1, 4, 4, 3],
      [1, 16, 16, 3],
    ] as const;
    assert.deepEqual(
      seen,
      [1, 2, 3, 1, 2, 3].map((step) => [step, ...shapes]),
    );
    assert.ok(progress.every((done, i) => i === 0 || done > progress[i - 1]));
    assert.equal(progress.at(-1), 1);
  });

  it("ends between two steps when it is told to, and leaves nothing in memory", async () => {
    await draw({});
    const before = tf.memory().numTensors;
    const stop = new AbortController();
    const onStep = ({ step }: LatentStep): void => void (step === 2 && stop.abort(new Error("enough")));
    await assert.rejects(draw({ signal: stop.signal, onStep }), /enough/);
    await draw({ count: 2, negative: "hill", sampler: "dpm++2m" });
    assert.equal(tf.memory().numTensors, before);
  });

  it("draws by every sampler of the library", async () => {
    for (const sampler of ["pndm", "lms", "unipc-3", "flow-euler", "reverse-sde", "consistency", "dpm-solver-3"]) {
      const chooses = sampler === "consistency";
      const drawn = await draw({ sampler, steps: chooses ? undefined : 4 });
      assert.ok(drawn.every(Number.isFinite), sampler);
    }
  });
});

describe("a U-Net that paints within a mask", () => {
  const painter = tinyModel({ channels: 9 });
  after(() => painter.dispose());
  const image = tf.zeros([16, 16, 3]);
  const mask = tf.ones([16, 16, 1]);

  it("is shown mask and picture, with strength 1 and less", async () => {
    for (const strength of [1, 0.7]) {
      const drawn = await painter.draw({ count: 2, steps: 4, condition: { prompt }, image, mask, strength });
      assert.deepEqual(drawn.shape, [2, 16, 16, 3]);
      drawn.dispose();
    }
  });

  it("refuses to draw without them", async () => {
    await assert.rejects(
      painter.draw({ count: 1, condition: { prompt } }),
      /draws within a mask: give an image and a mask/,
    );
  });
});
