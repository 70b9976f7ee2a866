/** float32 or bfloat16: how the products of a graph compute. */
import { bfloat16Supported } from "./processor.js";

/**
 * How convolutions and matrix products compute: in float32, or with operands and results rounded to bfloat16 (8 bits of
 * mantissa, relative error 2⁻⁸) and sums in float32. Everything else is float32 always.
 */
export type Precision = "float32" | "bf16";

/** The operands that are rounded, by operation; the others are shapes. */
export const ROUNDED_OPERANDS: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
  MatMul: [0, 1],
  BatchMatMulV2: [0, 1],
};

/** @throws RangeError for an unknown precision, or "bf16" on a processor without it */
export function requirePrecision(precision: Precision, supported?: boolean): void {
  if (precision !== "float32" && precision !== "bf16") {
    throw new RangeError(`unknown precision ${JSON.stringify(precision)}: choose "float32" or "bf16"`);
  }
  if (precision === "bf16" && !(supported ?? bfloat16Supported())) {
    throw new RangeError(
      'precision "bf16" needs a processor with AVX512_BF16 or AMX_BF16, this one has neither: use "float32"',
    );
  }
}
