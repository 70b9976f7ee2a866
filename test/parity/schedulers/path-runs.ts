/** Runs samplers on continuous paths and noise levels as diffusers' schedulers walk them. */
import assert from "node:assert/strict";
import * as tf from "../../../src/runtime/tf.js";
import {
  clipStatic,
  consistency,
  cosineSchedule,
  ddpm,
  dpmSolverPlusPlus,
  dpmSolverSde,
  edmPath,
  edmPreconditioning,
  euler,
  exponentialLevels,
  flow,
  flowPath,
  heun,
  karrasLevels,
  noiseLevel,
  preconditioned,
  reverseSde,
  shiftTimes,
  unipc,
  vpPath,
  type Denoiser,
  type GaussianPath,
  type Prediction,
  type SamplerStep,
  type SdePath,
} from "../../../src/index.js";
import { network, replayed, sameLevels, start, type Case } from "./fixtures.js";

type Steps = Generator<SamplerStep, tf.Tensor>;

/** The network as a denoiser that is fed `time(t)` and whose state is scaled by `scale(t)`. */
function fed(
  path: GaussianPath,
  predicts: Prediction,
  time: (t: number) => number,
  scale: (t: number) => number = () => 1,
): Denoiser {
  return {
    path,
    predicts,
    predict: (xt, t) =>
      tf.tidy(() => {
        const at = t.dataSync()[0];
        return network(tf.mul(xt, scale(at)), tf.fill([xt.shape[0]], time(at)));
      }),
  };
}

/** A path on 0 … T in test's own variables; nothing here asks for the time of a level. */
function pathOf(name: string, T: number, signal: (t: number) => number, noise: (t: number) => number): GaussianPath {
  return { name, T, discrete: false, signal, noise, timeAt: () => assert.fail(`${name} has no levels`) };
}

const thousandfold = (t: number): number => 1000 * t;

/** Karras et al.'s levels, made here too, and their preconditioned network; "v_prediction" turns its sign. */
function onEdmLevels(
  { config, levels = [] }: Case,
  range: { min: number; max: number },
  sigmaData: number,
  told: (sigma: number) => number,
) {
  const make = config.grid === "karras" ? karrasLevels : exponentialLevels;
  const ours = make(levels.length, range);
  sameLevels(ours, levels);
  const path = edmPath({ sigmaMax: range.max });
  const sign = config.prediction === "v_prediction" ? -1 : 1;
  const raw = (scaled: tf.Tensor, noise: tf.Tensor1D): tf.Tensor => {
    const sigma = Math.exp(4 * noise.dataSync()[0]);
    return tf.mul(network(scaled, tf.fill([2], told(sigma))), sign);
  };
  return {
    path,
    denoiser: preconditioned(raw, path, sigmaData),
    options: { levels: ours, finish: config.finish },
    xT: tf.mul(start, range.max),
  };
}

const ofEdm = (one: Case) => onEdmLevels(one, { min: 0.002, max: 80 }, 0.5, (sigma) => Math.log(sigma) / 4);

/** The straight path; the networks there are fed 1000·t. */
const straight = { path: flowPath(), denoiser: fed(flowPath(), "flow", thousandfold) };

/** Levels of the straight path as upstream has them, held against `shiftTimes` where they are shifted. */
function straightTimes({ config: { shift, mu, how }, levels = [] }: Case): readonly number[] {
  const factor = shift ?? (mu === undefined ? undefined : how === "linear" ? mu : Math.exp(mu));
  if (factor === undefined) return levels;
  const even = levels.map((_, i) => 1 - (i * (1 - 1 / 1000)) / (levels.length - 1));
  // Upstream takes its lowest level from a table that is shifted already, and shifts it again.
  if (shift !== undefined)
    even.forEach((_, i) => (even[i] = 1 - (i * (1 - shiftTimes([1 / 1000], shift)[0])) / (levels.length - 1)));
  const ours = shiftTimes(even, factor);
  sameLevels(ours, levels);
  return ours;
}

/** Sampling with a consistency model: f = c_skip·x + c_out·F(c_in·x), whose c_skip is 1 at the lowest level. */
function consistencyModel(
  path: GaussianPath,
  sigmaData: number,
  sigmaMin: number,
  told: (t: number) => number,
  sigma: (t: number) => number,
): Denoiser {
  return {
    path,
    predicts: "sample",
    predict: (xt, t) =>
      tf.tidy(() => {
        const at = t.dataSync()[0];
        const [s, a] = [sigma(at), path.signal(at)];
        const scalings = edmPreconditioning(s, sigmaData);
        const lifted = edmPreconditioning(s - sigmaMin + 1e-30, sigmaData).skip;
        const out = ((s - sigmaMin) * sigmaData) / Math.hypot(s, sigmaData);
        const answer = network(tf.mul(xt, scalings.in / a), tf.fill([2], told(at)));
        return tf.add(tf.mul(answer, out), tf.mul(xt, lifted / a));
      }),
  };
}

