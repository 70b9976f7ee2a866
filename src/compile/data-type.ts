/** TensorFlow's numbers for element types. */
import type * as tf from "../runtime/tf.js";

/** As in types.proto. */
export const DataType = { float32: 1, int32: 3, int64: 9, bool: 10, bfloat16: 14 } as const;

/** The number of a tensor's element type, undefined for those that no recorded graph takes (string, complex64). */
export function dataTypeOf(dtype: tf.DataType): number | undefined {
  return dtype === "float32" || dtype === "int32" || dtype === "bool" ? DataType[dtype] : undefined;
}
