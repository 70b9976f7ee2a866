/** Guidance, classifier-free and by a classifier, as denoisers. */
import { requireFunction } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import * as tf from "../runtime/tf.js";
import type { Condition } from "../nn/condition.js";
import { learnsVariance, requireDenoiser, type Denoiser, type LearnedVarianceDenoiser } from "./denoiser.js";
import { lookUp } from "./coefficients.js";
import type { GaussianPath } from "./paths/path.js";
import { conversionRow } from "./predictions.js";

export interface GuidanceOptions {
  /**
   * w in ô = o_u + w·(o_c − o_u): 0 ignores the condition, 1 is the conditional model unguided, above 1 strengthens it.
   * (Ho & Salimans' own w is this minus 1.)
   */
  readonly guidanceScale: number;
  /** The condition that stands for "none", with the names and per-example shapes of the real one; one entry, or N. */
  readonly unconditional: Condition;
  /** φ in 0 … 1: how far the guided output's standard deviation is set back to the conditional one's. Default 0. */
  readonly rescale?: number;
  /** Guide only where interval[0] ≤ t ≤ interval[1]; elsewhere the output is the conditional one. Default: everywhere. */
  readonly interval?: readonly [number, number];
}

/**
 * Classifier-free guidance as a denoiser: both branches in one batched call, ô = o_u + w·(o_c − o_u). The weights sum
 * to 1, so the result is the same whatever the network predicts.
 *
 * A learned variance is the conditional branch's, as in the authors' code of DiT.
 *
 * Source: Ho & Salimans 2022, equation 6; rescaling: Lin et al. 2024, equations 15 and 16; interval: Kynkäänniemi et al. 2024.
 * @throws RangeError when it is called without a condition, or the conditions' names or shapes differ
 */
export function guided(denoiser: Denoiser, options: GuidanceOptions): Denoiser {
  requireDenoiser(denoiser);
  requireKnownKeys("guided", options, {
    guidanceScale: true,
    unconditional: "an object",
    rescale: "a number",
    interval: "a list",
  });
  const { guidanceScale, unconditional, rescale = 0, interval = [0, Infinity] } = options;
  if (!Number.isFinite(guidanceScale))
    throw new RangeError(`guidanceScale must be a finite number, got ${guidanceScale}`);
  if (!(rescale >= 0 && rescale <= 1)) throw new RangeError(`rescale must lie in 0 … 1, got ${rescale}`);
  if (!(interval[0] <= interval[1])) throw new RangeError(`interval must be two rising times, got ${interval}`);
  /** Both branches as one batch, the conditional one first. */
  const paired = (xt: tf.Tensor, t: tf.Tensor1D, condition: Condition | undefined) => {
    if (!condition) throw new RangeError("guidance needs a condition: pass `condition` to the sampler");
    return [tf.concat([xt, xt]), tf.concat([t, t]), pairConditions(condition, unconditional, xt.shape[0])] as const;
  };
  const guide = (both: tf.Tensor, t: tf.Tensor1D): tf.Tensor => {
    const [conditional, free] = tf.split(both, 2);
    // ô = o_u + w·(o_c − o_u)
    const strong = tf.add(free, tf.mul(tf.sub(conditional, free), guidanceScale));
    const output = rescale === 0 ? strong : rescaled(strong, conditional, rescale);
    if (interval[0] <= 0 && interval[1] === Infinity) return output;
    const inside = tf.cast(tf.logicalAnd(tf.greaterEqual(t, interval[0]), tf.lessEqual(t, interval[1])), "float32");
    const share = tf.reshape(inside, [t.shape[0], ...new Array<number>(both.rank - 1).fill(1)]);
    return tf.add(conditional, tf.mul(share, tf.sub(output, conditional)));
  };
  const plain: Denoiser = {
    path: denoiser.path,
    predicts: denoiser.predicts,
    predict: (xt, t, condition) => tf.tidy(() => guide(denoiser.predict(...paired(xt, t, condition)), t)),
  };
  if (!learnsVariance(denoiser)) return plain;
  const withVariance: LearnedVarianceDenoiser = {
    ...plain,
    predictWithVariance: (xt, t, condition) =>
      tf.tidy(() => {
        const { output, fraction } = denoiser.predictWithVariance(...paired(xt, t, condition));
        return { output: guide(output, t), fraction: tf.split(fraction, 2)[0] };
      }),
  };
  return withVariance;
}

/** φ·ô·(std(o_c)/std(ô)) + (1 − φ)·ô with the deviations of each example; a constant output stays as it is. */
function rescaled(strong: tf.Tensor, conditional: tf.Tensor, share: number): tf.Tensor {
  const [target, own] = [deviation(conditional), deviation(strong)];
  const ratio = tf.div(target, tf.maximum(own, 1e-8));
  const usable = tf.cast(tf.greater(own, 1e-8), "float32");
  const factor = tf.add(tf.mul(tf.mul(usable, share), tf.sub(ratio, 1)), 1);
  return tf.mul(strong, factor);
}

