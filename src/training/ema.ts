/**
 * Exponential moving average of parameters, ā ← d·ā + (1 − d)·θ, whose decay warms up as
 * d_n = min(decay, (1 + n)/(10 + n)): early on it forgets the random start quickly.
 */
export class MovingAverage {
  readonly values: Float32Array;

  constructor(
    start: Float32Array,
    readonly decay: number,
  ) {
    if (!(decay >= 0 && decay < 1)) throw new RangeError(`the decay of an average must lie in [0, 1), got ${decay}`);
    this.values = start.slice();
  }

  /** @param step counts from 1 */
  update(current: Float32Array, step: number): void {
    const d = Math.min(this.decay, (1 + step) / (10 + step));
    const { values } = this;
    for (let i = 0; i < values.length; i++) values[i] = d * values[i] + (1 - d) * current[i];
  }
}
