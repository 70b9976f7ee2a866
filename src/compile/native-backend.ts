/** The types of tfjs-node's backend and addon, as far as recording needs them. */
import * as tf from "../runtime/tf.js";

/** A tensor as the addon describes it: its handle, shape and TensorFlow's number for the element type. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  readonly dtype: number;
}

export interface OperationAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

export type BindingValues = Float32Array | Int32Array | Uint8Array | readonly number[] | readonly boolean[];

/** The part of tfjs-node's addon that the recorder stands in front of and the session runs on. */
export interface Binding {
  createTensor(shape: number[], dtype: number, values: BindingValues): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Float32Array | Int32Array | Uint8Array;
  executeOp(name: string, attributes: OperationAttribute[], inputs: number[], outputs: number): TensorMetadata[];
  loadSavedModel(folder: string, tags: string): number;
  deleteSavedModel(session: number): void;
  runSavedModel(session: number, inputs: number[], inputNames: string, outputNames: string): TensorMetadata[];
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

/** A tensor's place in the backend: its handle, or the values that will be uploaded at first use. */
export interface TensorEntry {
  readonly shape: number[];
  readonly dtype: number;
  readonly id: number;
  readonly values: unknown;
}

export interface NativeBackend {
  binding: Binding;
  readonly tensorMap: {
    get(dataId: object): TensorEntry;
    has(dataId: object): boolean;
    set(dataId: object, entry: TensorEntry): void;
  };
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  readSync(dataId: object): unknown;
  read(dataId: object): Promise<unknown>;
}

/** The native backend if it is the one in use and offers graphs, else undefined. */
export function nativeBackend(): NativeBackend | undefined {
  if (tf.getBackend() !== "tensorflow") return undefined;
  const backend = tf.backend() as unknown as NativeBackend;
  return typeof backend.binding?.runSavedModel === "function" ? backend : undefined;
}
