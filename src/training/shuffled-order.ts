/** Shuffled epochs as a pure function of the step. */
import { requireKind } from "../base/kinds.js";
import { RandomStream } from "../random/index.js";

/**
 * Epoch after epoch of shuffled indices, as a pure function of the step: position p = (step − 1)·batchSize + i lies in
 * epoch ⌊p/count⌋, whose order is drawn from (seed, "order", epoch). A batch may span two epochs; none is dropped.
 */
export class ShuffledOrder {
  private epoch = -1;
  private order: Int32Array = new Int32Array(0);

  /** @throws RangeError if there is no example */
  constructor(
    readonly count: number,
    readonly seed: number,
  ) {
    requireKind("seed", seed, "a number");
    if (!Number.isInteger(count) || count < 1)
      throw new RangeError(`an order needs at least one example, got ${count}`);
  }

  /** The indices of batch `step`, counted from 1. */
  indices(step: number, batchSize: number): Int32Array {
    requireKind("batchSize", batchSize, "a number");
    requireKind("step", step, "a number");
    return Int32Array.from({ length: batchSize }, (_, i) => this.at((step - 1) * batchSize + i));
  }

  private at(position: number): number {
    const epoch = Math.floor(position / this.count);
    if (epoch !== this.epoch) {
      this.order = new RandomStream(this.seed, "order", epoch).permutation(this.count);
      this.epoch = epoch;
    }
    return this.order[position % this.count];
  }
}
