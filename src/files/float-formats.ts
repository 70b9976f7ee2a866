/** Half-precision floats: their bits from numbers, and numbers from their bits. */

/** Number formats of weights on disk. */
export type FloatFormat = "F32" | "F16" | "BF16";

const scratchFloat = new Float32Array(1);
const scratchBits = new Uint32Array(scratchFloat.buffer);

/** IEEE 754 binary16, rounded to nearest even; overflow gives ±∞. */
export function toFloat16Bits(value: number): number {
  scratchFloat[0] = value;
  const bits = scratchBits[0];
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  const e = exponent - 127 + 15;
  if (e >= 31) return sign | 0x7c00;
  if (e <= 0) {
    if (e < -10) return sign;
    // Subnormal: the hidden one joins the fraction and both move right.
    return sign | roundShift(fraction | 0x800000, 14 - e);
  }
  // A carry out of the fraction rightly raises the exponent.
  return sign | ((e << 10) + roundShift(fraction, 13));
}

/** The number of 16 bits of IEEE 754 binary16, subnormals, ±∞ and NaN included; exact. */
export function fromFloat16Bits(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** bfloat16: the upper half of a float32, rounded to nearest even. */
export function toBfloat16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7fc0;
  scratchFloat[0] = value;
  return roundShift(scratchBits[0], 16) & 0xffff;
}

/** The number whose float32 has these 16 bits as its upper half; exact. */
export function fromBfloat16Bits(bits: number): number {
  scratchBits[0] = (bits << 16) >>> 0;
  return scratchFloat[0];
}

/** x / 2^shift for x < 2³² and 1 ≤ shift ≤ 24, rounded to nearest, ties to even. */
function roundShift(x: number, shift: number): number {
  const whole = x >>> shift;
  const rest = x & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && (whole & 1) === 1) ? whole + 1 : whole;
}

/** Many numbers to the bits of a half format. */
export function encodeHalf(values: Float32Array, format: "F16" | "BF16"): Uint16Array {
  const convert = format === "F16" ? toFloat16Bits : toBfloat16Bits;
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) bits[i] = convert(values[i]);
  return bits;
}

let everyFloat16: Float32Array | undefined;

/** The numbers of many half-format bits; exact. */
export function decodeHalf(bits: Uint16Array, format: "F16" | "BF16"): Float32Array {
  if (format === "BF16") {
    const words = new Uint32Array(bits.length);
    for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
    return new Float32Array(words.buffer);
  }
  everyFloat16 ??= Float32Array.from({ length: 65536 }, (_, half) => fromFloat16Bits(half));
  const table = everyFloat16;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]];
  return values;
}
