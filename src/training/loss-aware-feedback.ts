import type { LossAwareTimes } from "../diffusion/index.js";
import type { LossFeedback } from "./task.js";

/**
 * Tells a density of times the losses of the steps.
 *
 * @param weight name of the batch's input with the density's weights
 * @param timesOf the times of a step, drawn from what was known before it
 */
export function lossAwareFeedback(
  density: LossAwareTimes,
  weight: string,
  timesOf: (step: number) => Float32Array,
): LossFeedback {
  return {
    weight,
    observe: (step, losses) => density.record(timesOf(step), losses),
    save: () => {
      const { history } = density.save();
      // Each time has a row of its losses, filled up with NaN.
      const memory = new Float32Array(history.length * density.length).fill(NaN);
      history.forEach((losses, i) => memory.set(losses, i * density.length));
      return memory;
    },
    restore: (memory) => {
      const rows = Array.from({ length: memory.length / density.length }, (_, i) => {
        return [...memory.subarray(i * density.length, (i + 1) * density.length)].filter((loss) => !Number.isNaN(loss));
      });
      density.restore({ history: rows });
    },
  };
}
