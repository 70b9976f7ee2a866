/** Every kind of path survives the trip through JSON, and anything else is refused by name. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  logLinearSchedule,
  pathFromConfig,
  pathKinds,
  quadraticSchedule,
  respace,
  scaledLinearSchedule,
  scheduleFromAlphaBars,
  scheduleFromBetas,
  sigmoidAlphaBarSchedule,
  sigmoidBetaSchedule,
  subVpPath,
  vePath,
  vpPath,
  zeroTerminalSnr,
  type GaussianPath,
  type Schedule,
} from "../../../src/diffusion/index.js";

/** Every kind of path, each with parameters that are none of its defaults. */
const paths: readonly GaussianPath[] = [
  linearSchedule({ T: 100, betaStart: 2e-4, betaEnd: 0.015, referenceT: 900 }),
  quadraticSchedule({ T: 50, betaEnd: 0.03 }),
  scaledLinearSchedule({ T: 40, betaStart: 0.001 }),
  cosineSchedule({ T: 30, s: 0.01, maxBeta: 0.9 }),
  sigmoidBetaSchedule({ T: 60, betaEnd: 0.03 }),
  sigmoidAlphaBarSchedule({ T: 20, start: -2, end: 4, tau: 0.8, maxBeta: 0.99 }),
  laplaceSchedule({ T: 25, mean: 0.5, scale: 0.7, maxBeta: 0.95 }),
  logLinearSchedule({ T: 35, sigmaMin: 0.02, sigmaMax: 70 }),
  zeroTerminalSnr(cosineSchedule({ T: 10 })),
  respace(linearSchedule({ T: 100 }), [100, 60, 20, 1]),
  scheduleFromBetas("mine", [0.1, 0.5, 0.999]),
  scheduleFromAlphaBars("mine too", [1, 0.3, 1 / 3000]),
  vpPath({ betaMin: 0.2, betaMax: 15 }),
  subVpPath({ betaMax: 30 }),
  vePath({ sigmaMin: 0.02, sigmaMax: 70 }),
  edmPath({ sigmaMax: 60 }),
  flowPath(),
];

/** Tables and closed forms of a path, at whole times and between them. */
function numbersOf(path: GaussianPath): unknown {
  const { name, T, discrete, alphaBar, beta } = path as Schedule;
  const times = [0, 0.3, 0.5, 0.77, 1].map((share) => share * T);
  return { name, T, discrete, alphaBar, beta, levels: times.map((t) => [path.signal(t), path.noise(t)]) };
}

test("a path's config, written as JSON, is the same path again: every kind there is", () => {
  assert.deepEqual(new Set(paths.map(({ config }) => config?.kind)), new Set(pathKinds.keys()));
  for (const path of paths) {
    const again = pathFromConfig(JSON.parse(JSON.stringify(path.config)));
    assert.deepEqual(numbersOf(again), numbersOf(path), path.name);
    assert.deepEqual(again.config, path.config, path.name);
  }
});

test("parameters that are left out have the defaults of the function", () => {
  for (const path of [
    linearSchedule(),
    cosineSchedule(),
    laplaceSchedule(),
    scaledLinearSchedule(),
    vpPath(),
    edmPath(),
  ]) {
    assert.deepEqual(numbersOf(pathFromConfig({ kind: path.config!.kind })), numbersOf(path), path.name);
  }
});

test("what is no path is refused by name", () => {
  const bad: [unknown, RegExp][] = [
    [{ kind: "linear", betaend: 0.03 }, /^RangeError: the path: unknown betaend = 0.03 \(did you mean betaEnd\?\)$/],
    [{ kind: "linaer" }, /unknown kind "linaer" \(did you mean "linear"\?\); there are linear, /],
    [{ kind: "toString" }, /unknown kind "toString"/],
    [{}, /kind is missing; it must be a text/],
    [[], /the path must be an object of named values, got \[\]/],
    [null, /must be an object/],
    [{ kind: "linear", T: "1000" }, /T must be a whole number ≥ 1 and ≤ 1000000, got "1000"/],
    [{ kind: "linear", T: 1e12 }, /T must be a whole number/],
    [{ kind: "linear", T: 10.5 }, /T must be a whole number/],
    [{ kind: "cosine", s: null }, /s must be a finite number, got null/],
    [{ kind: "linear", T: 10 }, /is not below 1/],
    [{ kind: "betas", name: "mine", betas: [0.1, "0.2"] }, /betas: 1 must be a finite number, got "0.2"/],
    [{ kind: "betas", name: "mine", betas: [0.1, 1.5] }, /is not in \[0, 1\)/],
    [{ kind: "betas", name: "mine", betas: 3 }, /betas must be a list of numbers, got 3/],
    [{ kind: "zero-terminal-snr", of: { kind: "vp" } }, /must be a discrete schedule, got the path "vp"/],
    [{ kind: "zero-terminal-snr", of: { kind: "cosine", S: 1 } }, /the path: of: unknown S = 1 \(did you mean s\?\)/],
    [{ kind: "respaced", parent: { kind: "cosine" }, times: [0.5] }, /times: 0 must be a whole number, got 0.5/],
    [{ kind: "flow", T: 2 }, /unknown T = 2/],
  ];
  for (const [config, message] of bad) {
    assert.throws(
      () => pathFromConfig(config),
      (error) => (error instanceof RangeError && message.test(String(error))) || assert.fail(String(error)),
    );
  }
});
