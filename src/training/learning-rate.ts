/** Learning rates that change from step to step. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { shownNumber } from "../base/values.js";

/** A learning rate as data. */
export interface LearningRate {
  /** The highest rate. */
  readonly peak: number;
  /** Steps of linear rise from 0, default 0. */
  readonly warmup?: number;
  /**
   * After the rise: stay (default), or stay until step `from` (default: the end of the rise) and fall along half a cosine
   * to `peak · floor` at step `total`. As long as a training has not passed `from`, its `total` may still be chosen.
   *
   * Source: Loshchilov and Hutter 2017, "SGDR", equation 5; with a plateau, Hägele et al. 2024, "Scaling laws and
   * compute-optimal training beyond fixed training durations".
   */
  readonly decay?: {
    readonly kind: "cosine";
    readonly total: number;
    readonly from?: number;
    readonly floor?: number;
  };
}

/** @throws RangeError naming the number that is out of range */
export function requireLearningRate(rate: LearningRate): void {
  requireKnownKeys("the learning rate", rate, { peak: "a number", warmup: "a number", decay: "an object" });
  const { peak, warmup = 0, decay } = rate;
  if (!(Number.isFinite(peak) && peak > 0))
    throw new RangeError(`the learning rate must be positive and finite, got ${shownNumber(peak)}`);
  requireSteps("warmup", warmup);
  if (!decay) return;
  requireKnownKeys("decay of the learning rate", decay, { kind: true, total: true, from: true, floor: true });
  const { kind, total, from, floor = 0 } = decay;
  if (kind !== "cosine")
    throw new RangeError(`unknown decay ${JSON.stringify(kind)} of the learning rate: there is "cosine"`);
  requireSteps("decay.total", total);
  if (from !== undefined) requireSteps("decay.from", from);
  if (from !== undefined && from > total) {
    throw new RangeError(`the decay of the learning rate begins at step ${from}, after its end at step ${total}`);
  }
  if (!(typeof floor === "number" && floor >= 0 && floor <= 1))
    throw new RangeError(`decay.floor is a share of the peak, 0 … 1, got ${floor}`);
}

function requireSteps(name: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0))
    throw new RangeError(`${name} of the learning rate is a number of steps ≥ 0, got ${shownNumber(value)}`);
}

/** The rate for `step`, counted from 1. */
export function learningRateAt(rate: LearningRate, step: number): number {
  requireKind("step", step, "a number");
  requireKnownKeys("learningRateAt", rate, { peak: "a number", warmup: "a number", decay: "an object" });
  const { peak, warmup = 0, decay } = rate;
  if (step < warmup) return (peak * step) / warmup;
  if (!decay) return peak;
  const { total, from = warmup, floor = 0 } = decay;
  if (step <= from) return peak;
  const progress = Math.min(1, (step - from) / Math.max(1, total - from));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
