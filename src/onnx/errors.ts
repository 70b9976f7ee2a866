/** A function or network that cannot be written as ONNX, or an ONNX file that cannot be used. */
export class OnnxError extends Error {
  override readonly name = "OnnxError";
}