function deviation(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis).slice(1);
  return tf.sqrt(tf.moments(x, axes, true).variance);
}

function pairConditions(condition: Condition, unconditional: Condition, count: number): Condition {
  const [names, free] = [Object.keys(condition).sort(), Object.keys(unconditional).sort()];
  if (names.join() !== free.join()) {
    throw new RangeError(
      `the condition has [${names}] but the unconditional one has [${free}]: give both the same names`,
    );
  }
  return Object.fromEntries(
    names.map((name) => {
      const [given, none] = [condition[name], unconditional[name]];
      if (given.shape[0] !== count || (none.shape[0] !== 1 && none.shape[0] !== count))
        throw new RangeError(
          `"${name}" has ${given.shape[0]} conditions and ${none.shape[0]} unconditional entries for a batch of ${count}: ` +
            `give ${count}, and 1 or ${count}`,
        );
      if (given.rank !== none.rank || given.shape.some((size, axis) => axis > 0 && size !== none.shape[axis]))
        throw new RangeError(
          `"${name}" has shape [${given.shape}] but the unconditional one [${none.shape}]: ` +
            "give both the same shape per example",
        );
      const repeats = none.shape[0] === count ? 1 : count;
      const repeated = repeats === 1 ? none : tf.tile(none, [repeats, ...new Array<number>(none.rank - 1).fill(1)]);
      return [name, tf.concat([given, repeated])];
    }),
  );
}

/** ln p(y | x_t) of a classifier trained on noisy data, [N]; must be differentiable in x_t. */
export type LogProbability = (xt: tf.Tensor, t: tf.Tensor1D, condition?: Condition) => tf.Tensor1D;

/**
 * Classifier guidance as a denoiser of ε: ε̂ − b·scale·∇ ln p(y | x_t), the score of p(x)·p(y | x)^scale.
 *
 * A learned variance stays as the network says it: to first order in the classifier's gradient guidance moves the mean of a
 * step and leaves its variance alone.
 *
 * Source: Dhariwal & Nichol 2021, algorithm 2; the variance: their section 4.1, equations 6 to 10.
 * @throws RangeError when it is asked where no signal is left (a = 0), for ε says nothing there: begin at an earlier time
 */
export function classifierGuided(denoiser: Denoiser, logProbability: LogProbability, scale = 1): Denoiser {
  requireDenoiser(denoiser);
  requireFunction("logProbability", logProbability, "(xt, t) => ln p(y | xt)");
  const { path } = denoiser;
  if (!Number.isFinite(scale)) throw new RangeError(`scale must be a finite number, got ${scale}`);
  /** ε̂ of the output, less the classifier's slope. */
  const guide = (output: tf.Tensor, xt: tf.Tensor, t: tf.Tensor1D, condition: Condition | undefined): tf.Tensor => {
    const times = timesWithSignal(path, t);
    const row = (time: number) => conversionRow(denoiser.predicts, "noise", path.signal(time), path.noise(time));
    const factor = (of: (time: number) => number): tf.Tensor => lookUp(path, times, xt, of);
    const noise = tf.add(
      tf.mul(
        factor((time) => row(time).state),
        xt,
      ),
      tf.mul(
        factor((time) => row(time).output),
        output,
      ),
    );
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(logProbability(x, t, condition)))(xt);
    // ε̂ − b·scale·∇ ln p(y | x_t)
    return tf.sub(
      noise,
      tf.mul(
        factor((time) => scale * path.noise(time)),
        gradient,
      ),
    );
  };
  const plain: Denoiser = {
    path,
    predicts: "noise",
    predict: (xt, t, condition) => tf.tidy(() => guide(denoiser.predict(xt, t, condition), xt, t, condition)),
  };
  if (!learnsVariance(denoiser)) return plain;
  const withVariance: LearnedVarianceDenoiser = {
    ...plain,
    predictWithVariance: (xt, t, condition) =>
      tf.tidy(() => {
        const { output, fraction } = denoiser.predictWithVariance(xt, t, condition);
        return { output: guide(output, xt, t, condition), fraction };
      }),
  };
  return withVariance;
}

/** @throws RangeError at a time where no signal is left */
function timesWithSignal(path: GaussianPath, t: tf.Tensor1D): number[] {
  const times = Array.from(t.dataSync(), (time) => Math.min(time, path.T));
  const blind = times.find((time) => path.signal(time) === 0);
  if (blind === undefined) return times;
  throw new RangeError(
    `at t = ${blind} no signal is left of "${path.name}" for a classifier to see: begin at an earlier time (\`times\` or \`levels\`)`,
  );
}
