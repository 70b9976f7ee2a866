import { interruptible } from "../interrupt.js";
import * as tf from "../tf.js";
import type { SamplerStep } from "./sampler.js";

export interface SampleOptions {
  /** Called at each step; the step's tensors live until it returns (or its promise settles). */
  readonly onStep?: (step: SamplerStep) => void | Promise<void>;
  /** Stops between two steps; the promise then rejects with the signal's reason and nothing is left in memory. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a sampler to its end, giving the event loop a turn after each step.
 *
 * ```ts
 * const noise = normalNoise(7);
 * const images = await sample(ddim(denoiser, schedule, noise(0, [16, 28, 28, 1]), { steps: 50 }));
 * ```
 * Without a signal, Ctrl-C or a notebook's stop button ends it between two steps.
 *
 * @returns the samples, owned by the caller
 * @throws InterruptedError then; nothing is left in memory
 * @throws RangeError when the result holds NaN or infinite values
 */
export async function sample(
  sampler: Generator<SamplerStep, tf.Tensor>,
  options: SampleOptions = {},
): Promise<tf.Tensor> {
  const { onStep, signal: given } = options;
  return interruptible(given, "sampling was interrupted", async (signal) => {
    let steps = 0;
    try {
      for (;;) {
        signal.throwIfAborted();
        const { done, value } = sampler.next();
        if (done) return checkFinite(value, steps);
        steps = value.steps;
        await onStep?.(value);
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      sampler.return(undefined as never);
      throw error;
    }
  });
}

function checkFinite(result: tf.Tensor, steps: number): tf.Tensor {
  const finite = tf.tidy(() => tf.all(tf.isFinite(result)).dataSync()[0]);
  if (finite) return result;
  result.dispose();
  throw new RangeError(
    `sampling ended in NaN or infinite values after ${steps} steps: check that the weights are finite and that the ` +
      `denoiser's \`predicts\` is what the network was trained for; clipping x0 or more steps may help`,
  );
}
