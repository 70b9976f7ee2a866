/** Runs samplers on discrete schedules as diffusers' schedulers walk them. */
import assert from "node:assert/strict";
import * as tf from "../../../src/runtime/tf.js";
import {
  clipDynamic,
  clipStatic,
  consistency,
  cosineSchedule,
  ddim,
  ddimInversion,
  ddpm,
  dpmSolver,
  dpmSolverPlusPlus,
  dpmSolverSde,
  euler,
  eulerAncestral,
  exponentialLevels,
  heun,
  inpaint,
  karrasLevels,
  levelAt,
  linearSchedule,
  lms,
  noiseLevelRange,
  pndm,
  scaledLinearSchedule,
  scheduleFromAlphaBars,
  sigmoidBetaSchedule,
  timeGrid,
  unipc,
  zeroTerminalSnr,
  type LearnedVarianceDenoiser,
  type SamplerStep,
  type Schedule,
} from "../../../src/index.js";
import { posteriorCoefficients } from "../../../src/diffusion/posterior.js";
import { denoiserFor, names, replayed, sameLevels, shape, start, type Case, type Config } from "./fixtures.js";

const linear = linearSchedule();

const schedules: Readonly<Record<string, () => Schedule>> = {
  linear: () => linear,
  scaled_linear: () => scaledLinearSchedule({ betaStart: 1e-4, betaEnd: 0.02 }),
  squaredcos_cap_v2: () => cosineSchedule(),
  sigmoid: () => sigmoidBetaSchedule(),
  "zero-snr": () => zeroTerminalSnr(linear),
  // Upstream's walks over noise levels put ᾱ_T = 2⁻²⁴ (σ_T = 4096), which is above ᾱ_{T−1}; here the few before it are
  // raised too, so that ᾱ falls. No run visits those.
  "nearly-zero-snr": () => {
    const { alphaBar, T } = zeroTerminalSnr(linear);
    const atLeast = (a: number, t: number): number => (t === 0 ? 1 : Math.max(a, 2 ** -24 * (1 + T - t)));
    return scheduleFromAlphaBars("nearly zero terminal SNR", alphaBar.map(atLeast));
  },
  // SNR' = SNR/3: ᾱ' = ᾱ/(3 − 2·ᾱ)
  "snr-shifted": () =>
    scheduleFromAlphaBars(
      "linear, SNR/3",
      linear.alphaBar.map((a) => a / (3 - 2 * a)),
    ),
};

export function scheduleFor(name = "linear"): Schedule {
  return (schedules[name] ?? assert.fail(name))();
}

interface Grid {
  readonly times?: readonly number[];
  readonly levels?: readonly number[];
  readonly finish?: "last";
}

type Run = (path: Schedule, config: Config, grid: Grid) => Generator<SamplerStep, tf.Tensor>;

const clips = { static: clipStatic(), dynamic: clipDynamic({ percentile: 0.8, maximum: 3 }) };
const denoiser = (path: Schedule, { prediction = "epsilon" }: Config) => denoiserFor(path, names[prediction]);
const clipped = ({ clip }: Config) => clip && clips[clip];

