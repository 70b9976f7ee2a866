/** PyTorch's generator on the CPU: the normals of `torch.randn(…, generator=torch.Generator().manual_seed(seed))`. */
import { MersenneTwister } from "./mersenne-twister.js";

/** Numbers of one Box–Muller block. */
const BLOCK = 16;
const HALF = BLOCK / 2;

/**
 * A stream of the normals that PyTorch draws on the CPU, so that a picture of diffusers can be drawn again from its seed.
 * Each call of {@link normals} is one call of `torch.randn`: the numbers depend on how many are asked for at once.
 *
 * From 16 numbers on, blocks of 16 uniforms u = word·2⁻²⁴ become, for j = 0 … 7,
 *
 *   r = √(−2 ln(1 − u_j)),   θ = 2π·u_{j+8},   z_j = r cos θ,   z_{j+8} = r sin θ
 *
 * and if 16 does not divide the count, the last 16 numbers are drawn anew. Fewer come one by one, in double precision,
 * each second one the sine half of the pair before. PyTorch takes single precision for the logarithm and the circle, so
 * its numbers differ from these by at most 2e-6.
 *
 * Source: PyTorch 2.13, aten/src/ATen/native/cpu/DistributionTemplates.h and core/DistributionsHelper.h.
 */
export class TorchGenerator {
  private readonly engine: MersenneTwister;
  private pending: number | undefined;

  /**
   * @param seed as of `manual_seed`, 0 … 2⁵³ − 1; seeds that agree in their low 32 bits give the same numbers, there too
   * @throws RangeError for another seed
   */
  constructor(readonly seed: number) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`a seed must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, got ${String(seed)}`);
    }
    this.engine = new MersenneTwister(seed);
  }

  /**
   * n draws from N(0, 1) as float32, in the order of memory: of `torch.randn(1, C, H, W)` channel after channel.
   *
   * @throws RangeError when n is no whole number ≥ 0
   */
  normals(n: number): Float32Array {
    if (!Number.isSafeInteger(n) || n < 0) {
      throw new RangeError(`the number of values n must be a whole number ≥ 0, got ${String(n)}`);
    }
    return n < BLOCK ? Float32Array.from({ length: n }, () => this.single()) : this.blocks(n);
  }

  private blocks(n: number): Float32Array {
    const values = new Float32Array(n);
    for (let i = 0; i < n; i++) values[i] = this.uniform24();
    for (let first = 0; first + BLOCK <= n; first += BLOCK) toNormals(values.subarray(first, first + BLOCK));
    if (n % BLOCK === 0) return values;
    const last = values.subarray(n - BLOCK);
    for (let i = 0; i < BLOCK; i++) last[i] = this.uniform24();
    toNormals(last);
    return values;
  }

  /** One number in double precision: θ = 2π·u₁, r = √(−2 ln(1 − u₂)), r cos θ now and r sin θ next time. */
  private single(): number {
    const { pending } = this;
    this.pending = undefined;
    if (pending !== undefined) return pending;
    const angle = 2 * Math.PI * this.uniform53();
    const radius = Math.sqrt(-2 * Math.log1p(-this.uniform53()));
    this.pending = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  private uniform24(): number {
    return (this.engine.word() & 0xffffff) * 2 ** -24;
  }

  /** The low 53 bits of two words, the first one above. */
  private uniform53(): number {
    const high = this.engine.word() & 0x1fffff;
    return (high * 2 ** 32 + this.engine.word()) * 2 ** -53;
  }
}

/** A block of uniforms becomes one of normals, in place. */
function toNormals(block: Float32Array): void {
  for (let j = 0; j < HALF; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - block[j]));
    const angle = 2 * Math.PI * block[j + HALF];
    block[j] = radius * Math.cos(angle);
    block[j + HALF] = radius * Math.sin(angle);
  }
}
