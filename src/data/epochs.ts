import { RandomStream, type RandomState } from "../random.js";

/** An {@link EpochSampler} at rest: plain JSON. */
export interface EpochSamplerState {
  readonly count: number;
  readonly epoch: number;
  /** How many examples of the epoch were handed out, 0 … count − 1. */
  readonly offset: number;
  readonly stream: RandomState;
}

/**
 * Endless minibatches: each epoch visits all `count` examples once, in an order of its own.
 *
 * Epoch e is the permutation of `stream.split("epoch", e)`, so it depends only on the stream's name and e,
 * and the state is two numbers. A batch is always full: where an epoch ends inside one, the next epoch
 * fills it up.
 *
 * ```ts
 * const sampler = new EpochSampler(digits.count, new RandomStream(7, "training data"));
 * const batch = gatherImages(digits, sampler.next(64));
 * ```
 */
export class EpochSampler {
  readonly count: number;
  private readonly stream: RandomStream;
  private currentEpoch = 0;
  private offset = 0;
  private order: Int32Array;

  /**
   * @param count how many examples there are, at least 1
   * @param stream names the orders; nothing is drawn from it
   * @throws RangeError when `count` is no whole number from 1 to 2³¹
   */
  constructor(count: number, stream: RandomStream) {
    if (!Number.isSafeInteger(count) || count < 1 || count > 2 ** 31) {
      throw new RangeError(`an EpochSampler needs a whole number of examples from 1 to 2^31, got ${count}`);
    }
    this.count = count;
    this.stream = stream;
    this.order = this.orderOf(0);
  }

  /** How many epochs are complete. */
  get epoch(): number {
    return this.currentEpoch;
  }

  /** How many examples were handed out in all. */
  get seen(): number {
    return this.currentEpoch * this.count + this.offset;
  }

  /**
   * The indices of the next batch.
   *
   * @throws RangeError when `batchSize` is no whole number of at least 1
   */
  next(batchSize: number): Int32Array {
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new RangeError(`batchSize must be a whole number of at least 1, got ${batchSize}`);
    }
    const batch = new Int32Array(batchSize);
    let filled = 0;
    while (filled < batchSize) {
      const take = Math.min(batchSize - filled, this.count - this.offset);
      batch.set(this.order.subarray(this.offset, this.offset + take), filled);
      filled += take;
      this.offset += take;
      if (this.offset === this.count) {
        this.currentEpoch += 1;
        this.offset = 0;
        this.order = this.orderOf(this.currentEpoch);
      }
    }
    return batch;
  }

  /** Where the sampler stands: `EpochSampler.restore(state)` goes on exactly from here. */
  save(): EpochSamplerState {
    return { count: this.count, epoch: this.currentEpoch, offset: this.offset, stream: this.stream.save() };
  }

  /**
   * The sampler that {@link save} described.
   *
   * @throws RangeError, TypeError when `state` is no such state
   */
  static restore(state: EpochSamplerState): EpochSampler {
    if (typeof state !== "object" || state === null) {
      throw new TypeError(`an EpochSampler is restored from what save() returned, got ${String(state)}`);
    }
    const sampler = new EpochSampler(state.count, RandomStream.restore(state.stream));
    for (const [what, value, limit] of [
      ["epoch", state.epoch, 2 ** 32],
      ["offset", state.offset, state.count],
    ] as const) {
      if (!Number.isSafeInteger(value) || value < 0 || value >= limit) {
        throw new RangeError(
          `${what} of a saved EpochSampler must be a whole number from 0 to ${limit - 1}, got ${value}`,
        );
      }
    }
    sampler.currentEpoch = state.epoch;
    sampler.offset = state.offset;
    sampler.order = sampler.orderOf(state.epoch);
    return sampler;
  }

  private orderOf(epoch: number): Int32Array {
    return this.stream.split("epoch", epoch).permutation(this.count);
  }
}
