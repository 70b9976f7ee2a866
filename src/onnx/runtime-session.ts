/** A model in ONNX Runtime: tensors of TensorFlow in and out. */
import { availableParallelism } from "node:os";
import * as tf from "../runtime/tf.js";
import { OnnxError } from "./errors.js";
import { loadOnnxruntime, ONNXRUNTIME_VERSION, OrtTensor, type OrtSession } from "./runtime-package.js";

/** A number of `TF_NUM_INTRAOP_THREADS`, or as many as there are processors: as TensorFlow itself does. */
function threads(): number {
  const given = Number(process.env["TF_NUM_INTRAOP_THREADS"]);
  return Number.isInteger(given) && given > 0 ? given : availableParallelism();
}

/** Holds native memory until disposed. */
export class RuntimeSession {
  private readonly session: OrtSession;
  private readonly fetches: Readonly<Record<string, null>>;
  private disposed = false;

  /**
   * @param name in messages
   * @param model the bytes of the file
   * @throws OnnxError where ONNX Runtime is not installed, or refuses the model
   */
  constructor(
    private readonly name: string,
    model: Uint8Array,
    private readonly outputs: readonly string[],
  ) {
    const { InferenceSession } = loadOnnxruntime();
    this.session = new InferenceSession();
    this.fetches = Object.fromEntries(outputs.map((output) => [output, null]));
    try {
      this.session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        executionProviders: ["cpu"],
        graphOptimizationLevel: "all",
        intraOpNumThreads: threads(),
        interOpNumThreads: 1,
      });
    } catch (error) {
      throw this.explain("refuses the model, which may be damaged or of a version that is too new", error);
    }
  }

  /** @returns the outputs in their order; the caller disposes them */
  run(inputs: Readonly<Record<string, tf.Tensor>>): tf.Tensor[] {
    if (this.disposed) throw new OnnxError(`the ONNX session of "${this.name}" has been disposed`);
    const feeds = Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, toOrt(tensor)]));
    try {
      const results = this.session.run(feeds, this.fetches, {});
      return this.outputs.map((output) => toTensorFlow(results[output]));
    } catch (error) {
      throw this.explain("failed", error);
    }
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.session.dispose();
  }

  private explain(what: string, error: unknown): OnnxError {
    return new OnnxError(
      `"${this.name}": ONNX Runtime ${ONNXRUNTIME_VERSION} ${what}: ${(error as Error).message}. ` +
        'Engine "graph" does without it.',
      { cause: error },
    );
  }
}

function toOrt(tensor: tf.Tensor): OrtTensor {
  const { dtype, shape } = tensor;
  if (dtype !== "float32" && dtype !== "int32")
    throw new OnnxError(`an input is ${dtype}: float32 and int32 are taken`);
  return new OrtTensor(dtype, tensor.dataSync() as Float32Array | Int32Array, shape);
}

function toTensorFlow({ type, data, dims }: OrtTensor): tf.Tensor {
  return tf.tensor(data, [...dims], type);
}
