/** Philox4x32-10: a block of random words as a function of counter and key. */
import { requireNumbers } from "../base/values.js";

/** The multipliers and Weyl increments of Philox4x32 (Salmon et al. 2011, Table 2). */
const MULTIPLIER_0 = 0xd2511f53;
const MULTIPLIER_1 = 0xcd9e8d57;
const WEYL_0 = 0x9e3779b9 | 0;
const WEYL_1 = 0xbb67ae85 | 0;

const M0_LOW = MULTIPLIER_0 & 0xffff;
const M0_HIGH = MULTIPLIER_0 >>> 16;
const M1_LOW = MULTIPLIER_1 & 0xffff;
const M1_HIGH = MULTIPLIER_1 >>> 16;

/**
 * Writes one Philox4x32-10 block, a bijection of the 128-bit counter for each 64-bit key, into `out`
 * as four signed 32-bit words (`>>> 0` makes them unsigned).
 *
 * Each of ten rounds is, with hi and lo the halves of the 64-bit product,
 *
 *   (c₀, c₁, c₂, c₃) ← (hi(M₁c₂) ⊕ c₁ ⊕ k₀, lo(M₁c₂), hi(M₀c₀) ⊕ c₃ ⊕ k₁, lo(M₀c₀))
 *
 * Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.3.
 */
export function philoxBlock(
  out: Int32Array,
  c0: number,
  c1: number,
  c2: number,
  c3: number,
  k0: number,
  k1: number,
): void {
  for (let round = 0; round < 10; round++) {
    // hi(M·c) from 16-bit halves: no partial sum exceeds 2³² − 1.
    const low0 = c0 & 0xffff;
    const high0 = c0 >>> 16;
    const middle0 = (Math.imul(low0, M0_HIGH) >>> 0) + (Math.imul(low0, M0_LOW) >>> 16);
    const cross0 = (middle0 & 0xffff) + (Math.imul(high0, M0_LOW) >>> 0);
    const hi0 = (Math.imul(high0, M0_HIGH) + (middle0 >>> 16) + (cross0 >>> 16)) | 0;

    const low1 = c2 & 0xffff;
    const high1 = c2 >>> 16;
    const middle1 = (Math.imul(low1, M1_HIGH) >>> 0) + (Math.imul(low1, M1_LOW) >>> 16);
    const cross1 = (middle1 & 0xffff) + (Math.imul(high1, M1_LOW) >>> 0);
    const hi1 = (Math.imul(high1, M1_HIGH) + (middle1 >>> 16) + (cross1 >>> 16)) | 0;

    const lo0 = Math.imul(c0, MULTIPLIER_0);
    const lo1 = Math.imul(c2, MULTIPLIER_1);
    c0 = hi1 ^ c1 ^ k0;
    c1 = lo1;
    c2 = hi0 ^ c3 ^ k1;
    c3 = lo0;
    k0 = (k0 + WEYL_0) | 0;
    k1 = (k1 + WEYL_1) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * Philox4x32-10 of one counter under one key: four unsigned 32-bit words.
 *
 * A pure function: the same counter and key give the same words on every machine.
 *
 * @param counter four words, each taken modulo 2³²
 * @param key two words, each taken modulo 2³²
 * @throws RangeError when `counter` has not four words or `key` not two
 * @see Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>): Uint32Array {
  requireNumbers("counter", counter);
  requireNumbers("key", key);
  if (counter.length !== 4 || key.length !== 2) {
    throw new RangeError(
      `philox4x32 takes a counter of 4 words and a key of 2 words, got ${counter.length} and ${key.length}`,
    );
  }
  const words = new Int32Array(4);
  philoxBlock(words, counter[0] | 0, counter[1] | 0, counter[2] | 0, counter[3] | 0, key[0] | 0, key[1] | 0);
  return new Uint32Array(words.buffer);
}

// A batch opens one stream an example, all of one purpose: the hash of the last one is kept.
let lastPurpose: string | undefined;
let lastHash: readonly [number, number] = [0, 0];

/**
 * A 64-bit hash of a string: its UTF-8 bytes in 16-byte blocks, each enciphered by Philox under the two
 * words of the chain so far and added back (the Matyas–Meyer–Oseas chain h ← E_h(m) ⊕ m on four words,
 * keyed by the first two); the byte length is enciphered last, so that padding cannot collide.
 */
export function hashPurpose(purpose: string): readonly [number, number] {
  if (purpose === lastPurpose) return lastHash;
  const bytes = new TextEncoder().encode(purpose);
  const padded = new Uint8Array(Math.ceil(bytes.length / 16) * 16);
  padded.set(bytes);
  const view = new DataView(padded.buffer);
  const chain = new Int32Array(4);
  const absorb = (m0: number, m1: number, m2: number, m3: number): void => {
    const [, , h2, h3] = chain;
    philoxBlock(chain, m0 ^ h2, m1 ^ h3, m2, m3, chain[0], chain[1]);
    chain[0] ^= m0;
    chain[1] ^= m1;
    chain[2] ^= m2;
    chain[3] ^= m3;
  };
  for (let at = 0; at < padded.length; at += 16) {
    absorb(
      view.getInt32(at, true),
      view.getInt32(at + 4, true),
      view.getInt32(at + 8, true),
      view.getInt32(at + 12, true),
    );
  }
  absorb(bytes.length, 0, 0, 0x70757270);
  lastPurpose = purpose;
  lastHash = [chain[0], chain[1]];
  return lastHash;
}
