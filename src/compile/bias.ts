/** A sum after a product, in the form that TensorFlow makes one operation of. */
import { DataType } from "./data-type.js";
import { typeOf, type RecordedOperation, type Recording, type ValueSource } from "./recording.js";

const PRODUCTS: ReadonlySet<string> = new Set(["Conv2D", "MatMul", "BatchMatMulV2"]);

/**
 * The addition of a vector [C] to a convolution or product of matrices [..., C] as `BiasAdd`: the form in which TensorFlow
 * makes both one operation, so that the sum is written once instead of written, read and written again.
 */
export function biasAddition(recording: Recording, operation: RecordedOperation): RecordedOperation {
  if (operation.name !== "Add" || operation.outputs[0].dtype !== DataType.float32) return operation;
  const [sum, bias] = operation.inputs;
  if (!isProduct(recording, sum)) return operation;
  const [value, vector] = [sum, bias].map((source) => typeOf(recording, source).shape);
  if (vector.length !== 1 || vector[0] !== value.at(-1)) return operation;
  return { ...operation, name: "BiasAdd" };
}

function isProduct({ operations }: Recording, source: ValueSource): boolean {
  return source.kind === "operation" && PRODUCTS.has(operations[source.index].name);
}
