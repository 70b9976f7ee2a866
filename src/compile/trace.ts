/** A function's recording by itself, for those who write it as something else than a TensorFlow graph. */
import { namedLeaves } from "../base/tree.js";
import { dataTypeOf } from "./data-type.js";
import { CompileError } from "./errors.js";
import { defaultCacheFolder } from "./graph-cache.js";
import { nativeBackend } from "./native-backend.js";
import { record } from "./recorder.js";
import type { NamedRecording, RecordedInput } from "./recording.js";
import { SignatureStore } from "./signature-store.js";
import { runOnStandIns, type StandInSource } from "./stand-ins.js";
import type * as tf from "../runtime/tf.js";

/** Shape and element type of an input, by its path in the tree. */
export interface InputType {
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

/**
 * Records a function once for inputs of these types. The recording's inputs are the function's own, in the order of
 * their tree, then the captures.
 *
 * @throws CompileError without the native backend, or if the function cannot be recorded
 */
export function trace(source: StandInSource, types: ReadonlyMap<string, InputType>): NamedRecording {
  const backend = nativeBackend();
  if (!backend) {
    throw new CompileError(
      `"${source.name}" is recorded by native TensorFlow, which is not in use here: npm start, or npx diffusion-lab setup`,
    );
  }
  const typed = (name: string, { shape, dtype }: InputType): RecordedInput => {
    const number = dataTypeOf(dtype);
    if (number === undefined) throw new CompileError(`"${source.name}": ${name} is ${dtype}, which cannot be recorded`);
    return { name, shape: [...shape], dtype: number };
  };
  const paths = namedLeaves<string>(source.inputs).map(([path]) => path);
  const inputs = [
    ...paths.map((path) => typed(path, types.get(path)!)),
    ...[...source.captures].map(([name, tensor]) => typed(name, tensor)),
  ];
  const signatures = new SignatureStore(defaultCacheFolder(), backend.binding.TF_Version);
  try {
    const body = (standIns: readonly tf.Tensor[]): Record<string, tf.Tensor> =>
      Object.fromEntries(namedLeaves<tf.Tensor>(runOnStandIns(source, standIns)));
    return record(backend, signatures, { name: source.name, inputs, body });
  } finally {
    signatures.save();
  }
}
