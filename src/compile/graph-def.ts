/** TensorFlow's messages of a graph, encoded. */
import { bytesField, float32, floatField, integerField, message, varint } from "./protobuf.js";

/**
 * The few messages of TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto and saved_model.proto
 * that a recorded graph is made of. Each function returns the encoded message.
 */

function shapeMessage(shape: readonly number[]): Buffer {
  // A dimension of 0 is the default value and is left out of its message.
  return message(...shape.map((n) => bytesField(2, n === 0 ? Buffer.alloc(0) : integerField(1, n))));
}

/** Encoded values of attributes (AttrValue). */
export const attribute = {
  string: (value: string): Buffer => bytesField(2, value),
  integer: (value: number): Buffer => integerField(3, value),
  float: (value: number): Buffer => floatField(4, value),
  boolean: (value: boolean): Buffer => integerField(5, value ? 1 : 0),
  type: (value: number): Buffer => integerField(6, value),
  shape: (value: readonly number[]): Buffer => bytesField(7, shapeMessage(value)),
  integers: (values: readonly number[]): Buffer => bytesField(1, bytesField(3, message(...values.map(varint)))),
  floats: (values: readonly number[]): Buffer => bytesField(1, bytesField(4, message(...values.map(float32)))),
  booleans: (values: readonly boolean[]): Buffer => bytesField(1, bytesField(5, Buffer.from(values.map(Number)))),
  tensor: (dtype: number, shape: readonly number[], bytes: Uint8Array): Buffer =>
    bytesField(8, message(integerField(1, dtype), bytesField(2, shapeMessage(shape)), bytesField(4, bytes))),
} as const;

export type Attributes = Readonly<Record<string, Uint8Array>>;

/** One node of the graph (NodeDef); inputs are `node:output`. */
export function node(name: string, operation: string, inputs: readonly string[], attributes: Attributes): Buffer {
  return message(
    bytesField(1, name),
    bytesField(2, operation),
    ...inputs.map((input) => bytesField(3, input)),
    ...Object.entries(attributes).map(([key, value]) =>
      bytesField(5, message(bytesField(1, key), bytesField(2, value))),
    ),
  );
}

// The versions of the graph format TensorFlow 2.12 and later read.
const PRODUCER = 1882;
const MIN_CONSUMER = 12;

/** A SavedModel with one graph under the tag `serve`. */
export function savedModel(nodes: readonly Uint8Array[]): Buffer {
  const versions = message(integerField(1, PRODUCER), integerField(2, MIN_CONSUMER));
  const graph = message(...nodes.map((encoded) => bytesField(1, encoded)), bytesField(4, versions));
  const metaGraph = message(bytesField(1, bytesField(4, "serve")), bytesField(2, graph));
  return message(integerField(1, 1), bytesField(2, metaGraph));
}
