/** A learned variance survives guidance, with and without a classifier, and respacing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  classifierGuided,
  ddpm,
  gaussianDenoiser,
  guided,
  linearSchedule,
  respace,
  respacedDenoiser,
  type Condition,
  type Denoiser,
  type LearnedVarianceDenoiser,
} from "../../../src/index.js";
import { drain } from "../samplers/diffusers-fixture.js";
import { fastNoise, largestDifference } from "../samplers/helpers.js";

const path = linearSchedule({ T: 100 });
const ideal = gaussianDenoiser(path, [0.2, -0.1], 0.25);

/** x̂_0 moves with the label where there is one, and v = |x|/(1 + |x|) with x, t and the label. */
const learned: LearnedVarianceDenoiser = {
  ...ideal,
  predict: (xt, t, condition) => learned.predictWithVariance(xt, t, condition).output,
  predictWithVariance: (xt, t, condition) => {
    const asked = condition ? tf.reshape(tf.cast(condition["label"], "float32"), [-1, 1]) : tf.scalar(0);
    const size = tf.add(tf.abs(xt), tf.add(asked, tf.reshape(tf.div(t, 100), [-1, 1])));
    return { output: tf.add(ideal.predict(xt, t), asked), fraction: tf.div(size, tf.add(size, 1)) };
  },
};

const xt = fastNoise(1)(0, [3, 2]);
const t = tf.tensor1d([3, 50, 90]);
const label = (value: number, count: number): Condition => ({ label: tf.fill([count], value, "int32") });

/** What predictWithVariance says, and that predict says the same of the mean. */
function asked(denoiser: Denoiser, condition?: Condition): { output: tf.Tensor; fraction: tf.Tensor } {
  const { predictWithVariance } = denoiser as Partial<LearnedVarianceDenoiser>;
  assert.ok(predictWithVariance, "the variance is lost");
  const both = predictWithVariance(xt, t, condition);
  assert.ok(largestDifference(both.output, denoiser.predict(xt, t, condition)) === 0);
  return both;
}

describe("a learned variance survives", () => {
  test("guidance without a classifier: it is the conditional branch's", () => {
    const denoiser = guided(learned, { guidanceScale: 3, unconditional: label(0, 1) });
    const { output, fraction } = asked(denoiser, label(2, 3));
    assert.equal(largestDifference(fraction, learned.predictWithVariance(xt, t, label(2, 3)).fraction), 0);
    // x̂_0 of the branches differs by 2: o_u + 3·2
    assert.ok(largestDifference(output, tf.add(ideal.predict(xt, t), 6)) < 1e-5);
  });

  test("guidance by a classifier: the mean moves by −b·scale·∇ ln p, the variance does not", () => {
    // ln p(y | x) = −|x − 1|²/2, with the slope 1 − x
    const denoiser = classifierGuided(
      learned,
      (x) => tf.mul(tf.sum(tf.square(tf.sub(x, 1)), 1), -0.5) as tf.Tensor1D,
      2,
    );
    const { output, fraction } = asked(denoiser);
    assert.equal(largestDifference(fraction, learned.predictWithVariance(xt, t).fraction), 0);
    const [x, x0, moved] = [xt, ideal.predict(xt, t), output].map((one) => one.dataSync());
    for (let i = 0; i < 6; i++) {
      const time = t.dataSync()[Math.floor(i / 2)];
      const [a, b] = [path.signal(time), path.noise(time)];
      const expected = (x[i] - a * x0[i]) / b - 2 * b * (1 - x[i]);
      assert.ok(Math.abs(moved[i] - expected) < 1e-4, `${moved[i]} should be ${expected}`);
    }
  });

  test("respacing: v is asked for at the parent's time", () => {
    const denoiser = respacedDenoiser(learned, respace(path, [3, 50, 90]));
    const { predictWithVariance } = denoiser as Partial<LearnedVarianceDenoiser>;
    assert.ok(predictWithVariance, "the variance is lost");
    const { fraction } = predictWithVariance(xt, tf.tensor1d([1, 2, 3]));
    assert.equal(largestDifference(fraction, learned.predictWithVariance(xt, t).fraction), 0);
  });

  test("all of them at once, and ddpm draws with it; nothing is left in memory", () => {
    const short = respace(path, [10, 40, 70, 100]);
    const all = classifierGuided(
      guided(respacedDenoiser(learned, short), { guidanceScale: 2, unconditional: label(0, 1) }),
      (x) => tf.mul(tf.sum(tf.square(x), 1), -0.5) as tf.Tensor1D,
    );
    const condition = label(1, 3);
    const before = tf.memory().numTensors;
    const drawn = drain(ddpm(all, short, xt, { steps: 4, noise: fastNoise(2), variance: "learned", condition }));
    assert.ok(drawn.dataSync().every(Number.isFinite));
    drawn.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
});
