/** diffusers' scheduler configurations are written, read and obeyed key by key, or refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  logLinearSchedule,
  parseSchedulerConfig,
  quadraticSchedule,
  respace,
  scaledLinearSchedule,
  scheduleFromBetas,
  sigmoidBetaSchedule,
  toSchedulerConfig,
  vePath,
  vpPath,
  zeroTerminalSnr,
  type DiffusionProcess,
  type SamplingDefaults,
  type Schedule,
} from "../../../src/diffusion/index.js";

const spaced = { kind: "spaced", spacing: "trailing", stepsOffset: 0, toFirstLevel: false } as const;
const plain: SamplingDefaults = { grid: spaced, clipping: null, clipKeepsNoise: false, variance: "posterior" };
const clipping = { kind: "static", limit: 1 } as const;
const written = (process: DiffusionProcess) => {
  const { className, keys } = toSchedulerConfig(process);
  return { _class_name: className, ...(JSON.parse(JSON.stringify(keys)) as Record<string, unknown>) };
};
const read = (keys: object) => parseSchedulerConfig({ _class_name: "DDPMScheduler", ...keys }, "scheduler_config.json");

test("what is written is read as the same process: every kind of path, prediction and sampling", () => {
  const linear = linearSchedule();
  const processes: DiffusionProcess[] = [
    { path: linear, prediction: "noise", sampling: plain },
    { path: linearSchedule({ T: 100 }), prediction: "velocity", sampling: { ...plain, clipping } },
    { path: cosineSchedule({ T: 60 }), prediction: "sample", sampling: { ...plain, clipping, variance: "beta" } },
    { path: cosineSchedule({ s: 0.01 }), prediction: "noise", sampling: { ...plain, variance: "learned" } },
    { path: quadraticSchedule(), prediction: "noise", sampling: plain },
    { path: scaledLinearSchedule(), prediction: "noise", sampling: { ...plain, grid: { ...spaced, stepsOffset: 0 } } },
    { path: scaledLinearSchedule(), prediction: "noise", sampling: withGrid({ spacing: "leading", stepsOffset: 1 }) },
    {
      path: linear,
      prediction: "noise",
      sampling: withGrid({ spacing: "leading", stepsOffset: 1, toFirstLevel: true }),
    },
    { path: linear, prediction: "noise", sampling: { ...plain, clipping, clipKeepsNoise: true } },
    { path: sigmoidBetaSchedule(), prediction: "noise", sampling: plain },
    { path: sigmoidBetaSchedule(), prediction: "noise", sampling: { ...plain, clipping, clipKeepsNoise: true } },
    { path: laplaceSchedule({ T: 50 }), prediction: "noise", sampling: plain },
    { path: logLinearSchedule({ T: 50 }), prediction: "noise", sampling: plain },
    { path: zeroTerminalSnr(linear), prediction: "velocity", sampling: plain },
    { path: zeroTerminalSnr(laplaceSchedule({ T: 40 })), prediction: "sample", sampling: plain },
    { path: respace(linear, [1000, 500, 100, 1]), prediction: "noise", sampling: plain },
    { path: scheduleFromBetas("mine", [0.2, 0.9, 0.99]), prediction: "noise", sampling: plain },
    {
      path: linear,
      prediction: "score",
      sampling: { ...plain, clipping: { kind: "dynamic", percentile: 0.9, maximum: 2 } },
    },
    { path: linear, prediction: "flow", sampling: plain },
    { path: vpPath(), prediction: "noise", sampling: { ...plain, grid: null } },
    { path: vePath({ sigmaMax: 30 }), prediction: "score", sampling: { ...plain, grid: null } },
    { path: flowPath(), prediction: "flow", sampling: { ...plain, grid: { kind: "flow", shift: 3 } } },
    { path: flowPath(), prediction: "velocity", sampling: { ...plain, grid: { kind: "flow", shift: 3 } } },
    { path: edmPath(), prediction: "preconditioned", sigmaData: 0.3, sampling: withLevels("karras") },
    {
      path: edmPath({ sigmaMax: 50 }),
      prediction: "preconditioned",
      sigmaData: 0.5,
      sampling: withLevels("exponential"),
    },
    { path: linear, prediction: "preconditioned", sigmaData: 0.7, sampling: plain },
  ];
  for (const process of processes) {
    const again = parseSchedulerConfig(written(process), "scheduler_config.json");
    const { path, ...rest } = process;
    // How the steps of the file are spread is also in `sampling`, and only files have it.
    const { path: pathAgain, steps: _steps, ...restAgain } = again;
    assert.deepEqual(restAgain, rest, path.name);
    assert.deepEqual(pathAgain.config, path.config);
    assert.deepEqual((pathAgain as Schedule).alphaBar, (path as Schedule).alphaBar);
  }
});

function withGrid(change: object): SamplingDefaults {
  return { ...plain, grid: { ...spaced, ...change } };
}

function withLevels(rule: "karras" | "exponential"): SamplingDefaults {
  return { ...plain, grid: { kind: "levels", rule, sigmaMin: 0.01, rho: 5 } };
}

test("a schedule that diffusers has a name for is written by it, any other by its betas", () => {
  const keysOf = (path: Schedule, sampling = plain) =>
    written({ path, prediction: "noise", sampling }) as Record<string, unknown>;
  assert.deepEqual(keysOf(linearSchedule()), {
    _class_name: "DDPMScheduler",
    num_train_timesteps: 1000,
    beta_schedule: "linear",
    beta_start: 1e-4,
    beta_end: 0.02,
    trained_betas: null,
    rescale_betas_zero_snr: false,
    prediction_type: "epsilon",
    clip_sample: false,
    clip_sample_range: 1,
    thresholding: false,
    dynamic_thresholding_ratio: 0.995,
    sample_max_value: 1,
    timestep_spacing: "trailing",
    steps_offset: 0,
    variance_type: "fixed_small",
  });
  assert.equal(keysOf(cosineSchedule())["beta_schedule"], "squaredcos_cap_v2");
  assert.equal(keysOf(scaledLinearSchedule())["beta_schedule"], "scaled_linear");
  assert.equal(keysOf(sigmoidBetaSchedule())["beta_schedule"], "sigmoid");
  // Ours is scaled to 1000 steps; diffusers takes the ends as they are.
  const few = keysOf(linearSchedule({ T: 100 }));
  assert.deepEqual([few["beta_start"], few["beta_end"], few["num_train_timesteps"]], [1e-3, 0.2, 100]);
  const laplace = laplaceSchedule({ T: 30 });
  assert.deepEqual(keysOf(laplace)["trained_betas"], [...laplace.beta.subarray(1)]);
  assert.deepEqual(keysOf(laplace)["_path"], laplace.config);
  const zero = written({ path: zeroTerminalSnr(cosineSchedule()), prediction: "velocity", sampling: plain });
  assert.deepEqual(
    [zero["beta_schedule" as keyof typeof zero], zero["rescale_betas_zero_snr" as keyof typeof zero]],
    ["squaredcos_cap_v2", true],
  );
  const ddim = keysOf(linearSchedule(), withGrid({ toFirstLevel: true }));
  assert.deepEqual(
    [ddim["_class_name"], ddim["set_alpha_to_one"], ddim["variance_type"]],
    ["DDIMScheduler", false, undefined],
  );
});

test("silence means what it means in diffusers: leading steps, clipped to −1 … 1, posterior variance, ε", () => {
  const { path, prediction, sampling } = read({});
  assert.deepEqual(path.config, linearSchedule().config);
  assert.equal(prediction, "noise");
  assert.deepEqual(sampling, {
    grid: { ...spaced, spacing: "leading" },
    clipping,
    clipKeepsNoise: false,
    variance: "posterior",
  });
  const ddim = read({ _class_name: "DDIMScheduler" });
  assert.equal(ddim.sampling.clipKeepsNoise, true);
});

test("every key is obeyed", () => {
  const sampling = (keys: object) => read(keys).sampling;
  const alphaBar = (keys: object) => (read(keys).path as Schedule).alphaBar;
  assert.deepEqual(
    alphaBar({ num_train_timesteps: 3, trained_betas: [0.1, 0.2, 0.3] }),
    Float64Array.of(1, 0.9, 0.9 * 0.8, 0.9 * 0.8 * 0.7),
  );
  assert.deepEqual(
    alphaBar({ num_train_timesteps: 50, beta_start: 0.01, beta_end: 0.2 }),
    linearSchedule({ T: 50, betaStart: 0.01, betaEnd: 0.2, referenceT: 50 }).alphaBar,
  );
  assert.deepEqual(alphaBar({ beta_schedule: "squaredcos_cap_v2", beta_start: -3 }), cosineSchedule().alphaBar);
  const zero = { rescale_betas_zero_snr: true, prediction_type: "v_prediction" };
  assert.deepEqual(alphaBar(zero), zeroTerminalSnr(linearSchedule()).alphaBar);
  assert.equal(read({ prediction_type: "sample" }).prediction, "sample");
  assert.equal(read({ prediction_type: "v_prediction" }).prediction, "velocity");
  assert.deepEqual(sampling({ clip_sample: false }).clipping, null);
  assert.deepEqual(sampling({ clip_sample_range: 2 }).clipping, { kind: "static", limit: 2 });
  assert.deepEqual(sampling({ thresholding: true, dynamic_thresholding_ratio: 0.9, sample_max_value: 4 }).clipping, {
    kind: "dynamic",
    percentile: 0.9,
    maximum: 4,
  });
  assert.equal(sampling({ variance_type: "fixed_large" }).variance, "beta");
  assert.equal(sampling({ variance_type: "fixed_small_log" }).variance, "posterior");
  assert.equal(sampling({ variance_type: "learned_range" }).variance, "learned");
  assert.deepEqual(sampling({ timestep_spacing: "linspace" }).grid, { ...spaced, spacing: "linspace" });
  assert.deepEqual(sampling({ steps_offset: 1 }).grid, { ...spaced, spacing: "leading", stepsOffset: 1 });
  // Notes, what is null, and what the class does not look at.
  read({
    _diffusers_version: "0.1.1",
    _use_default_values: ["x"],
    timestep_values: null,
    skip_prk_steps: true,
    set_alpha_to_one: false,
  });
});

test("what cannot be obeyed is refused by the name of the key", () => {
  const bad: [object, RegExp][] = [
    [
      { _class_name: "DEISMultistepScheduler" },
      /of class "DEISMultistepScheduler", known are DDPMScheduler, .*DDPMScheduler\.from_config/,
    ],
    [{ _class_name: "toString" }, /of class "toString"/],
    [{ beta_ende: 0.03 }, /unknown beta_ende = 0.03 \(did you mean beta_end\?\); a DDPMScheduler without it/],
    [{ lower_order_final: true }, /unknown lower_order_final = true/],
    [
      { beta_schedule: "laplace" },
      /beta_schedule must be one of linear, scaled_linear, sigmoid, squaredcos_cap_v2, got "laplace"/,
    ],
    [
      { _class_name: "DDIMScheduler", beta_schedule: "sigmoid" },
      /beta_schedule must be one of linear, scaled_linear, squared/,
    ],
    [{ beta_start: 0 }, /beta_start must be a finite number > 0, got 0/],
    [{ beta_start: 0.1, beta_end: 0.01 }, /beta_end must be a finite number ≥ 0.1, got 0.01/],
    [{ beta_end: 2 }, /is not below 1/],
    [{ num_train_timesteps: 1e9 }, /num_train_timesteps must be a whole number ≥ 1 and ≤ 1000000/],
    [{ num_train_timesteps: 2.5 }, /num_train_timesteps must be a whole number/],
    [{ trained_betas: [0.1, 0.2] }, /num_train_timesteps must be 2, as many as trained_betas, got 1000/],
    [{ trained_betas: [0.1, null], num_train_timesteps: 2 }, /trained_betas: 1 must be a finite number, got null/],
    [{ trained_betas: "0.1" }, /trained_betas must be a list of numbers, got "0.1"/],
    [{ prediction_type: "flow" }, /prediction_type must be one of "epsilon", "sample", "v_prediction", got "flow"/],
    [{ rescale_betas_zero_snr: true }, /prediction_type "epsilon" says nothing about x_0 at t = T/],
    [{ rescale_betas_zero_snr: "yes" }, /rescale_betas_zero_snr must be true or false, got "yes"/],
    [
      { variance_type: "learned" },
      /variance_type must be one of fixed_small, fixed_small_log, fixed_large, learned_range, got "learned"/,
    ],
    [{ variance_type: "fixed_large_log" }, /variance_type must be one of/],
    [{ clip_sample_range: 0 }, /clip_sample_range must be a finite number > 0, got 0/],
    [{ sample_max_value: 0.5, thresholding: true }, /sample_max_value must be a finite number ≥ 1, got 0.5/],
    [{ dynamic_thresholding_ratio: 1.5 }, /dynamic_thresholding_ratio must be a finite number > 0 and ≤ 1/],
    [{ timestep_spacing: "karras" }, /timestep_spacing must be one of "leading", "trailing", "linspace", got "karras"/],
    [{ steps_offset: -1 }, /steps_offset must be a whole number ≥ 0/],
    [{ _class_name: "DDIMScheduler", set_alpha_to_one: false }, /set_alpha_to_one = false with steps_offset = 0/],
    [{ _path: { kind: "cosine" } }, /_path says "cosine", but the betas beside it are others/],
    [{ _path: { kind: "vp" } }, /_path must be a discrete schedule/],
    [
      { _class_name: "FlowMatchEulerDiscreteScheduler", use_dynamic_shifting: true },
      /use_dynamic_shifting must be false/,
    ],
    [{ _class_name: "FlowMatchEulerDiscreteScheduler", shift_terminal: 0.1 }, /shift_terminal must be null, got 0.1/],
    [{ _class_name: "FlowMatchEulerDiscreteScheduler", num_train_timesteps: 10 }, /num_train_timesteps must be 1000/],
    [{ _class_name: "EDMEulerScheduler", prediction_type: "v_prediction" }, /prediction_type must be "epsilon"/],
    [{ _class_name: "EDMEulerScheduler", sigma_min: 100 }, /sigma_min must be a finite number > 0 and ≤ 80/],
    [{ _class_name: "GaussianPath" }, /path must be an object/],
    [
      { _class_name: "GaussianPath", path: { kind: "vp", betamax: 3 }, prediction: "noise" },
      /path: unknown betamax = 3 \(did you mean betaMax\?\)/,
    ],
    [
      { _class_name: "GaussianPath", path: { kind: "vp" }, prediction: "epsilon" },
      /prediction must be one of "noise", /,
    ],
  ];
  for (const [keys, message] of bad) {
    assert.throws(
      () => read(keys),
      (error) =>
        (error instanceof RangeError && message.test(error.message)) ||
        assert.fail(`${JSON.stringify(keys)}: ${String(error)}`),
    );
  }
});

test("a path that no file can name is refused before anything is written", () => {
  const { config: _config, ...nameless } = vpPath();
  assert.throws(
    () => toSchedulerConfig({ path: nameless, prediction: "noise", sampling: plain }),
    /the path "vp" has no config of a known kind, so no file can name it/,
  );
});
