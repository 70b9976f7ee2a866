/** Noise schedules have the published tables, and impossible ones are refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  logLinearSchedule,
  noiseLevel,
  quadraticSchedule,
  scaledLinearSchedule,
  scheduleFromBetas,
  sigmoidAlphaBarSchedule,
  sigmoidBetaSchedule,
  subVpPath,
  vePath,
  vpPath,
  zeroTerminalSnr,
  type Schedule,
} from "../../../src/index.js";

const relative = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual / expected - 1) <= tolerance, `${what}: ${actual}, expected ${expected}`);

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

// diffusers computes in float32: ᾱ near the end carries a relative error of about 2e-5.
function matchesDiffusers(
  schedule: Schedule,
  expected: { beta: [number, number, number]; sum: number; sumBar: number; bar: [number, number][] },
): void {
  const { beta, alphaBar, name } = schedule;
  relative(beta[1], expected.beta[0], 1e-5, `${name} β_1`);
  relative(beta[501], expected.beta[1], 1e-5, `${name} β_501`);
  relative(beta[1000], expected.beta[2], 1e-5, `${name} β_T`);
  relative(sum(beta), expected.sum, 1e-5, `${name} Σβ`);
  relative(sum(alphaBar) - 1, expected.sumBar, 1e-5, `${name} Σᾱ`);
  for (const [t, value] of expected.bar) relative(alphaBar[t + 1], value, 4e-5, `${name} ᾱ_${t + 1}`);
}

test("the linear schedule has the published tables", () => {
  const schedule = linearSchedule();
  matchesDiffusers(schedule, {
    beta: [9.999999747378752e-5, 0.010059959255158901, 0.019999999552965164],
    sum: 10.049999777249468,
    sumBar: 275.5131952870579,
    bar: [
      [0, 0.9998999834060669],
      [10, 0.9978064894676208],
      [500, 0.07779665291309357],
      [999, 4.035830352222547e-5],
    ],
  });
  // Posterior variances of OpenAI's float64 tables.
  relative(schedule.posteriorVariance[2], 5.453187661e-5, 1e-9, "β̃_2");
  relative(schedule.posteriorVariance[501], 0.01005133578, 1e-9, "β̃_501");
  relative(schedule.posteriorVariance[1000], 0.01999998353, 1e-9, "β̃_1000");
});

test("the cosine schedule has the published tables", () => {
  matchesDiffusers(cosineSchedule(), {
    beta: [4.128422369831242e-5, 0.003155691549181938, 0.9990000128746033],
    sum: 12.441496467145043,
    sumBar: 495.5774839997695,
    bar: [
      [0, 0.9999586939811707],
      [250, 0.8458880186080933],
      [900, 0.023616107180714607],
      [999, 2.4287349909002387e-9],
    ],
  });
});

test("the linear schedule ends at the same ᾱ_T for every T, and refuses T too small to scale", () => {
  for (const T of [50, 100, 400, 4000])
    relative(Math.log(linearSchedule({ T }).alphaBar[T]), Math.log(4.0358e-5), 0.2, `ln ᾱ_T at T = ${T}`);
  assert.throws(() => linearSchedule({ T: 20 }), /use T > 20/);
  assert.doesNotThrow(() => linearSchedule({ T: 21 }));
  assert.throws(() => linearSchedule({ T: 1.5 }), /whole number/);
});

test("entry 0 of every table is clean data", () => {
  const { beta, alpha, alphaBar, sigma, snr, posteriorVariance } = linearSchedule();
  assert.deepEqual(
    [beta, alpha, alphaBar, sigma, snr, posteriorVariance].map((table) => [table.length, table[0]]),
    [
      [1001, 0],
      [1001, 1],
      [1001, 1],
      [1001, 0],
      [1001, Infinity],
      [1001, 0],
    ],
  );
});

test("the GeoDiff sigmoid and the root-linear schedule have the published tables", () => {
  matchesDiffusers(sigmoidBetaSchedule(), {
    beta: [0.00014920519606675953, 0.010079878382384777, 0.01995079591870308],
    sum: 10.0499997560255,
    sumBar: 428.53674551832955,
    bar: [
      [0, 0.9998508095741272],
      [250, 0.9027990102767944],
      [500, 0.29888758063316345],
      [999, 3.9681821363046765e-5],
    ],
  });
  const expected = {
    beta: [9.999999747378752e-5, 0.005742072593420744, 0.020000001415610313] as [number, number, number],
    sum: 7.174286710011074,
    sumBar: 422.6557338911225,
    bar: [
      [0, 0.9998999834060669],
      [250, 0.8200101256370544],
      [500, 0.3312746286392212],
      [999, 0.0007334119873121381],
    ] as [number, number][],
  };
  matchesDiffusers(quadraticSchedule(), expected);
  matchesDiffusers(scaledLinearSchedule({ betaStart: 1e-4, betaEnd: 0.02 }), expected);
  // Stable Diffusion's σ_1 and σ_T
  const stable = scaledLinearSchedule();
  relative(noiseLevel(stable, 1), 0.0291671582, 1e-6, "σ_1");
  relative(noiseLevel(stable, 1000), 14.6146, 1e-4, "σ_T");
});

test("the other curves are the formulas of their papers", () => {
  const jabri = sigmoidAlphaBarSchedule({ T: 100 });
  const s = (x: number): number => 1 / (1 + Math.exp(-x));
  relative(jabri.alphaBar[50], 0.5, 1e-9, "ᾱ in the middle");
  relative(jabri.alphaBar[25], (s(3) - s(-1.5)) / (s(3) - s(-3)), 1e-9, "ᾱ at a quarter");
  const laplace = laplaceSchedule({ T: 1000 });
  // λ(u) = −b·ln(2u) for u < ½… : at u = ¼, ln SNR = ½·ln 2
  relative(Math.log(laplace.snr[250]), 0.5 * Math.log(2), 1e-9, "ln SNR at a quarter");
  relative(laplace.alphaBar[500], 0.5, 1e-9, "ᾱ in the middle");
  relative(Math.log(laplace.snr[900]), -0.5 * Math.log(5), 1e-9, "ln SNR at 0.9");
  const loglinear = logLinearSchedule({ T: 101, sigmaMin: 0.01, sigmaMax: 100 });
  relative(noiseLevel(loglinear, 51), 1, 1e-9, "σ in the middle");
});

test("zero terminal SNR: √ᾱ_T = 0, √ᾱ_1 kept, the rest shifted and stretched", () => {
  const [before, after] = [scaledLinearSchedule(), zeroTerminalSnr(scaledLinearSchedule())];
  assert.equal(after.alphaBar[1000], 0);
  assert.equal(after.beta[1000], 1);
  relative(after.alphaBar[1], before.alphaBar[1], 1e-12, "ᾱ_1");
  const [first, last, middle] = [1, 1000, 500].map((t) => Math.sqrt(before.alphaBar[t]));
  relative(Math.sqrt(after.alphaBar[500]), ((middle - last) * first) / (first - last), 1e-12, "√ᾱ_500");
  assert.equal(noiseLevel(after, 1000), Infinity);
});

test("a schedule or path that leaves signal at T warns, one that does not is silent", async () => {
  const seen: string[] = [];
  const listen = (warning: Error): void => void seen.push(warning.message);
  process.on("warning", listen);
  linearSchedule({ T: 50, referenceT: 50 });
  vpPath({ betaMax: 5 });
  vePath({ sigmaMax: 3 });
  linearSchedule();
  for (const make of [vpPath, subVpPath, vePath, edmPath, flowPath, cosineSchedule, scaledLinearSchedule]) make();
  zeroTerminalSnr(linearSchedule());
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  assert.equal(seen.length, 3, `${seen}`);
  assert.match(seen[0], /"linear" ends at SNR_T = 1\.\d+ \(limit 0\.01\)/);
  // ∫β = 0.1 + 4.9/2: SNR = 1/(e^2.55 − 1)
  assert.match(seen[1], /path "vp" ends at SNR_T = 0\.0847 .* Raise betaMax/);
  assert.match(seen[2], /path "ve" ends at SNR_T = 0\.111/);
});

test("impossible schedules are refused with the reason", () => {
  assert.throws(() => scaledLinearSchedule({ T: 10 }), /β_T = 0.012·1000\/10/);
  assert.throws(() => scheduleFromBetas("mine", [0.1, 1.2]), /β_2 = 1.2 is not in \[0, 1\)/);
  assert.throws(() => scheduleFromBetas("mine", []), /at least one step/);
  assert.throws(() => linearSchedule({ betaStart: 0.1, betaEnd: 0.01 }), /betaStart ≤ betaEnd/);
  assert.throws(() => linearSchedule().signal(1000.5), /outside 0 … 1000/);
});

test("a, b, f and g exist for the times 0 … T only, and the error says whose", () => {
  const paths = [linearSchedule(), cosineSchedule({ T: 37 }), vpPath(), subVpPath(), vePath(), edmPath(), flowPath()];
  for (const path of paths) {
    const functions = Object.entries(path).filter(([name]) => ["signal", "noise", "drift", "diffusion"].includes(name));
    assert.equal(functions.length, "drift" in path ? 4 : 2);
    for (const [name, f] of functions as [string, (t: number) => number][]) {
      for (const t of [-1, -1e-6, path.T + 0.5, path.T + 1, 2 * path.T, NaN])
        assert.throws(
          () => f(t),
          (error: Error) =>
            error instanceof RangeError &&
            error.message.startsWith(`t = ${t} is outside 0 … ${path.T}, the times of "${path.name}"`),
          `${path.name}, ${name}(${t})`,
        );
      for (const share of [0, 0.3, 1]) assert.ok(Number.isFinite(f(share * path.T)), `${path.name}, ${name}`);
    }
  }
});

test("a schedule keeps its path when somebody writes into its tables", () => {
  const [schedule, untouched] = [linearSchedule(), linearSchedule()];
  assert.throws(() => Object.assign(schedule, { T: 5 }), TypeError);
  schedule.alphaBar[5] = 7;
  schedule.sigma[5] = 7;
  for (const t of [5, 5.5]) {
    assert.equal(schedule.signal(t), untouched.signal(t));
    assert.equal(schedule.noise(t), untouched.noise(t));
  }
  assert.equal(schedule.timeAt(0.05), untouched.timeAt(0.05));
});

test("timeAt inverts the noise level on every path, between the discrete times too", () => {
  const paths = [linearSchedule(), cosineSchedule({ T: 37 }), vpPath(), subVpPath(), vePath(), edmPath(), flowPath()];
  fc.assert(
    fc.property(fc.constantFrom(...paths), fc.double({ min: 0.001, max: 0.999, noNaN: true }), (path, share) => {
      const t = share * path.T;
      assert.ok(Math.abs(path.timeAt(noiseLevel(path, t)) / t - 1) < 1e-8, `${path.name} at ${t}`);
      assert.ok(path.signal(t) > 0 && path.noise(t) > 0);
    }),
  );
});

test("drift and diffusion belong to the marginals: f = d ln a/dt, g² = d(b²)/dt − 2·f·b²", () => {
  const slope = (f: (t: number) => number, t: number, h: number): number => (f(t + h) - f(t - h)) / (2 * h);
  for (const path of [vpPath(), subVpPath(), vePath(), edmPath()]) {
    for (const share of [0.1, 0.5, 0.9]) {
      const [t, h] = [share * path.T, 1e-5 * path.T];
      const f = slope((s) => Math.log(path.signal(s)), t, h);
      assert.ok(Math.abs(path.drift(t) - f) < 1e-5 * (1 + Math.abs(f)), `${path.name} drift`);
      const squared = slope((s) => path.noise(s) ** 2, t, h) - 2 * f * path.noise(t) ** 2;
      relative(path.diffusion(t) ** 2, squared, 1e-5, `${path.name} g²`);
    }
  }
});

test("between discrete times a schedule of one step without terminal signal has levels, and times for them", () => {
  const one = scheduleFromBetas("one", [1]);
  for (const t of [0.25, 0.5, 0.9]) {
    const level = one.noise(t) / one.signal(t);
    assert.ok(Math.abs(level - t / (1 - t)) < 1e-12, `${level}`);
    assert.ok(Math.abs(one.timeAt(level) - t) < 1e-12);
  }
});

test("a step that adds nothing leaves its posterior and the levels around it finite", () => {
  const schedule = scheduleFromBetas("flat start", [0, 0, 0.5, 0.9]);
  assert.deepEqual([...schedule.posteriorVariance.slice(0, 4)], [0, 0, 0, 0]);
  assert.equal(schedule.noise(1.5), 0);
  assert.ok(Math.abs(schedule.timeAt(0.5) - 2.5) < 1e-12);
  const middle = schedule.noise(2.5) / schedule.signal(2.5);
  assert.ok(Math.abs(middle - 0.5) < 1e-12, `${middle}`);
});
