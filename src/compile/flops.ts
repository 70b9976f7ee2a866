/** Counts the floating-point operations of what is recorded. */
import { sizeOf } from "../base/shape.js";
import { typeOf, type RecordedOperation, type Recording } from "./recording.js";

/**
 * Floating-point operations of a convolution or matrix product, a multiplication and an addition counted as two; 0 for
 * anything else. Convolutions count every tap of the kernel at every output, those on the border too, and their
 * gradients count what the convolution does.
 */
export function flopsOf(recording: Recording, operation: RecordedOperation): number {
  const operand = (i: number): readonly number[] => typeOf(recording, operation.inputs[i]).shape;
  const result = operation.outputs[0]?.shape ?? [];
  switch (operation.name) {
    case "Conv2D":
      return convolutionFlops(result, operand(1));
    case "Conv2DBackpropInput":
      return convolutionFlops(operand(2), operand(1));
    case "Conv2DBackpropFilter":
      return convolutionFlops(operand(2), result);
    case "MatMul":
    case "BatchMatMulV2": {
      const transposed = operation.attributes.find(({ name }) => name === "adj_x" || name === "transpose_a");
      const summed = operand(0).at(transposed?.value ? -2 : -1)!;
      return 2 * sizeOf(result) * summed;
    }
    default:
      return 0;
  }
}

/** @param output [N, H, W, out] of the convolution @param kernel [height, width, in, out] */
function convolutionFlops(output: readonly number[], [height, width, inputs]: readonly number[]): number {
  return 2 * sizeOf(output) * height * width * inputs;
}
