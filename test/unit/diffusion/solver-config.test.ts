/** Schedulers that are solvers: which sampler each is, what its steps are, and what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseSchedulerConfig, samplers } from "../../../src/index.js";
import { parseJson } from "../../../src/base/fields.js";

const betas = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: "scaled_linear", num_train_timesteps: 1000 };
const read = (className: string, keys: object = {}) =>
  parseSchedulerConfig({ _class_name: className, ...betas, ...keys }, "scheduler_config.json");

describe("a scheduler that is a solver", () => {
  const names: readonly [string, object, string][] = [
    ["PNDMScheduler", { skip_prk_steps: true }, "plms"],
    ["PNDMScheduler", {}, "pndm"],
    ["DDIMScheduler", { set_alpha_to_one: false, steps_offset: 1 }, "ddim"],
    ["DDPMScheduler", {}, "ddpm"],
    ["EulerDiscreteScheduler", {}, "euler"],
    ["EulerAncestralDiscreteScheduler", {}, "euler-ancestral"],
    ["HeunDiscreteScheduler", {}, "heun"],
    ["LMSDiscreteScheduler", {}, "lms"],
    ["KDPM2DiscreteScheduler", {}, "dpm-solver-2"],
    ["DPMSolverMultistepScheduler", {}, "dpm++2m"],
    ["DPMSolverMultistepScheduler", { solver_order: 1 }, "dpm++1"],
    ["DPMSolverMultistepScheduler", { algorithm_type: "sde-dpmsolver++" }, "dpm++2m-sde"],
    ["UniPCMultistepScheduler", {}, "unipc"],
    ["UniPCMultistepScheduler", { solver_order: 3 }, "unipc-3"],
  ];
  for (const [className, keys, name] of names) {
    it(`${className} ${JSON.stringify(keys)} is ${name}`, () => {
      const { steps, path, prediction } = read(className, keys);
      assert.equal(steps?.sampler, name);
      assert.ok(samplers.some((sampler) => sampler.name === name));
      assert.equal(prediction, "noise");
      // ᾱ_999 of Stable Diffusion.
      assert.ok(Math.abs((path as unknown as { alphaBar: Float64Array }).alphaBar[1000] - 0.0046601) < 1e-7);
    });
  }

  it("says of its steps what the file says, and nothing where the file is silent", () => {
    assert.deepEqual(read("PNDMScheduler").steps, { sampler: "pndm" });
    const said = { timestep_spacing: "trailing", steps_offset: 1, set_alpha_to_one: false, skip_prk_steps: true };
    assert.deepEqual(read("PNDMScheduler", said).steps, {
      sampler: "plms",
      spacing: "trailing",
      stepsOffset: 1,
      toFirstLevel: true,
    });
    assert.equal(read("EulerDiscreteScheduler", { use_karras_sigmas: true }).steps?.levels, "karras");
    assert.equal(read("LMSDiscreteScheduler", { use_exponential_sigmas: true }).steps?.levels, "exponential");
  });

  it("has the spacing of its class where the file is silent", () => {
    const spaced = (name: string) => read(name).sampling.grid as { spacing: string; toFirstLevel: boolean };
    assert.deepEqual([spaced("PNDMScheduler").spacing, spaced("PNDMScheduler").toFirstLevel], ["leading", true]);
    assert.deepEqual(
      [spaced("LMSDiscreteScheduler").spacing, spaced("LMSDiscreteScheduler").toFirstLevel],
      ["linspace", false],
    );
  });

  const bad: readonly [string, object, RegExp][] = [
    [
      "EulerDiscreteScheduler",
      { interpolation_type: "log_linear" },
      /interpolation_type must be "linear".* no counterpart/,
    ],
    ["EulerDiscreteScheduler", { use_beta_sigmas: true }, /use_beta_sigmas must be false/],
    ["EulerDiscreteScheduler", { sigma_min: 0.1 }, /sigma_min must be null/],
    ["DPMSolverMultistepScheduler", { solver_type: "heun" }, /solver_type must be "midpoint"/],
    ["DPMSolverMultistepScheduler", { algorithm_type: "dpmsolver" }, /algorithm_type must be "dpmsolver\+\+" or/],
    ["DPMSolverMultistepScheduler", { thresholding: true }, /thresholding must be false/],
    ["UniPCMultistepScheduler", { predict_x0: false }, /predict_x0 must be true/],
    ["UniPCMultistepScheduler", { disable_corrector: [0] }, /disable_corrector must be empty/],
    ["PNDMScheduler", { set_alpha_to_on: false }, /unknown set_alpha_to_on = false \(did you mean set_alpha_to_one/],
  ];
  for (const [className, keys, message] of bad) {
    it(`${className} refuses ${JSON.stringify(keys)}`, () => assert.throws(() => read(className, keys), message));
  }

  it("is read as Python writes it, infinities and all", () => {
    const text =
      '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "_note": "NaN -Infinity"}';
    const values = parseJson("scheduler_config.json", text);
    assert.deepEqual(values, {
      _class_name: "DPMSolverMultistepScheduler",
      lambda_min_clipped: null,
      _note: "NaN -Infinity",
    });
    assert.equal(parseSchedulerConfig(values, "scheduler_config.json").steps?.sampler, "dpm++2m");
    assert.throws(() => parseJson("x.json", '{"a": Infinit}'), /x\.json is not valid JSON/);
  });
});
