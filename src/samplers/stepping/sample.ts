/** Runs a sampler to its end. */
import { requireKnownKeys } from "../../base/check.js";
import { requireFinite } from "../../runtime/finite.js";
import { interruptible } from "../../runtime/interrupt.js";
import type * as tf from "../../runtime/tf.js";
import { nextTurn } from "../../runtime/turn.js";
import { described } from "../../base/check.js";
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
 * @throws NotFiniteError when the network's output (with the sampler, step and t) or the result is not finite
 */
export async function sample(
  sampler: Generator<SamplerStep, tf.Tensor>,
  options: SampleOptions = {},
): Promise<tf.Tensor> {
  requireKnownKeys("sample", options, { onStep: "a function", signal: "a signal" });
  const { onStep, signal: given } = options;
  requireSampler(sampler);
  return interruptible(given, "sampling was interrupted", async (signal) => {
    try {
      for (;;) {
        signal.throwIfAborted();
        const { done, value } = sampler.next() as IteratorResult<SamplerStep, tf.Tensor | undefined>;
        if (done) return checked(value);
        await onStep?.(value);
        await nextTurn();
      }
    } catch (error) {
      sampler.return(undefined as never);
      throw error;
    }
  });
}

function requireSampler(sampler: Generator<SamplerStep, tf.Tensor>): void {
  if (typeof (sampler as Partial<typeof sampler> | undefined)?.next === "function") return;
  throw new TypeError(`sample runs a sampler, such as ddim(denoiser, path, xT), got ${described(sampler)}`);
}

function checked(result: tf.Tensor | undefined): tf.Tensor {
  // What a generator returns after its end.
  if (result === undefined) {
    throw new RangeError("this sampler has run to its end, and a sampler runs once: make it again, and sample that");
  }
  try {
    requireFinite(
      "the sample",
      result,
      "check that the denoiser's `predicts` is what the network was trained for; clipping x0 or more steps may help",
    );
    return result;
  } catch (error) {
    result.dispose();
    throw error;
  }
}
