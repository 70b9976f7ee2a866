// Only + − × ÷ and √ appear below. ECMAScript fixes those to the last bit (IEEE 754 binary64), while
// Math.log, Math.sin and Math.cos are "implementation-approximated", so these normals are the same
// bits in every engine and on every processor.

const LN_2 = 0.6931471805599453;
const RADIANS_PER_STEP = (2 * Math.PI) / 2 ** 32;

/** 2⁻ᵏ for k = 0 … 34: products with them are exact. */
const POWER = Float64Array.from({ length: 35 }, (_, k) => 2 ** -k);

/** ln((w + ½)/2³²) for an unsigned 32-bit word w, within 2 ulp. */
export function logOfWord(word: number): number {
  // (w + ½)/2³² = m·2⁻³³ with m = 2w + 1, and m = f·2ᵇ with ½ < f ≤ 1.
  const m = 2 * word + 1;
  let bits = 33 - Math.clz32(word);
  let f = m * POWER[bits];
  if (f < Math.SQRT1_2) {
    f *= 2;
    bits -= 1;
  }
  // ln f = 2 artanh(s) = 2s(1 + s²/3 + s⁴/5 + …),  s = (f − 1)/(f + 1),  |s| ≤ 0.1716
  const s = (f - 1) / (f + 1);
  const z = s * s;
  let series = 1 / 23;
  series = series * z + 1 / 21;
  series = series * z + 1 / 19;
  series = series * z + 1 / 17;
  series = series * z + 1 / 15;
  series = series * z + 1 / 13;
  series = series * z + 1 / 11;
  series = series * z + 1 / 9;
  series = series * z + 1 / 7;
  series = series * z + 1 / 5;
  series = series * z + 1 / 3;
  return (bits - 33) * LN_2 + (2 * s + 2 * s * z * series);
}

/**
 * The Box–Muller pair of two unsigned 32-bit words, written to `out[0]` and `out[1]` in float64:
 *
 *   r = √(−2 ln u),  u = (w₁ + ½)/2³²,   θ = 2π·w₂/2³²,   (z₁, z₂) = (r cos θ, r sin θ)
 *
 * |z| ≤ √(66 ln 2) = 6.764: the tail cut off weighs 1.3e-11.
 *
 * Source: Box and Muller, "A note on the generation of random normal deviates", 1958, equation 1.
 */
export function boxMuller(out: Float64Array, word1: number, word2: number): void {
  const radius = Math.sqrt(-2 * logOfWord(word1));
  // θ = quadrant·π/2 + x with |x| ≤ π/4: the low 30 bits as a signed number are x.
  const quadrant = ((word2 + 0x20000000) >>> 30) & 3;
  const x = ((word2 << 2) >> 2) * RADIANS_PER_STEP;
  const z = x * x;
  // sin x = x − x³/3! + x⁵/5! − … + x¹⁷/17!
  let sine = 1 / 355687428096000;
  sine = sine * z - 1 / 1307674368000;
  sine = sine * z + 1 / 6227020800;
  sine = sine * z - 1 / 39916800;
  sine = sine * z + 1 / 362880;
  sine = sine * z - 1 / 5040;
  sine = sine * z + 1 / 120;
  sine = sine * z - 1 / 6;
  sine = x + x * z * sine;
  // cos x = 1 − x²/2! + x⁴/4! − … + x¹⁶/16!
  let cosine = 1 / 20922789888000;
  cosine = cosine * z - 1 / 87178291200;
  cosine = cosine * z + 1 / 479001600;
  cosine = cosine * z - 1 / 3628800;
  cosine = cosine * z + 1 / 40320;
  cosine = cosine * z - 1 / 720;
  cosine = cosine * z + 1 / 24;
  cosine = cosine * z - 1 / 2;
  cosine = 1 + z * cosine;
  const along = radius * cosine;
  const across = radius * sine;
  if (quadrant === 0) {
    out[0] = along;
    out[1] = across;
  } else if (quadrant === 1) {
    out[0] = -across;
    out[1] = along;
  } else if (quadrant === 2) {
    out[0] = -along;
    out[1] = -across;
  } else {
    out[0] = across;
    out[1] = -along;
  }
}
