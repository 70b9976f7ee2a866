/** Losses, weights and bounds have the values that papers and closed forms give. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import {
  boundTerm,
  convertPrediction,
  cosineSchedule,
  ddim,
  discretizedLogLikelihood,
  edmPath,
  edmPreconditioning,
  flowPath,
  gaussianDenoiser,
  gaussianKl,
  hybridLoss,
  linearSchedule,
  logVarianceBounds,
  lossWeights,
  noiseLevel,
  normalNoise,
  pathPreconditioning,
  posterior,
  preconditioned,
  preconditionedTarget,
  predictions,
  qSample,
  scaledLinearSchedule,
  scoreMatchingLoss,
  sigmoidBetaSchedule,
  simpleLoss,
  splitLearnedVariance,
  trainingTarget,
  variationalBound,
  zeroTerminalSnr,
  type BoundOptions,
  type Denoiser,
  type LearnedVarianceDenoiser,
  type Weighting,
} from "../../../src/index.js";
import { estimateNumbers } from "../../../src/diffusion/hybrid-loss.js";

const scalar = (x: tf.Tensor): number => x.dataSync()[0];
const near = (actual: number, expected: number, tolerance: number, what = ""): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what} ${actual}, expected ${expected} ± ${tolerance}`);

test("losses weighted alike are equal whatever is predicted", () => {
  const weightings: Weighting[] = ["uniform", "snr", "truncated-snr", "snr+1", "min-snr", "p2", "edm"];
  fc.assert(
    fc.property(
      fc.constantFrom(...weightings),
      fc.array(fc.integer({ min: 20, max: 900 }), { minLength: 3, maxLength: 3 }),
      fc.integer({ min: 0, max: 1e6 }),
      fc.constantFrom(linearSchedule(), cosineSchedule(), scaledLinearSchedule(), sigmoidBetaSchedule()),
      fc.integer({ min: 1, max: 6 }),
      (weighting, times, seed, schedule, width) => {
        const [x0, noise, guess] = [0, 1, 2].map((draw) => normalNoise(seed)(draw, [3, width]));
        const xt = qSample(schedule, x0, times, noise);
        const losses = predictions.map((prediction) => {
          const target = trainingTarget(schedule, prediction, x0, times, noise);
          const output = convertPrediction(schedule, "noise", prediction, guess, xt, times);
          const weights = lossWeights(schedule, prediction, weighting, times, 3);
          return scalar(simpleLoss(output, target, tf.tensor1d(weights)));
        });
        losses.forEach((loss) => near(loss / losses[0], 1, 2e-3, `${weighting}: ${losses}`));
      },
    ),
    { numRuns: 40 },
  );
});

test("weights have the published closed forms", () => {
  const schedule = cosineSchedule();
  for (const t of [100, 500, 900]) {
    const snr = schedule.snr[t];
    const weight = (
      ...[prediction, weighting, options]: [Parameters<typeof lossWeights>[1], Weighting, object?]
    ): number => lossWeights(schedule, prediction, weighting, t, 1, options)[0];
    const same = (a: number, b: number): void => near(a / b, 1, 1e-6);
    same(weight("noise", "min-snr"), Math.min(snr, 5) / snr);
    same(weight("velocity", "min-snr"), Math.min(snr, 5) / (snr + 1));
    same(weight("sample", "min-snr", { gamma: 2 }), Math.min(snr, 2));
    same(weight("noise", "snr"), 1);
    same(weight("velocity", "snr+1"), 1);
    same(weight("sample", "truncated-snr"), Math.max(snr, 1));
    same(weight("noise", "p2"), 1 / (1 + snr));
    assert.equal(weight("velocity", "simple"), 1);
  }
  // EDM: λ·c_out² = 1, so that its loss is the plain error of F.
  const sigma = 3;
  near(lossWeights(edmPath(), "sample", "edm", sigma, 1)[0] * edmPreconditioning(sigma).out ** 2, 1, 1e-6);
  assert.throws(() => lossWeights(schedule, "sample", "snr", 0, 1), /not finite at t = 0/);
});

test("ε and the score are not trained on a schedule without terminal SNR, v and x_0 are", () => {
  const schedule = zeroTerminalSnr(linearSchedule());
  for (const weighting of ["simple", "uniform"] as const) {
    for (const prediction of ["noise", "score"] as const)
      assert.throws(
        () => lossWeights(schedule, prediction, weighting, 500, 1),
        /zero terminal SNR.*predict velocity or sample/,
      );
    for (const prediction of ["velocity", "sample", "flow"] as const)
      assert.ok(lossWeights(schedule, prediction, weighting, 1000, 1)[0] > 0);
  }
  assert.throws(() => estimateNumbers(schedule, "noise", 500), /zero terminal SNR/);
  // Where T itself is never trained, ε may be.
  assert.equal(lossWeights(flowPath(), "noise", "simple", 0.5, 1)[0], 1);
});

test("EDM preconditioning: its closed form, unit variances, and target and denoiser that belong together", () => {
  const { skip, out, in: scale, noise } = edmPreconditioning(2, 0.5);
  near(skip, 0.25 / 4.25, 1e-12);
  near(out, 1 / Math.sqrt(4.25), 1e-12);
  near(scale, 1 / Math.sqrt(4.25), 1e-12);
  near(noise, Math.log(2) / 4, 1e-12);
  const path = linearSchedule();
  const [x0, epsilon] = [normalNoise(1)(0, [3, 2]), normalNoise(1)(1, [3, 2])];
  const times = [30, 400, 800];
  const xt = qSample(path, x0, times, epsilon);
  const target = preconditionedTarget(path, x0, xt, times);
  // A network that outputs its target makes the denoiser output x_0.
  const d = preconditioned(() => target.clone(), path)
    .predict(xt, tf.tensor1d(times))
    .dataSync();
  x0.dataSync().forEach((value, i) => near(d[i], value, 1e-4));
});

test("EDM preconditioning goes on where no signal is left, as the limit of σ → ∞", () => {
  const [x0, epsilon] = [tf.mul(normalNoise(1)(0, [3, 2]), 0.5), normalNoise(1)(1, [3, 2])];
  for (const path of [flowPath(), zeroTerminalSnr(linearSchedule())]) {
    const { skip, out, in: scale, noise } = pathPreconditioning(path, path.T, 0.25);
    assert.deepEqual([skip, out, scale, noise], [0, 0.25, 1, Math.log(1000) / 4]);
    // Below T it is EDM's own, on x̃ = x/a.
    for (const t of [0.2 * path.T, 0.9 * path.T]) {
      const [ours, edm] = [pathPreconditioning(path, t), edmPreconditioning(noiseLevel(path, t))];
      near(ours.skip * path.signal(t), edm.skip, 1e-12);
      near(ours.in * path.signal(t), edm.in, 1e-12);
      near(ours.out, edm.out, 1e-12);
      near(ours.noise, edm.noise, 1e-12);
    }
    const times = [path.T, 0.5 * path.T, path.T];
    const xt = qSample(path, x0, times, epsilon);
    const target = preconditionedTarget(path, x0, xt, times);
    const d = preconditioned(() => target.clone(), path)
      .predict(xt, tf.tensor1d(times))
      .dataSync();
    x0.dataSync().forEach((value, i) => near(d[i], value, 1e-6));
    // The network of Gaussian data, s = σ_data: c_skip·x̃ is the whole answer and F is 0.
    const denoiser = preconditioned((x) => tf.zerosLike(x), path);
    const run = ddim(denoiser, path, epsilon, { steps: 20 });
    let step = run.next();
    while (!step.done) step = run.next();
    const deviations = tf.div(step.value, epsilon).dataSync();
    deviations.forEach((deviation) => near(deviation, 0.5, 0.1));
  }
  assert.throws(() => edmPreconditioning(Infinity), /^RangeError: sigma must be a finite number > 0, got Infinity/);
  assert.throws(
    () => preconditionedTarget(flowPath(), x0, x0, [0, 0.5, 1]),
    /no preconditioning at t = 0, where x_t holds no noise: draw times above 0/,
  );
});

test("score matching is ε-MSE in disguise, flow matching the straight velocity", () => {
  const schedule = linearSchedule();
  const [guess, noise] = [normalNoise(1)(0, [3, 4]), normalNoise(1)(1, [3, 4])];
  const times = [5, 300, 990];
  const b = tf.tensor2d(times.map((t) => [schedule.noise(t)]));
  const loss = scalar(scoreMatchingLoss(schedule, tf.neg(tf.div(guess, b)), noise, times));
  near(loss, scalar(simpleLoss(guess, noise)), 1e-5);
  const path = flowPath();
  const u = trainingTarget(path, "flow", guess, [0.1, 0.5, 0.9], noise);
  // dx_t/dt by finite difference
  const [before, after] = [0.499, 0.501].map((t) => qSample(path, guess, t, noise));
  const slope = tf.div(tf.sub(after, before), 0.002).dataSync();
  u.dataSync().forEach((value, i) => near(value, slope[i], 1e-3));
});

test("the KL of two Gaussians is the published number, zero for equals", () => {
  // KL(N(0.3, e^-1) ‖ N(-0.2, e^0.5)) in nats
  near(
    scalar(gaussianKl(tf.tensor1d([0.3]), tf.tensor1d([-1]), tf.tensor1d([-0.2]), tf.tensor1d([0.5]))),
    0.4373814166,
    1e-6,
  );
  assert.equal(scalar(gaussianKl(tf.tensor1d([0.3]), tf.tensor1d([-1]), tf.tensor1d([0.3]), tf.tensor1d([-1]))), 0);
});

test("the probabilities of all grey levels sum to 1, tails included", () => {
  const x = tf.tensor1d(Array.from({ length: 256 }, (_, k) => (2 * k) / 255 - 1));
  for (const [mean, deviation] of [
    [0.1, 0.3],
    [-1.2, 0.05],
    [0.5, 2],
  ]) {
    const logs = discretizedLogLikelihood(x, tf.fill([256], mean), tf.fill([256], Math.log(deviation)));
    near(scalar(tf.sum(tf.exp(logs))), 1, 1e-4);
  }
});

test("the bound's terms vanish for the true posterior, and grow with an error of the mean", () => {
  const schedule = linearSchedule();
  const x0 = tf.mul(normalNoise(1)(0, [2, 6]), 0.3);
  const noise = normalNoise(1)(1, [2, 6]);
  const times = [2, 700];
  const xt = qSample(schedule, x0, times, noise);
  const { mean } = posterior(schedule, x0, xt, times);
  const logVariance = tf.tensor2d(times.map((t) => [Math.log(schedule.posteriorVariance[t])]));
  boundTerm(schedule, x0, xt, times, { mean, logVariance })
    .dataSync()
    .forEach((term) => near(term, 0, 1e-5));
  const off = boundTerm(schedule, x0, xt, times, { mean: tf.add(mean, 0.01), logVariance }).dataSync();
  // ½·0.01²/β̃ in bits
  times.forEach((t, i) => near(off[i], 0.5e-4 / schedule.posteriorVariance[t] / Math.LN2, 1e-3 * off[i] + 1e-5));
});

test("for Gaussian data and its ideal denoiser the bound lies just above the entropy", () => {
  const schedule = linearSchedule({ T: 200 });
  const deviation = 0.25;
  // Data on the 8-bit grid, as pixels are.
  const x0 = tf.div(tf.round(tf.mul(tf.mul(normalNoise(7)(0, [60, 16]), deviation), 127.5)), 127.5);
  const denoiser = gaussianDenoiser(schedule, new Array<number>(16).fill(0), deviation ** 2);
  const fresh = normalNoise(8);
  const report = variationalBound(denoiser, schedule, x0, { noise: fresh, variance: "beta" });
  // Bits of a rounded Gaussian: log₂(s·√(2πe)) − log₂(bin), estimated on these very samples.
  const own =
    0.5 * Math.log2(2 * Math.PI * deviation ** 2) + scalar(tf.mean(tf.square(tf.div(x0, deviation)))) / 2 / Math.LN2;
  const entropy = own - Math.log2(2 / 255);
  assert.ok(
    report.total > entropy - 0.05 && report.total < entropy + 0.35,
    `bound ${report.total}, entropy ${entropy}`,
  );
  assert.equal(report.terms.length, 200);
  near(
    report.total,
    report.terms.reduce((sum, term) => sum + term, report.prior),
    1e-9,
  );
  // The error of the ideal estimate is the posterior variance s²·b²/(a²s² + b²).
  const t = 120;
  const [a, b] = [schedule.signal(t), schedule.noise(t)];
  near(report.dataError[t - 1], (deviation ** 2 * b * b) / (a * a * deviation ** 2 + b * b), 0.01);
});

test("the bound's prior and errors are their closed forms where x_T still shows the data", () => {
  const schedule = linearSchedule({ T: 20, referenceT: 20 });
  const { T } = schedule;
  const deviation = 0.3;
  const x0 = tf.clipByValue(tf.mul(normalNoise(3)(0, [200, 16]), deviation), -1, 1);
  const denoiser = gaussianDenoiser(schedule, new Array<number>(16).fill(0), deviation ** 2);
  const report = variationalBound(denoiser, schedule, x0, { noise: normalNoise(4) });
  // KL(N(a·x_0, b²) ‖ N(0, 1)) = ½·(a²·x_0² + b² − 1 − ln b²)
  const [a, b] = [schedule.signal(T), schedule.noise(T)];
  assert.ok(a > 0.9, `SNR_T is large: a = ${a}`);
  const square = scalar(tf.mean(tf.square(x0)));
  near(report.prior, (0.5 * (a * a * square + b * b - 1 - Math.log(b * b))) / Math.LN2, 1e-5, "prior");
  near(report.total / report.terms.reduce((sum, term) => sum + term, report.prior), 1, 1e-12, "total");
  for (const t of [1, 10, T]) {
    const [at, bt] = [schedule.signal(t), schedule.noise(t)];
    // x_t = a·x̂_0 + b·ε̂: an error δ of x̂_0 is −(a/b)·δ of ε̂.
    near(report.noiseError[t - 1] / ((at / bt) ** 2 * report.dataError[t - 1]), 1, 1e-3, `errors at t = ${t}`);
    const floor = (at * at * deviation ** 2) / (at * at * deviation ** 2 + bt * bt);
    near(report.noiseError[t - 1] / floor, 1, 0.1, `noise error at t = ${t}`);
  }
});

test("a learned variance of v = 0 is the posterior's and of v = 1 is β", () => {
  const schedule = linearSchedule({ T: 50 });
  const x0 = tf.clipByValue(tf.mul(normalNoise(5)(0, [8, 4]), 0.3), -1, 1);
  const ideal = gaussianDenoiser(schedule, [0, 0, 0, 0], 0.09);
  const learned = (v: number): LearnedVarianceDenoiser => ({
    ...ideal,
    predictWithVariance: (xt, t) => ({ output: ideal.predict(xt, t), fraction: tf.fill(xt.shape, v) }),
  });
  const terms = (denoiser: Denoiser, variance: BoundOptions["variance"]): Float64Array =>
    variationalBound(denoiser, schedule, x0, { noise: normalNoise(6), variance }).terms;
  const [small, large] = [terms(ideal, "posterior"), terms(ideal, "beta")];
  const [none, all, half] = [0, 1, 0.5].map((v) => terms(learned(v), "learned"));
  none.forEach((term, i) => near(term, small[i], 1e-6 * Math.abs(term) + 1e-7, `v = 0 at t = ${i + 1}`));
  // The decoder at t = 1 has the small variance with "beta" too.
  assert.equal(large[0], small[0]);
  all.slice(1).forEach((term, i) => near(term, large[i + 1], 1e-5 * Math.abs(term) + 1e-7, `v = 1 at t = ${i + 2}`));
  // ln σ² = ½·ln β_2 + ½·ln β̃_2: ½·(l_p − l_q − 1 + e^{l_q − l_p} + δ²·e^{−l_p}), δ² from v = 0, in bits.
  const [low, high] = [schedule.posteriorVariance[2], schedule.beta[2]].map(Math.log);
  const distance = 2 * Math.LN2 * small[1];
  const middle = (high - low) / 2;
  const expected = (middle - 1 + Math.exp(-middle) + distance * Math.exp(-middle)) / 2 / Math.LN2;
  near(half[1], expected, 1e-4 * expected, "v = ½ at t = 2");
  assert.throws(
    () => terms(ideal, "learned"),
    /^TypeError: variance "learned" needs a denoiser with predictWithVariance/,
  );
});

test("the bound refuses data outside its grey levels, and levels that are none", () => {
  const schedule = linearSchedule({ T: 50 });
  const denoiser = gaussianDenoiser(schedule, [0, 0], 0.25);
  const [noise, inside] = [normalNoise(1), tf.tensor2d([[0.5, -1]])];
  const before = tf.memory().numTensors;
  const bound = (x0: tf.Tensor, options: object = {}): unknown =>
    variationalBound(denoiser, schedule, x0, { noise, ...options });
  assert.throws(
    () => bound(tf.tensor2d([[0, 1.5]])),
    /must lie in \[−1, 1\], but \|x0\| reaches 1\.5: encode it with a Normaliser/,
  );
  assert.throws(() => bound(tf.tensor2d([[0, NaN]])), /x0 holds NaN or infinite values, 1 of 2/);
  assert.throws(() => bound(inside, { levels: 1 }), /levels must be a whole number ≥ 2, got 1/);
  assert.throws(
    () => bound(inside, { variance: "small" }),
    /variance must be one of posterior, beta, learned, got small/,
  );
  assert.equal(tf.memory().numTensors, before + 2);
});

test("the hybrid loss is L_simple + λ·T·L_vlb, with β̃ for the variance where v = 0 and β where v = 1", () => {
  const schedule = cosineSchedule({ T: 100 });
  const [x0, noise] = [tf.mul(normalNoise(1)(0, [2, 3]), 0.3), normalNoise(1)(1, [2, 3])];
  const output = tf.mul(noise, 0.8);
  for (const t of [1, 20, 60]) {
    const xt = qSample(schedule, x0, t, noise);
    const { mean } = posterior(schedule, convertPrediction(schedule, "noise", "sample", output, xt, t), xt, t);
    const bounds = logVarianceBounds(schedule, t);
    // β̃_1 = 0 has no logarithm: β̃_2 stands for it.
    near(bounds.low, Math.log(schedule.posteriorVariance[Math.max(t, 2)]), 1e-12);
    near(bounds.high, Math.log(schedule.beta[t]), 1e-12);
    for (const [v, logVariance] of [
      [0, bounds.low],
      [1, bounds.high],
    ]) {
      const bound = scalar(tf.mean(boundTerm(schedule, x0, xt, t, { mean, logVariance: tf.scalar(logVariance) })));
      const expected = scalar(simpleLoss(output, noise)) + 0.01 * schedule.T * bound;
      const fraction = tf.fill([2, 3], v);
      const loss = scalar(
        hybridLoss(schedule, "noise", { x0, xt, t, target: noise, output, fraction }, { boundWeight: 0.01 }),
      );
      near(loss, expected, 1e-4 * Math.abs(expected));
    }
  }
});

test("the hybrid loss trains the mean by L_simple alone and the variance by the bound", () => {
  const schedule = cosineSchedule({ T: 100 });
  const [x0, noise] = [tf.mul(normalNoise(1)(0, [2, 3]), 0.3), normalNoise(1)(1, [2, 3])];
  const t = [20, 60];
  const xt = qSample(schedule, x0, t, noise);
  const loss = (output: tf.Tensor, fraction: tf.Tensor, boundWeight: number): tf.Scalar =>
    hybridLoss(schedule, "noise", { x0, xt, t, target: noise, output, fraction }, { boundWeight });
  const [output, fraction] = [tf.mul(noise, 0.8), tf.fill([2, 3], 0.4)];
  const gradients = (weight: number): tf.Tensor[] =>
    tf.grads((o: tf.Tensor, v: tf.Tensor) => loss(o, v, weight))([output, fraction]);
  const [byOutput, byFraction] = gradients(1);
  const [plain] = gradients(0);
  near(scalar(tf.max(tf.abs(tf.sub(byOutput, plain)))), 0, 1e-7);
  // Finite difference in the fraction.
  const step = 1e-2;
  const nudge = tf.tensor2d([
    [1, 0, 0],
    [0, 0, 0],
  ]);
  const [up, down] = [1, -1].map((sign) => scalar(loss(output, tf.add(fraction, tf.mul(nudge, sign * step)), 1)));
  near(byFraction.dataSync()[0], (up - down) / (2 * step), 2e-2 * Math.abs(byFraction.dataSync()[0]) + 1e-4);
  const { output: half, fraction: share } = splitLearnedVariance(tf.tensor2d([[5, 6, -1, 1]]));
  assert.deepEqual([...half.dataSync(), ...share.dataSync()], [5, 6, 0, 1]);
});
