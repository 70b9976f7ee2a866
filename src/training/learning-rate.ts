/** A learning rate as data, so that it can be saved with a training. */
export interface LearningRate {
  /** The highest rate. */
  readonly peak: number;
  /** Steps of linear rise from 0, default 0. */
  readonly warmup?: number;
  /**
   * After the rise: stay (default), or fall along half a cosine to `peak · floor` at `total` steps. With `restartAt`
   * the fall ends there, and a second one goes from the peak to `total`.
   *
   * Source: Loshchilov and Hutter 2017, "SGDR: stochastic gradient descent with warm restarts", equation 5.
   */
  readonly decay?: {
    readonly kind: "cosine";
    readonly total: number;
    readonly floor?: number;
    readonly restartAt?: number;
  };
}

/** The rate for `step`, counted from 1. */
export function learningRateAt(rate: LearningRate, step: number): number {
  const { peak, warmup = 0, decay } = rate;
  if (step < warmup) return (peak * step) / warmup;
  if (!decay) return peak;
  const { total, floor = 0, restartAt = total } = decay;
  const [from, to] = step <= restartAt ? [warmup, restartAt] : [restartAt, total];
  const progress = Math.min(1, (step - from) / Math.max(1, to - from));
  return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}
