/** Drawing in batches from models that need one pass through a network: VAEs, flows and GANs. */
import type { OptionRule } from "../base/check.js";
import { requireNotNegative, requireWhole } from "../base/values.js";
import { interruptible } from "../runtime/interrupt.js";
import * as tf from "../runtime/tf.js";
import { nextTurn } from "../runtime/turn.js";
import type { DrawOption } from "./family.js";
import type { DrawRequest } from "./model.js";

/** What {@link DrawRequest} knows, for `requireKnownKeys`. */
export const drawRequestKeys: Readonly<Record<keyof DrawRequest, OptionRule>> = {
  count: true,
  seed: true,
  batchSize: true,
  condition: "an object",
  signal: "a signal",
  onProgress: "a function",
};

/** The numbers of a request, with their defaults. */
export interface DrawNumbers {
  readonly count: number;
  readonly seed: number;
  readonly batchSize: number;
}

/**
 * @param what the model in messages: "this VAE"
 * @throws RangeError for a number out of range, or a condition, since the model knows none
 */
export function unconditionalNumbers(what: string, request: DrawRequest): DrawNumbers {
  const { count, seed = 0, batchSize = 64, condition } = request;
  requireWhole("count", count);
  requireWhole("batchSize", batchSize);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new RangeError(`seed must be a whole number ≥ 0, got ${seed}`);
  const asked = Object.keys(condition ?? {});
  if (asked.length > 0) throw new RangeError(`${what} knows no conditions: leave ${asked.join(", ")} out`);
  return { count, seed, batchSize };
}

/** The option of every family that draws latents z ~ N(0, temperature²·I). */
export const temperatureOption: DrawOption = {
  kind: "number",
  placeholder: "X",
  about: "deviation of the latents, default 1; less gives more usual images",
};

/** The deviation of latents, default 1. @throws RangeError unless it is finite and ≥ 0 */
export function requireTemperature(temperature = 1): number {
  requireNotNegative("temperature", temperature);
  return temperature;
}

/**
 * All batches of a request as one tensor. Between two of them others run, and a signal, or Ctrl-C, ends it.
 *
 * @param what in messages: "drawing from the VAE"
 * @param draw examples `first` … `first + size − 1`
 */
export async function drawBatches(
  what: string,
  { count, batchSize }: DrawNumbers,
  { signal: given, onProgress }: Pick<DrawRequest, "signal" | "onProgress">,
  draw: (first: number, size: number) => tf.Tensor,
): Promise<tf.Tensor> {
  return interruptible(given, `${what} was interrupted`, async (signal) => {
    const batches: tf.Tensor[] = [];
    try {
      for (let first = 0; first < count; first += batchSize) {
        signal.throwIfAborted();
        const size = Math.min(batchSize, count - first);
        batches.push(draw(first, size));
        onProgress?.((first + size) / count);
        await nextTurn();
      }
      return tf.concat(batches);
    } finally {
      tf.dispose(batches);
    }
  });
}
