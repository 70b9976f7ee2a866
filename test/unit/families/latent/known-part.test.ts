/** Blending with a known part: equal to replacing the state after each step, with deterministic and stochastic samplers. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as tf from "../../../../src/runtime/tf.js";
import {
  ddim,
  dpmSolverPlusPlus,
  eulerAncestral,
  normalNoise,
  sample,
  scaledLinearSchedule,
  type Denoiser,
  type Prediction,
} from "../../../../src/index.js";
import { keepingKnown } from "../../../../src/families/latent/known-part.js";
import { conversionRow } from "../../../../src/diffusion/predictions.js";

const path = scaledLinearSchedule({ T: 1000 });
const shape = [2, 4, 4, 3];
const noise = normalNoise(3);
const [xT, hidden] = [noise(0, shape), noise(100, shape)];
const picture = tf.mul(noise(200, shape), 0.4);
const mask = tf.tensor(
  Float32Array.from({ length: 32 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
  [2, 4, 4, 1],
);

/** A network whose x̂_0 mixes all pixels, so that the kept part matters to the drawn one. */
function mixing(predicts: Prediction): Denoiser {
  return {
    path,
    predicts,
    predict: (xt, t) =>
      tf.tidy(() => {
        const at = t.dataSync()[0];
        const row = conversionRow("sample", predicts, path.signal(at), path.noise(at));
        const x0 = tf.tanh(tf.add(tf.mul(xt, 0.3), tf.mean(xt, [1, 2], true)));
        return tf.add(tf.mul(xt, row.state), tf.mul(x0, row.output));
      }),
  };
}

const close = (a: tf.Tensor, b: tf.Tensor, within: number): void => {
  const apart = tf.max(tf.abs(tf.sub(a, b))).dataSync()[0];
  assert.ok(apart <= within, `${apart} apart`);
};

describe("a known part", () => {
  const times = [900, 600, 300, 50];

  for (const predicts of ["noise", "velocity", "sample"] as const) {
    it(`draws beside it what replacing the state after each step draws (${predicts})`, async () => {
      const denoiser = mixing(predicts);
      const ours = await sample(
        ddim(keepingKnown(denoiser, { latents: picture, mask, noise: hidden }, 900), path, xT, { times }),
      );
      // diffusers' way: one step, then the kept part is the picture noised to the next time.
      let x = xT.clone();
      for (const [i, t] of times.entries()) {
        const to = times[i + 1] ?? 0;
        const grid = to === 0 ? { times: [t] } : { times: [t, to], finish: "last" as const };
        const stepped = await sample(ddim(denoiser, path, x, grid));
        const kept = tf.add(tf.mul(picture, path.signal(to)), tf.mul(hidden, path.noise(to)));
        x = tf.add(tf.mul(stepped, mask), tf.mul(kept, tf.sub(1, mask)));
      }
      close(tf.mul(ours, mask), tf.mul(x, mask), 2e-5);
      close(tf.mul(ours, tf.sub(1, mask)), tf.mul(picture, tf.sub(1, mask)), 2e-5);
    });
  }

  it("is reached by every sampler, with noise and without", async () => {
    const denoiser = keepingKnown(mixing("noise"), { latents: picture, mask, noise: hidden });
    for (const run of [
      eulerAncestral(denoiser, path, xT, { times, noise }),
      dpmSolverPlusPlus(denoiser, path, xT, { times }),
    ]) {
      const drawn = await sample(run);
      close(tf.mul(drawn, tf.sub(1, mask)), tf.mul(picture, tf.sub(1, mask)), 1e-4);
    }
  });
});
