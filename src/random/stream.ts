/** Random streams by seed and purpose. */
import { requireKind } from "../base/kinds.js";
import { described } from "../base/check.js";
import { boxMuller } from "./normal.js";
import { hashPurpose, philoxBlock } from "./philox.js";

/** A {@link RandomStream} at rest: plain JSON, exact to the bit. */
export interface RandomState {
  readonly algorithm: "philox4x32-10";
  readonly seed: number;
  readonly purpose: string;
  readonly index: number;
  /** How many 32-bit words the stream has handed out, 0 … 2³⁴. */
  readonly position: number;
  /** The second normal of the last Box–Muller pair, where it has not been handed out yet. */
  readonly pendingNormal: number | null;
}

const BLOCKS_PER_STREAM = 2 ** 32;
const WORDS_PER_STREAM = 4 * BLOCKS_PER_STREAM;
const LARGEST_NORMAL = 6.77;

function requireInteger(what: string, value: number, low: number, high: number): void {
  if (!Number.isSafeInteger(value) || value < low || value > high) {
    throw new RangeError(`${what} must be a whole number from ${low} to ${high}, got ${String(value)}`);
  }
}

function requireCount(n: number): void {
  requireInteger("the number of values n", n, 0, 2 ** 32 - 1);
}

/**
 * A stream of random numbers that is a pure function of (seed, purpose, index), made with the
 * counter-based generator Philox4x32-10.
 *
 * Streams that differ in any of the three are independent, and drawing from one never moves another, so
 * noise, shuffling and initial weights do not disturb each other, and example i of a batch can own
 * stream i whatever the batch around it:
 *
 * ```ts
 * const noise = new RandomStream(7, "noise");
 * noise.normals(4);                        // the same four numbers always
 * new RandomStream(7, "noise", 1);         // the noise of example 1
 * ```
 *
 * How a stream is laid out: the 64-bit key is the seed; the 128-bit counter is (block, index, hash of the
 * purpose). Philox is a bijection of the counter for each key, so streams with one seed and purpose never
 * share a block. The purpose is hashed to 64 bits: among n purposes the chance of any collision is n²/2⁶⁵.
 *
 * The numbers are the same bits on every engine and processor: only operations that ECMAScript fixes
 * exactly are used, normals included.
 *
 * @see Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
export class RandomStream {
  readonly seed: number;
  readonly purpose: string;
  readonly index: number;

  private readonly key0: number;
  private readonly key1: number;
  private readonly tag0: number;
  private readonly tag1: number;
  private readonly words = new Int32Array(4);
  private readonly pair = new Float64Array(2);
  private nextBlock = 0;
  private cursor = 4;
  private hasPending = false;

  /**
   * @param seed 0 … 2⁵³ − 1
   * @param purpose what the numbers are for, any string: streams of different purposes are independent
   * @param index which of many streams of that purpose, 0 … 2³² − 1
   * @throws RangeError when `seed` or `index` is no whole number in its range
   * @throws TypeError when `purpose` is no string
   */
  constructor(seed: number, purpose = "", index = 0) {
    requireInteger("seed", seed, 0, Number.MAX_SAFE_INTEGER);
    requireInteger("index", index, 0, 2 ** 32 - 1);
    if (typeof purpose !== "string") {
      throw new TypeError(`purpose must be a string such as "noise", got ${typeof purpose}`);
    }
    this.seed = seed;
    this.purpose = purpose;
    this.index = index;
    this.key0 = seed | 0;
    this.key1 = Math.floor(seed / 2 ** 32) | 0;
    [this.tag0, this.tag1] = hashPurpose(purpose);
  }

  /** A number in [0, 1), a multiple of 2⁻⁵³; every multiple is equally likely. Uses two words. */
  uniform(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /**
   * A draw from N(0, 1) in float64, by Box–Muller; |z| ≤ 6.764. Every second call returns the other half of
   * the pair and uses no words.
   */
  normal(): number {
    if (this.hasPending) {
      this.hasPending = false;
      return this.pair[1];
    }
    const first = this.word();
    boxMuller(this.pair, first, this.word());
    this.hasPending = true;
    return this.pair[0];
  }

  /**
   * A whole number k with low ≤ k < high, each equally likely (words that would favour some are rejected).
   *
   * @throws RangeError when a bound is no safe integer, the range is empty, or it is wider than 2³²
   */
  integer(low: number, high: number): number {
    this.requireRange(low, high, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    return low + this.below(high - low);
  }

  /**
   * n numbers in [0, 1) as float32. Equal to n calls of {@link uniform}, each rounded down to a multiple of
   * 2⁻²⁴, so that 1 never appears.
   *
   * @throws RangeError when n is no whole number ≥ 0
   */
  uniforms(n: number): Float32Array {
    requireCount(n);
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) {
      values[i] = (this.word() >>> 8) / 16777216;
      this.word();
    }
    return values;
  }

  /**
   * n draws from N(0, 1) as float32. Equal to n calls of {@link normal}, each rounded to float32.
   *
   * @throws RangeError when n is no whole number ≥ 0
   */
  normals(n: number): Float32Array {
    requireCount(n);
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = this.normal();
    return values;
  }

  /**
   * n whole numbers k with low ≤ k < high. Equal to n calls of {@link integer}.
   *
   * @throws RangeError when n is no whole number ≥ 0, the range is empty, or it leaves −2³¹ … 2³¹ (int32)
   */
  integers(n: number, low: number, high: number): Int32Array {
    requireCount(n);
    this.requireRange(low, high, -(2 ** 31), 2 ** 31);
    const span = high - low;
    const values = new Int32Array(n);
    for (let i = 0; i < n; i++) values[i] = low + this.below(span);
    return values;
  }

  /**
   * The numbers 0 … n − 1 in random order, each of the n! orders equally likely (Fisher–Yates).
   *
   * @throws RangeError when n is no whole number from 0 to 2³¹
   */
  permutation(n: number): Int32Array {
    requireInteger("the length n of a permutation", n, 0, 2 ** 31);
    const order = new Int32Array(n);
    for (let i = 0; i < n; i++) order[i] = i;
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /**
   * A new stream named below this one: a pure function of this stream's (seed, purpose, index) and the
   * arguments. It does not depend on what was drawn so far, and draws nothing.
   *
   * @throws RangeError, TypeError as the constructor
   */
  split(purpose: string, index = 0): RandomStream {
    requireKind("purpose", purpose, "a text");
    // The length makes the name injective: no two chains of splits spell the same purpose.
    return new RandomStream(this.seed, `${this.purpose.length}:${this.purpose}/${this.index}/${purpose}`, index);
  }

  /** Where the stream stands, as plain JSON: `RandomStream.restore(state)` goes on exactly from here. */
  save(): RandomState {
    return {
      algorithm: "philox4x32-10",
      seed: this.seed,
      purpose: this.purpose,
      index: this.index,
      position: 4 * (this.nextBlock - 1) + this.cursor,
      pendingNormal: this.hasPending ? this.pair[1] : null,
    };
  }

  /**
   * The stream that {@link save} described.
   *
   * @throws TypeError when `state` is no such state
   * @throws RangeError when a number in it is out of its range
   */
  static restore(state: RandomState): RandomStream {
    if (typeof state !== "object" || state === null || state.algorithm !== "philox4x32-10") {
      throw new TypeError(
        'this is no saved RandomStream: expected an object with algorithm "philox4x32-10", as save() returns',
      );
    }
    const stream = new RandomStream(state.seed, state.purpose, state.index);
    requireInteger("position of a saved stream", state.position, 0, WORDS_PER_STREAM);
    const blocks = Math.floor(state.position / 4);
    const within = state.position % 4;
    stream.nextBlock = blocks;
    if (within > 0) {
      stream.refill();
      stream.cursor = within;
    }
    const pending = state.pendingNormal;
    if (pending !== null) {
      if (typeof pending !== "number" || !(Math.abs(pending) < LARGEST_NORMAL)) {
        throw new RangeError(`pendingNormal of a saved stream must be null or a normal draw, got ${String(pending)}`);
      }
      stream.pair[1] = pending;
      stream.hasPending = true;
    }
    return stream;
  }

  /** The next unsigned 32-bit word. */
  private word(): number {
    if (this.cursor === 4) this.refill();
    return this.words[this.cursor++] >>> 0;
  }

  private refill(): void {
    if (this.nextBlock >= BLOCKS_PER_STREAM) {
      throw new RangeError(
        `random stream (seed ${this.seed}, "${this.purpose}", ${this.index}) has given all its 2^34 words; ` +
          "go on with another index",
      );
    }
    philoxBlock(this.words, this.nextBlock | 0, this.index | 0, this.tag0, this.tag1, this.key0, this.key1);
    this.nextBlock += 1;
    this.cursor = 0;
  }

  /** A whole number in [0, span), 1 ≤ span ≤ 2³². */
  private below(span: number): number {
    // The last 2³² mod span words would favour small results.
    const limit = 4294967296 - (4294967296 % span);
    let word = this.word();
    while (word >= limit) word = this.word();
    return word % span;
  }

  private requireRange(low: number, high: number, least: number, most: number): void {
    requireInteger("low", low, least, most);
    requireInteger("high", high, least, most);
    if (high <= low || high - low > 2 ** 32) {
      throw new RangeError(`low < high with high − low ≤ 2^32 is needed, got low ${low} and high ${high}`);
    }
  }
}

/** @throws TypeError unless random numbers come from a stream */
export function requireStream(value: unknown): asserts value is RandomStream {
  if (value instanceof RandomStream) return;
  throw new TypeError(`random numbers come from a stream, new RandomStream(seed, purpose), got ${described(value)}`);
}
