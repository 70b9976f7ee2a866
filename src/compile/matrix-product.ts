/** Products of two matrices without a batch, which TensorFlow computes on one thread when they are small. */
import { typeOf, type RecordedOperation, type Recording } from "./recording.js";

const PLAIN_NAMES: Readonly<Record<string, string>> = { adj_x: "transpose_a", adj_y: "transpose_b" };

/**
 * The product of two matrices as `MatMul`, where TensorFlow.js asks for a batch of one. TensorFlow multiplies small
 * matrices on the calling thread in `MatMul` only; handing them to other threads takes longer than the product itself.
 */
export function plainMatrixProduct(recording: Recording, operation: RecordedOperation): RecordedOperation {
  if (operation.name !== "BatchMatMulV2") return operation;
  if (operation.inputs.some((source) => typeOf(recording, source).shape.length !== 2)) return operation;
  const attributes = operation.attributes.map((given) => ({
    ...given,
    name: PLAIN_NAMES[given.name] ?? given.name,
  }));
  return { ...operation, name: "MatMul", attributes };
}
