/** Where diffusers departs from the papers, this library gives the papers' numbers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { ddim, dpmSolverPlusPlus, edmPath, gaussianDenoiser, laplaceSchedule } from "../../../src/index.js";
import { agrees, denoiserFor, finalOf, fixtures, names, start } from "./fixtures.js";
import { scheduleFor } from "./schedule-runs.js";

/*
 * Where upstream departs from the theory the theory stands: README.md lists the places, and which test holds each.
 */

test("zero terminal SNR gives diffusers' ᾱ", () => {
  const { alphaBar } = scheduleFor("zero-snr");
  for (const [t, expected] of Object.entries(fixtures.zeroTerminalSnr)) {
    assert.ok(
      Math.abs(alphaBar[Number(t) + 1] - expected) < 1e-6,
      `ᾱ at ${t}: ${alphaBar[Number(t) + 1]}, upstream ${expected}`,
    );
  }
});

test("the Laplace schedule's SNR has the paper's quantiles; upstream takes the root of its ᾱ", () => {
  const { alphaBar, snr } = laplaceSchedule();
  // ln SNR ~ Laplace(0, ½): a quarter of it lies below ½·ln(2·¼).
  assert.ok(Math.abs(Math.log(snr[750]) - 0.5 * Math.log(0.5)) < 1e-9 && Math.abs(snr[500] - 1) < 1e-9);
  for (const [t, theirs] of Object.entries(fixtures.laplaceAlphaBar)) {
    // Upstream's also starts at 0.9995 and not at 1.
    assert.ok(
      Math.abs(theirs ** 2 / alphaBar[Number(t) + 1] - 1) < 2e-3,
      `${t}: ${theirs}² and ${alphaBar[Number(t) + 1]}`,
    );
  }
});

test("DDIM on linspace times is Euler's result, as the theory says", () => {
  const path = scheduleFor();
  for (const prediction of ["epsilon", "sample", "v_prediction"] as const) {
    const one = fixtures.cases.find(
      ({ scheduler, name }) => scheduler === "EulerDiscreteScheduler" && name === `${prediction} linspace`,
    )!;
    agrees(finalOf(ddim(denoiserFor(path, names[prediction]), path, start, { steps: 10, spacing: "linspace" })), one);
  }
});

test("DPM-Solver++ 3M is of third order here, of second upstream", () => {
  const path = edmPath();
  const ideal = gaussianDenoiser(path, [0], 0.25);
  const ours = [16, 32].map((n) => {
    const levels = Array.from({ length: n + 1 }, (_, i) => 2 * 0.25 ** ((i / n) ** 1.5));
    const end = finalOf(
      dpmSolverPlusPlus(ideal, path, tf.tensor([[2]]), { levels, finish: "last", order: 3 }),
    ).dataSync()[0];
    return Math.abs(end - 2 * Math.sqrt((0.25 + 0.25) / (0.25 + 4)));
  });
  // Upstream's errors at 128, 256 and 512 steps in float64: its order shows once the third-order part has died away.
  const [first, second, third] = fixtures.upstream3M;
  const theirOrders = [Math.log2(first / second), Math.log2(second / third)];
  const ourOrder = Math.log2(ours[0] / ours[1]);
  assert.ok(theirOrders.every((order) => order < 2.2) && ourOrder > 2.8, `upstream ${theirOrders}, here ${ourOrder}`);
});
