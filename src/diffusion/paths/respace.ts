/** A schedule that visits only some times of another, and a denoiser for it. */
import { requireNumbers, requireLike } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";
import { learnsVariance, requirePath, type Denoiser, type LearnedVarianceDenoiser } from "../denoiser.js";
import { noiseLevel } from "./path.js";
import type { PathKind } from "./path-kind.js";
import { requireSchedule, scheduleFromAlphaBars, type Schedule } from "./schedule.js";

/** A process on some of its parent's times. */
export interface RespacedSchedule extends Schedule {
  /** Its t = 0 … T' as times of the parent. */
  readonly parentTimes: Int32Array;
  /** Where the times are those of. */
  readonly parent: Schedule;
}

/**
 * The process that visits only the given times of its parent: ᾱ'_i = ᾱ_{times[i]}, β'_i = 1 − ᾱ'_i/ᾱ'_{i−1}. Running it
 * in full is running the parent on fewer steps.
 *
 * Source: Nichol & Dhariwal 2021 (improved DDPM), section 4.
 * @param times whole times of the parent in either order, without 0; a closing 0 as `timeGrid` gives it is dropped
 * @throws RangeError for no times, times that repeat, are fractional, or lie outside 1 … T
 */
export function respace(schedule: Schedule, times: ArrayLike<number>): RespacedSchedule {
  requireSchedule("the schedule", schedule);
  requireNumbers("times", times);
  const kept = Int32Array.from(Array.from(times).filter((t) => t !== 0)).sort();
  Array.from(times).forEach((t) => {
    if (!(Number.isInteger(t) && t >= 0 && t <= schedule.T))
      throw new RangeError(`respacing keeps whole times 1 … ${schedule.T}, got ${t}`);
  });
  if (kept.length === 0) throw new RangeError("respacing needs at least one time to keep, got none above 0");
  if (new Set(kept).size !== kept.length) throw new RangeError("respacing keeps each time once, but one is repeated");
  const parentTimes = Int32Array.of(0, ...kept);
  const alphaBars = Float64Array.from(parentTimes, (t) => schedule.alphaBar[t]);
  const config = { kind: "respaced", parent: schedule.config, times: Array.from(kept) };
  return Object.freeze({
    ...scheduleFromAlphaBars(`${schedule.name} on ${kept.length} steps`, alphaBars, config),
    parentTimes,
    parent: schedule,
  });
}

/** {@link respace} in a file. */
export const respacedKind: PathKind = {
  kind: "respaced",
  parse: (fields, path) =>
    respace(requireSchedule(fields.where, path("parent")), fields.numbers("times", { whole: true })),
};

/**
 * A denoiser trained on the parent, to be used with the respaced process: it is fed the parent's time of the same noise
 * level.
 *
 * A variance that it has learned stays with it.
 *
 * @throws RangeError unless the denoiser was made for the parent
 */
export function respacedDenoiser(denoiser: Denoiser, schedule: RespacedSchedule): Denoiser {
  requireLike("schedule", schedule, ["parent", "parentTimes"], "respace(schedule, times)");
  const { parent, parentTimes } = schedule;
  requirePath(denoiser, parent);
  const toParent = (t: number): number => {
    return Number.isInteger(t) ? parentTimes[t] : parent.timeAt(noiseLevel(schedule, t));
  };
  const parentTime = (t: tf.Tensor1D): tf.Tensor1D => tf.tensor1d(Float32Array.from(t.dataSync(), toParent));
  const respaced: Denoiser = {
    path: schedule,
    predicts: denoiser.predicts,
    predict: (xt, t, condition) => tf.tidy(() => denoiser.predict(xt, parentTime(t), condition)),
  };
  if (!learnsVariance(denoiser)) return respaced;
  // v is a share of the way between β̃ and β, whatever the times these are of (Nichol & Dhariwal 2021, section 4).
  const withVariance: LearnedVarianceDenoiser = {
    ...respaced,
    predictWithVariance: (xt, t, condition) => {
      return tf.tidy(() => ({ ...denoiser.predictWithVariance(xt, parentTime(t), condition) }));
    },
  };
  return withVariance;
}
