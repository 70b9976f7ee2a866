import type { LossAwareTimes } from "../../diffusion/index.js";
import type { LossFeedback } from "../../training/task.js";

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
      // The length of a row, then for each time a row of its losses, filled up with NaN.
      const memory = new Float32Array(1 + history.length * density.length).fill(NaN);
      memory[0] = density.length;
      history.forEach((losses, i) => memory.set(losses, 1 + i * density.length));
      return memory;
    },
    restore: ([length, ...losses]) => {
      if (length !== density.length) {
        throw new RangeError(
          `the state remembers ${length} losses of each time, these times ${density.length}: train with the same times as before`,
        );
      }
      const rows = Array.from({ length: losses.length / length }, (_, i) => {
        return losses.slice(i * length, (i + 1) * length).filter((loss) => !Number.isNaN(loss));
      });
      density.restore({ history: rows });
    },
  };
}
