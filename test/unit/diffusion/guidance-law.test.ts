/** Which law guidance draws: exact for two Gaussians of one mean. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  dpmSolverPlusPlus,
  gaussianDenoiser,
  guided,
  linearSchedule,
  sample,
  type Denoiser,
} from "../../../src/index.js";

const path = linearSchedule({ T: 1000 });

/** Label 0 knows the class, whose variance is `conditional`; label 1 stands for none. */
function twoGaussians(conditional: number, free: number): Denoiser {
  const [known, unknown] = [conditional, free].map((variance) => gaussianDenoiser(path, [0], variance));
  return {
    path,
    predicts: "sample",
    predict: (x, t, condition) => {
      const none = tf.reshape(tf.cast(condition!.label, "float32"), [-1, 1]);
      return tf.add(tf.mul(unknown.predict(x, t), none), tf.mul(known.predict(x, t), tf.sub(1, none)));
    },
  };
}

// The ODE's map is linear, so that its factor squared is the variance. In σ: d ln x = σ·(w/(v_c + σ²) + (1 − w)/(v_u + σ²)) dσ.
test("the guided ODE ends at the variance v_c^w·v_u^(1−w), and not at the sharpened law's", async () => {
  for (const [conditional, free, scale] of [
    [1, 2, 2],
    [1, 2, 5],
    [0.5, 3, 1.5],
  ]) {
    const denoiser = guided(twoGaussians(conditional, free), {
      guidanceScale: scale,
      unconditional: { label: tf.tensor1d([1], "int32") },
    });
    const options = { steps: 200, condition: { label: tf.tensor1d([0], "int32") } };
    const end = await sample(dpmSolverPlusPlus(denoiser, path, tf.ones([1, 1]), options));
    const variance = end.dataSync()[0] ** 2;
    const drawn = conditional ** scale * free ** (1 - scale);
    const sharpened = 1 / (scale / conditional + (1 - scale) / free);
    assert.ok(Math.abs(variance / drawn - 1) < 5e-3, `${variance} for ${drawn}`);
    assert.ok(Math.abs(variance / sharpened - 1) > 0.05, `${variance} is the sharpened law's ${sharpened}`);
  }
});