const runs: Readonly<Record<string, (one: Case) => Steps>> = {
  "edm-euler": (one) => {
    const { path, denoiser, options, xT } = ofEdm(one);
    return euler(denoiser, path, xT, options);
  },
  "edm-dpm++": (one) => {
    const { path, denoiser, options, xT } = ofEdm(one);
    if (one.config.variant === "sde") return dpmSolverSde(denoiser, path, xT, { ...options, noise: replayed });
    return dpmSolverPlusPlus(denoiser, path, xT, { ...options, order: one.config.order });
  },
  "cosine-dpm++sde": (one) => {
    const told = (sigma: number): number => (Math.atan(sigma) * 2) / Math.PI;
    const { path, denoiser, options, xT } = onEdmLevels(one, { min: 0.3, max: 500 }, 1, told);
    return dpmSolverSde(denoiser, path, xT, { ...options, noise: replayed });
  },
  "heun-churn": ({ config, levels }) => {
    // Room above the highest level, where churn would raise it (upstream's range of churn ends at 50).
    const options = {
      levels,
      churn: config.churn,
      churnRange: [0.05, 50],
      churnNoise: 1.007,
      noise: replayed,
    } as const;
    const path = edmPath({ sigmaMax: 200 });
    return heun(
      fed(path, "noise", (t) => 10 * t),
      path,
      tf.mul(start, 100),
      options,
    );
  },
  "consistency-model": ({ config, levels }) => {
    // Noise is counted from σ_min: b² = σ² − σ_min².
    const path = pathOf(
      "consistency",
      80,
      () => 1,
      (t) => Math.sqrt(Math.max(0, t * t - 0.002 ** 2)),
    );
    const model = consistencyModel(
      path,
      0.5,
      0.002,
      (t) => 250 * Math.log(t),
      (t) => t,
    );
    const clip = config.clip && clipStatic();
    return consistency(model, path, tf.mul(start, 80), { times: levels, noise: replayed, clip });
  },
  "consistency-decoder": ({ times = [] }) => {
    const path = cosineSchedule({ T: 1024 });
    const model = consistencyModel(
      path,
      0.5,
      0,
      (t) => t - 1,
      (t) => noiseLevel(path, t),
    );
    return consistency(model, path, start, { times: times.map((t) => t + 1), noise: replayed });
  },
  "ddpm-continuous": ({ times }) => {
    // ᾱ = cos²(½π·(t + s)/(1 + s))/cos²(½π·s/(1 + s)), kept within 0.0001 … 0.9999 at the ends.
    const curve = (t: number): number =>
      Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2 / Math.cos((0.008 / 1.008) * (Math.PI / 2)) ** 2;
    const alphaBar = (t: number): number => Math.min(0.9999, Math.max(0.0001, curve(t)));
    const path = pathOf(
      "continuous cosine",
      1,
      (t) => Math.sqrt(alphaBar(t)),
      (t) => Math.sqrt(1 - alphaBar(t)),
    );
    return ddpm(fed(path, "noise", thousandfold), path, start, { times, noise: replayed });
  },
  "dpm++": (one) => dpmSolverPlusPlus(straight.denoiser, straight.path, start, { times: one.levels }),
  unipc: (one) => unipc(straight.denoiser, straight.path, start, { times: one.levels }),
  "flow-euler": (one) => flow(straight.denoiser, straight.path, start, { times: straightTimes(one) }),
  "flow-heun": (one) => flow(straight.denoiser, straight.path, start, { times: straightTimes(one), method: "heun" }),
  "flow-consistency": (one) =>
    consistency(straight.denoiser, straight.path, start, { times: straightTimes(one), noise: replayed }),
  "trig-consistency": ({ times }) => {
    const path = pathOf("TrigFlow", 1.6, Math.cos, Math.sin);
    const scaled: typeof replayed = (draw, size) => tf.mul(replayed(draw, size), 0.5);
    return consistency(fed(path, "velocity", thousandfold), path, start, { times, noise: scaled });
  },
  "vp-sde": ({ times }) =>
    reverseSde(fed(vpPath(), "noise", thousandfold), vpPath(), start, { times, noise: replayed }),
  "ve-sde": ({ config, levels = [] }) => {
    // With σ² as the time, g² dt is σ² − σ'² exactly: upstream's step.
    const base = pathOf("variance as time", 100 * (1 + 1e-6), () => 1, Math.sqrt);
    const path: SdePath = { ...base, drift: () => 0, diffusion: () => 1 };
    const score: Denoiser = {
      path,
      predicts: "score",
      predict: (xt, t) =>
        tf.tidy(() => {
          const sigma = Math.sqrt(t.dataSync()[0]);
          const answer = network(tf.mul(xt, 1 / Math.hypot(1, sigma)), tf.fill([2], 10 * sigma));
          return tf.div(answer, -sigma);
        }),
    };
    const { corrections, correctionSnr } = config;
    return reverseSde(score, path, tf.mul(start, 10), {
      times: levels.map((level) => level ** 2),
      corrections,
      correctionSnr,
      noise: replayed,
    });
  },
};

/** Runs a case on the path it belongs to, or undefined for a case of another kind. */
export function runOnPath(one: Case): Steps | undefined {
  return runs[one.sampler]?.(one);
}
