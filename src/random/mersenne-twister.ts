/** The Mersenne Twister MT19937: the engine under PyTorch's generator on the CPU. */

const SIZE = 624;
const SHIFT = 397;

/**
 * A sequence of 32-bit words with period 2^19937 − 1. It is here to reproduce the numbers of others; what this library
 * draws for itself comes from `RandomStream`.
 *
 * Source: Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8, 1998; the seeding is that of their 2002 code.
 */
export class MersenneTwister {
  private readonly state = new Uint32Array(SIZE);
  private cursor = SIZE;

  /** @param seed its low 32 bits count */
  constructor(seed: number) {
    const { state } = this;
    state[0] = seed % 2 ** 32;
    // s_i = 1812433253·(s_{i−1} ⊕ (s_{i−1} ≫ 30)) + i
    for (let i = 1; i < SIZE; i++) {
      const last = state[i - 1] ^ (state[i - 1] >>> 30);
      state[i] = Math.imul(1812433253, last) + i;
    }
  }

  /** The next word, 0 … 2³² − 1. */
  word(): number {
    if (this.cursor === SIZE) this.twist();
    // Tempering, equations 2.2 to 2.5.
    let y = this.state[this.cursor++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return y >>> 0;
  }

  /** s_{k+624} = s_{k+397} ⊕ (high bit of s_k, low bits of s_{k+1})·A, equation 2.1, for all words. */
  private twist(): void {
    const { state } = this;
    for (let k = 0; k < SIZE; k++) {
      const joined = (state[k] & 0x80000000) | (state[(k + 1) % SIZE] & 0x7fffffff);
      const multiplied = (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
      state[k] = state[(k + SHIFT) % SIZE] ^ multiplied;
    }
    this.cursor = 0;
  }
}
