/** Arguments that would give silently wrong numbers are refused where they enter the theory. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import {
  convertPrediction,
  cosineSchedule,
  flowPath,
  gaussianDenoiser,
  guided,
  laplaceSchedule,
  linearSchedule,
  logitNormalTimes,
  logNormalLevels,
  lossAwareTimes,
  lossWeights,
  mixtureDenoiser,
  preconditionedTarget,
  quadraticSchedule,
  respace,
  sigmoidAlphaBarSchedule,
  simpleLoss,
  trainingTarget,
  type Covariance,
  type Prediction,
  type Weighting,
} from "../../../src/index.js";

const schedule = linearSchedule();
const good = tf.tensor2d([
  [1, 2],
  [3, 4],
]);
const column = tf.tensor2d([[1], [2]]);
const bad = tf.tensor2d([
  [1, 2],
  [NaN, 4],
]);
const nonsense = "epsilon" as Prediction;

const weights = (weighting: string, options: object = {}, t = 500, prediction: Prediction = "noise") =>
  lossWeights(schedule, prediction, weighting as Weighting, t, 1, options);
const mixture = (means: number[][], covariance: Covariance = 1, shares?: number[]) =>
  mixtureDenoiser(schedule, { means, covariances: [covariance], weights: shares });
const onLabels = (condition: tf.Tensor, none: tf.Tensor) =>
  guided(
    { path: schedule, predicts: "noise", predict: (x) => x.clone() },
    { guidanceScale: 2, unconditional: { text: none } },
  ).predict(good, tf.tensor1d([5, 5]), { text: condition });

const doors: [RegExp, () => unknown][] = [
  [
    /^weight has shape \[2,1\]: give one weight per example, \[2\]$/,
    () => simpleLoss(good, good, column as unknown as tf.Tensor1D),
  ],
  [
    /^weight has shape \[3\]: give one weight per example, \[2\]$/,
    () => simpleLoss(good, good, tf.tensor1d([1, 2, 3])),
  ],
  [
    /^the score −ε\/b does not exist at t = 0, .* draw times above 0$/,
    () => trainingTarget(schedule, "score", good, 0, good),
  ],
  [/^the score −ε\/b does not exist at t = 0, /, () => trainingTarget(flowPath(), "score", good, [0.5, 0], good)],
  [/^x0 has shape \[2,1\] but xt has \[2,2\]/, () => preconditionedTarget(schedule, column, good, [5, 5])],
  [/^x0 holds NaN or infinite values, 1 of 4/, () => preconditionedTarget(schedule, bad, good, [5, 5])],
  [/^xt holds NaN or infinite values, 1 of 4/, () => preconditionedTarget(schedule, good, bad, [5, 5])],
  [
    /^t = 5000 is outside 0 … 1000, the times of "linear"/,
    () => convertPrediction(schedule, "noise", "noise", good, good, 5000),
  ],
  [/^got 3 times for a batch of 2/, () => convertPrediction(schedule, "noise", "noise", good, good, [1, 2, 3])],
  [
    /^unknown prediction "epsilon": use one of noise, /,
    () => convertPrediction(schedule, nonsense, nonsense, good, good, 5),
  ],
  [/^gamma of min-snr must be a finite number > 0, got -1$/, () => weights("min-snr", { gamma: -1 })],
  [/^gamma of p2 must be a finite number ≥ 0, got -1$/, () => weights("p2", { gamma: -1 })],
  [/^k of p2 must be a finite number ≥ 0, got -1$/, () => weights("p2", { k: -1 })],
  [/^sigmaData must be a finite number > 0, got 0$/, () => weights("edm", { sigmaData: 0 })],
  [/^weighting must be one of simple, uniform, .*, got min_snr: did you mean "min-snr"\?$/, () => weights("min_snr")],
  [/^t = 5000 is outside 0 … 1000/, () => weights("simple", {}, 5000)],
  [/^t = -1 is outside 0 … 1000/, () => weights("snr", {}, -1)],
  [/^unknown prediction "epsilon"/, () => weights("simple", {}, 500, nonsense)],
  [
    /^every entry of mean 1 must be a finite number, got NaN$/,
    () =>
      mixture([
        [0, 0],
        [0, NaN],
      ]),
  ],
  [
    /^every entry of covariance 0 must be a finite number, got NaN$/,
    () =>
      mixture(
        [[0, 0]],
        [
          [1, NaN],
          [NaN, 1],
        ],
      ),
  ],
  [/^every entry of covariance 0 must be a finite number, got Infinity$/, () => mixture([[0]], Infinity)],
  [/^weights must be 2 finite numbers > 0, got \[1,Infinity\]$/, () => mixture([[0], [1]], 1, [1, Infinity])],
  [
    /^got 1 times for a batch of 2: give one time per example/,
    () => gaussianDenoiser(schedule, [0, 0], 1).predict(good, tf.tensor1d([5])),
  ],
  [/^uniformShare must lie in 0 … 1, got 5$/, () => lossAwareTimes(10, { uniformShare: 5 })],
  [/^length must be a whole number ≥ 1, got 0$/, () => lossAwareTimes(10, { length: 0 })],
  [/^T must be a whole number ≥ 1, got 2\.5$/, () => lossAwareTimes(2.5)],
  [/^mean must be a finite number, got NaN$/, () => logitNormalTimes(flowPath(), { mean: NaN })],
  [
    /^deviation must be a finite number > 0, got Infinity$/,
    () => logitNormalTimes(flowPath(), { deviation: Infinity }),
  ],
  [/^mean must be a finite number, got -Infinity$/, () => logNormalLevels(flowPath(), { mean: -Infinity })],
  [/^deviation must be a finite number > 0, got 0$/, () => logNormalLevels(flowPath(), { deviation: 0 })],
  [/^tau must be a finite number > 0, got NaN$/, () => sigmoidAlphaBarSchedule({ tau: NaN })],
  [/^need start < end, got 3 and -3$/, () => sigmoidAlphaBarSchedule({ start: 3, end: -3 })],
  [
    /^schedule "sigmoid-alpha-bar": step 1 of 1000 adds no noise, β = 0: use a larger tau/,
    () => sigmoidAlphaBarSchedule({ tau: 0.002 }),
  ],
  [
    /^row 0 of a covariance for 2 dimensions has 3 entries$/,
    () =>
      mixture(
        [[0, 0]],
        [
          [1, 0, 9],
          [0, 1, 9],
        ],
      ),
  ],
  [/^referenceT must be a finite number > 0, got NaN$/, () => linearSchedule({ referenceT: NaN })],
  [/^referenceT must be a finite number > 0, got 0$/, () => quadraticSchedule({ referenceT: 0 })],
  [/^s must be a finite number ≥ 0, got Infinity$/, () => cosineSchedule({ s: Infinity })],
  [/^mean must be a finite number, got NaN$/, () => laplaceSchedule({ mean: NaN })],
  [
    /^schedule "laplace": ᾱ is already 0 at t = \d+, with \d+ steps to come: use a larger mean/,
    () => laplaceSchedule({ mean: -800 }),
  ],
  [/^respacing needs at least one time to keep/, () => respace(schedule, [])],
  [/^respacing needs at least one time to keep/, () => respace(schedule, [0])],
  [
    /^"text" has shape \[2,3\] but the unconditional one \[1,4\]: give both the same shape per example$/,
    () => onLabels(tf.zeros([2, 3]), tf.zeros([1, 4])),
  ],
  [
    /^"text" has shape \[2,3\] but the unconditional one \[1,3,1\]/,
    () => onLabels(tf.zeros([2, 3]), tf.zeros([1, 3, 1])),
  ],
];

test("what would be silently wrong is refused at the door, by its name", () => {
  for (const [message, enter] of doors) {
    assert.throws(
      enter,
      (error: Error) => {
        assert.ok(error instanceof RangeError, `${String(message)}: ${error.stack}`);
        assert.match(error.message, message);
        return true;
      },
      String(message),
    );
  }
});

test("a steep sigmoid, whose S(end) is 1 to rounding, is a schedule all the same", () => {
  const { alphaBar } = sigmoidAlphaBarSchedule({ T: 100, start: -1, tau: 0.05, maxBeta: 0.999 });
  // ᾱ(u) → S(−x/τ), x = −1 + 4u, away from both ends
  assert.ok(Math.abs(alphaBar[28] * (1 + Math.exp(0.12 / 0.05)) - 1) < 1e-8, `${alphaBar[28]}`);
});
