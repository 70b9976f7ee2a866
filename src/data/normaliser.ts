/** Bytes of images to numbers around zero, and back. */
import { requireNumbers } from "../base/values.js";
import { described, requireKnownKeys } from "../base/check.js";

/** The interval that bytes 0 … 255 are mapped to. */
export interface NormaliserOptions {
  /** What byte 0 becomes. Default −1. */
  low?: number;
  /** What byte 255 becomes. Default 1. */
  high?: number;
}

/**
 * Turns bytes into numbers in [low, high] (default [−1, 1]) and back:
 *
 *   x = low + (high − low)·b/255,     b = round(255·(x − low)/(high − low)), clamped to 0 … 255
 *
 * Every byte comes back as itself.
 */
export class Normaliser {
  readonly low: number;
  readonly high: number;
  private readonly table: Float32Array;

  /** @throws RangeError when the bounds are not finite with low < high */
  constructor(options: NormaliserOptions = {}) {
    requireKnownKeys("Normaliser", options, { low: true, high: true });
    const { low = -1, high = 1 } = options;
    if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high) {
      throw new RangeError(`a Normaliser needs finite low < high, got low ${low} and high ${high}`);
    }
    this.low = low;
    this.high = high;
    this.table = Float32Array.from({ length: 256 }, (_, b) => low + ((high - low) * b) / 255);
  }

  /** Bytes to float32 numbers in [low, high]; a fresh array. */
  encode(bytes: Uint8Array): Float32Array {
    if (!ArrayBuffer.isView(bytes) || bytes.BYTES_PER_ELEMENT !== 1) {
      throw new TypeError(`a Normaliser encodes bytes 0 … 255 in a Uint8Array, got ${described(bytes)}`);
    }
    const values = new Float32Array(bytes.length);
    const { table } = this;
    for (let i = 0; i < bytes.length; i++) values[i] = table[bytes[i]];
    return values;
  }

  /**
   * Numbers to bytes; what lies outside [low, high] is clamped.
   *
   * @throws RangeError when a value is NaN: a black picture would hide that the model diverged
   */
  decode(values: ArrayLike<number>): Uint8Array {
    requireNumbers("values", values);
    const bytes = new Uint8Array(values.length);
    const scale = 255 / (this.high - this.low);
    for (let i = 0; i < values.length; i++) {
      const byte = Math.round((values[i] - this.low) * scale);
      if (Number.isNaN(byte)) {
        throw new RangeError(
          `value ${i} of ${values.length} is NaN: no pixel can show it; ` +
            "look for where the model or the sampler diverged",
        );
      }
      bytes[i] = byte < 0 ? 0 : byte > 255 ? 255 : byte;
    }
    return bytes;
  }
}
