/** A learning rate as data, so that it can be saved with a training. */
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

/** The rate for `step`, counted from 1. */
export function learningRateAt(rate: LearningRate, step: number): number {
  const { peak, warmup = 0, decay } = rate;
  if (step < warmup) return (peak * step) / warmup;
  if (!decay) return peak;
  const { total, from = warmup, floor = 0 } = decay;
  if (step <= from) return peak;
  const progress = Math.min(1, (step - from) / Math.max(1, total - from));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