/** What each kind of run is here. */
const runs: Readonly<Record<string, Run>> = {
  ddim: (path, c, grid) =>
    ddim(denoiser(path, c), path, start, { ...grid, eta: c.eta, noise: replayed, clip: clipped(c) }),
  "ddim-inversion": (path, c, { times }) =>
    ddimInversion(denoiser(path, c), path, start, { times: [...(times ?? [])].reverse() }),
  ddpm: (path, c, grid) =>
    ddpm(denoiser(path, c), path, start, { ...grid, noise: replayed, variance: c.variance, clip: clipped(c) }),
  "ddpm-said-variance": (path, c, grid) =>
    ddpm(sayingVariance(denoiser(path, c), path, grid.times ?? []), path, start, {
      ...grid,
      noise: replayed,
      variance: "learned",
    }),
  pndm: (path, c, grid) => pndm(denoiser(path, c), path, start, { ...grid, start: c.start }),
  euler: (path, c, grid) => euler(denoiser(path, c), path, start, grid),
  "euler-ancestral": (path, c, grid) => eulerAncestral(denoiser(path, c), path, start, { ...grid, noise: replayed }),
  heun: (path, c, grid) => heun(denoiser(path, c), path, start, { ...grid, clip: clipped(c) }),
  lms: (path, c, grid) => lms(denoiser(path, c), path, start, { ...grid, order: c.order }),
  "dpm++": (path, c, grid) =>
    dpmSolverPlusPlus(denoiser(path, c), path, start, { ...grid, order: c.order, clip: clipped(c) }),
  "dpm++sde": (path, c, grid) => dpmSolverSde(denoiser(path, c), path, start, { ...grid, noise: replayed }),
  "dpm-solver": (path, c, grid) => dpmSolver(denoiser(path, c), path, start, { ...grid, order: c.order }),
  unipc: (path, c, grid) => {
    const variant = c.variant === "bh1" ? "bh1" : "bh2";
    return unipc(denoiser(path, c), path, start, { ...grid, order: c.order, variant, clip: clipped(c) });
  },
  inpaint: (path, c, grid) =>
    inpaint(denoiser(path, c), path, start, {
      ...grid,
      image: tf.div(replayed(100, shape), 2),
      mask: tf.tensor2d([[1, 0, 1]]),
      // Upstream uses one draw for both parts of the image; here each has its own.
      noise: (draw, size) => replayed(Math.ceil(draw / 2), size),
    }),
  consistency: (path, c, grid) =>
    consistency(denoiser(path, c), path, start, { ...grid, noise: replayed, clip: clipped(c) }),
};

/** A network that says σ² = 0.02 + cos(x)/100 itself, as the fraction v of ln σ² = v·ln β + (1 − v)·ln β̃. */
function sayingVariance(
  plain: LearnedVarianceDenoiser,
  path: Schedule,
  times: readonly number[],
): LearnedVarianceDenoiser {
  return {
    ...plain,
    predictWithVariance: (xt, t) => {
      const i = times.indexOf(t.dataSync()[0]);
      const back = posteriorCoefficients(levelAt(path, times[i + 1] ?? 0), levelAt(path, times[i]));
      const [low, high] = [Math.log(back.variance), Math.log(back.added)];
      const said = tf.log(tf.add(tf.mul(tf.cos(xt), 0.01), 0.02));
      // At the last step there is no variance to say.
      const fraction = Number.isFinite(low) ? tf.div(tf.sub(said, low), high - low) : tf.zerosLike(xt);
      return { output: plain.predict(xt, t), fraction };
    },
  };
}

/** Whose spacing is what the name says; the others' lists are taken as they are. */
const spaced = new Set([
  "DDIMScheduler",
  "DDPMScheduler",
  "PNDMScheduler",
  "EulerDiscreteScheduler",
  "HeunDiscreteScheduler",
  "LMSDiscreteScheduler",
  "EulerAncestralDiscreteScheduler",
  "KDPM2DiscreteScheduler",
  "CogVideoXDDIMScheduler",
  "UnCLIPScheduler",
]);

/** Runs a case on its schedule, or undefined for a case of another kind. */
export function runOnSchedule(one: Case): Generator<SamplerStep, tf.Tensor> | undefined {
  const { config, sampler, scheduler } = one;
  const run = config.path ? undefined : runs[sampler];
  if (!run) return undefined;
  const path = scheduleFor(config.schedule);
  const { finish } = config;
  if (one.alphaBars)
    sameLevels(
      [1, 501, 1000].map((t) => path.alphaBar[t]),
      one.alphaBars,
    );
  if (config.grid) {
    const levels = levelsFor(path, one);
    return run(path, config, { levels, finish });
  }
  // Upstream counts 0 … T − 1.
  const times = one.times!.map((t) => Math.min(path.T, t + 1));
  if (config.spacing && spaced.has(scheduler)) {
    const ours = timeGrid(path, { steps: times.length, spacing: config.spacing }).slice(0, -1);
    ours.forEach((t, i) => assert.ok(Math.abs(t - times[i]) < 0.02, `${config.spacing}: ${ours}, upstream ${times}`));
  }
  return run(path, config, { times, finish });
}

function levelsFor(path: Schedule, { config, levels = [] }: Case): readonly number[] {
  const highest = noiseLevelRange(path).max;
  if (config.grid === "beta" || config.grid === "given") return levels.map((level) => Math.min(level, highest));
  const make = config.grid === "karras" ? karrasLevels : exponentialLevels;
  const ours = make(levels.length, noiseLevelRange(path));
  sameLevels(ours, levels);
  return ours;
}
