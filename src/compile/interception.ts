/** Stands between TensorFlow.js and its addon while a function is recorded. */
import type { BindingValues, NativeBackend, OperationAttribute, TensorMetadata } from "./native-backend.js";
import type * as tf from "../runtime/tf.js";

/** What a recorder is told, and what it answers instead of the addon. */
export interface Interceptor {
  /** Data was given a place in the backend. */
  tensorBorn(dataId: object): void;
  /** A tensor is about to be an operand. */
  tensorUsed(tensor: tf.TensorInfo): void;
  /** The values of a tensor are about to be read; throws if they may not be. */
  tensorRead(dataId: object): void;
  /** The error with which a read that gives a promise (`data`, `array`) was refused. */
  readRefused(error: unknown): void;
  createTensor(shape: number[], dtype: number, values: BindingValues): number;
  executeOp(name: string, attributes: OperationAttribute[], inputs: number[], outputs: number): TensorMetadata[];
}

/**
 * Stands between the backend and its addon while `use` runs. Only own properties of the backend object are set, and
 * removing them restores it.
 */
export function intercept<T>(backend: NativeBackend, interceptor: Interceptor, use: () => T): T {
  const { binding, tensorMap } = backend;
  const getInputTensorIds = backend.getInputTensorIds.bind(backend);
  const readSync = backend.readSync.bind(backend);
  const read = backend.read.bind(backend);
  const setEntry = tensorMap.set.bind(tensorMap);

  backend.binding = Object.create(binding, {
    executeOp: { value: interceptor.executeOp },
    createTensor: { value: interceptor.createTensor },
  }) as typeof binding;
  backend.getInputTensorIds = (tensors) => {
    // 64-bit scalars of tfjs-node are no tensors: they have values and no data.
    for (const tensor of tensors) if (tensor.dataId !== undefined) interceptor.tensorUsed(tensor);
    return getInputTensorIds(tensors);
  };
  backend.readSync = (dataId) => {
    interceptor.tensorRead(dataId);
    return readSync(dataId);
  };
  backend.read = (dataId) => {
    try {
      interceptor.tensorRead(dataId);
    } catch (error) {
      interceptor.readRefused(error);
      // Neither resolved, as there are no values, nor rejected, as nobody might listen, which ends the process.
      return new Promise(() => undefined);
    }
    return read(dataId);
  };
  tensorMap.set = (dataId, entry) => {
    interceptor.tensorBorn(dataId);
    setEntry(dataId, entry);
  };
  try {
    return use();
  } finally {
    backend.binding = binding;
    const overridden = backend as Partial<NativeBackend>;
    delete overridden.getInputTensorIds;
    delete overridden.readSync;
    delete overridden.read;
    delete (tensorMap as Partial<typeof tensorMap>).set;
  }
}
