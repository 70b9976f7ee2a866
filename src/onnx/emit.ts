/** Turns a program into an ONNX graph. */
import type { ValueSource } from "../compile/recording.js";
import { describeOrigin } from "../compile/origin.js";
import type { ParameterKind } from "../nn/index.js";
import * as tf from "../runtime/tf.js";
import type { Emission, Translation } from "./emission.js";
import { elementwise, ONNX_TYPES } from "./elementwise.js";
import { OnnxError } from "./errors.js";
import { GraphBuilder } from "./graph-builder.js";
import type { GraphPort, Node, OnnxGraph } from "./model-proto.js";
import type { OpenProgram } from "./open-program.js";
import { products } from "./products.js";
import { rearrangements } from "./rearrangements.js";
import { asRecorded, channelsFirst, lyingShape, type Value } from "./value.js";

const TRANSLATIONS: Readonly<Record<string, Translation>> = { ...elementwise, ...products, ...rearrangements };

/** How images lie where they go in and come out; within the graph they are always [N, C, H, W]. */
export type ImageLayout = "nchw" | "nhwc";

/** A tensor whose numbers go into the file. */
export interface CapturedTensor {
  readonly tensor: tf.Tensor;
  /** How it lies in PyTorch's files, and so in this one. */
  readonly kind: ParameterKind;
}

export interface EmitRequest {
  readonly name: string;
  readonly program: OpenProgram;
  /** Names of the inputs that are no captures, in the program's order. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By name, in the program's order after its inputs. */
  readonly captures: ReadonlyMap<string, CapturedTensor>;
  readonly layout: ImageLayout;
}

/** @throws OnnxError naming the operations that ONNX files of this library do not have */
export function emit(request: EmitRequest): OnnxGraph {
  requireKnown(request);
  const { program, layout } = request;
  const builder = new GraphBuilder(request.inputs[0]);
  const emission: Emission = { name: request.name, builder, program };
  const orderOf = (rank: number): readonly number[] =>
    layout === "nchw" && rank === 4 ? channelsFirst(rank) : asRecorded(rank);
  const constants = new Map<number, Value>();
  const results = new Map<number, Value[]>();
  const captured = [...request.captures];
  const given = new Map<number, Value>();

  const inputs = request.inputs.map((name, i): GraphPort => {
    const { dtype, shape } = program.inputs[i];
    const value: Value = { name, dtype, shape, order: orderOf(shape.length), fixed: false };
    given.set(i, value);
    return { name, type: ONNX_TYPES[dtype], shape: lyingShape(value) };
  });
  const valueOf = (source: ValueSource): Value => {
    switch (source.kind) {
      case "input":
        return memoised(given, source.index, () => capture(builder, captured[source.index - request.inputs.length]));
      case "constant":
        return memoised(constants, source.index, () => constant(builder, program, source.index));
      case "operation":
        return results.get(source.index)![source.output];
    }
  };
  program.operations.forEach((operation, index) => {
    if (!operation) return;
    const write = TRANSLATIONS[operation.name];
    results.set(
      index,
      write(emission, operation, (i) => valueOf(operation.inputs[i])),
    );
  });
  const values = program.outputs.map((source) => {
    const value = valueOf(source);
    return builder.ordered(value, orderOf(value.shape.length));
  });
  const outputs = request.outputs.map((name, i): GraphPort => {
    const value = values[i];
    return { name, type: ONNX_TYPES[value.dtype], shape: lyingShape(value) };
  });
  const nodes = needed(
    withOutputs(
      builder.nodes,
      values.map(({ name }) => name),
      request.outputs,
    ),
    request.outputs,
  );
  const read = new Set(nodes.flatMap((node) => node.inputs));
  const initializers = builder.initializers.filter(({ name }) => read.has(name));
  return { name: request.name, inputs, outputs, nodes, initializers };
}

/** Everything that cannot be written, by name, before anything is. */
function requireKnown({ name, program }: EmitRequest): void {
  const unknown = new Map(
    program.operations.flatMap((one) => (one && !Object.hasOwn(TRANSLATIONS, one.name) ? [[one.name, one]] : [])),
  );
  if (unknown.size === 0) return;
  const places = [...unknown].map(([operation, { origin }]) => `${operation}, recorded\n${describeOrigin(origin)}`);
  throw new OnnxError(`"${name}" cannot be written as ONNX: there is no translation of ${places.join("\n")}`);
}

function memoised(map: Map<number, Value>, index: number, make: () => Value): Value {
  const existing = map.get(index);
  if (existing) return existing;
  const value = make();
  map.set(index, value);
  return value;
}

function constant(builder: GraphBuilder, program: OpenProgram, index: number): Value {
  const { dtype, shape, bytes } = program.constants[index];
  const type = ONNX_TYPES[dtype];
  const fixed = { dtype, shape, order: asRecorded(shape.length), fixed: true };
  if (shape.every((length) => typeof length === "number")) {
    return { ...fixed, name: builder.constant(type, shape as readonly number[], bytes) };
  }
  // One value throughout, as many times as the batch asks for.
  const single = builder.constant(type, [], bytes.subarray(0, type === "bool" ? 1 : type === "int64" ? 8 : 4));
  return { ...fixed, name: builder.node("Expand", [single, builder.shapeOf(shape)])[0] };
}

const FILE_ORDER: Readonly<Record<ParameterKind, readonly number[] | undefined>> = {
  conv: [3, 2, 0, 1],
  dense: [1, 0],
  plain: undefined,
};

/** A parameter as an initializer of its own name, shape and layout in PyTorch. */
function capture(builder: GraphBuilder, [name, { tensor, kind }]: readonly [string, CapturedTensor]): Value {
  const order = FILE_ORDER[kind] ?? asRecorded(tensor.shape.length);
  const shape = order.map((axis) => tensor.shape[axis]);
  const read = (): Uint8Array => {
    const values = tf.tidy(() => tf.transpose(tensor, [...order]).dataSync());
    return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  };
  const byteLength = 4 * tensor.size;
  builder.initializers.push({ name, type: tensor.dtype === "int32" ? "int32" : "float32", shape, byteLength, read });
  return {
    name,
    dtype: ONNX_NUMBERS[tensor.dtype === "int32" ? "int32" : "float32"],
    shape: tensor.shape,
    order,
    fixed: true,
  };
}

const ONNX_NUMBERS = { float32: 1, int32: 3 } as const;

/** The nodes with the results called as the outputs are; one that is no node's own, or named twice, is copied. */
function withOutputs(nodes: readonly Node[], results: readonly string[], outputs: readonly string[]): Node[] {
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const names = new Map<string, string>();
  const copies: Node[] = [];
  results.forEach((result, i) => {
    if (made.has(result) && !names.has(result)) names.set(result, outputs[i]);
    else
      copies.push({
        operator: "Identity",
        inputs: [names.get(result) ?? result],
        outputs: [outputs[i]],
        attributes: {},
      });
  });
  const renamed = (name: string): string => names.get(name) ?? name;
  return [
    ...nodes.map((node) => ({ ...node, inputs: node.inputs.map(renamed), outputs: node.outputs.map(renamed) })),
    ...copies,
  ];
}

/** The nodes that some output needs, in their order. */
function needed(nodes: readonly Node[], outputs: readonly string[]): Node[] {
  const wanted = new Set(outputs);
  const kept: Node[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((name) => wanted.has(name))) continue;
    for (const name of node.inputs) wanted.add(name);
    kept.push(node);
  }
  return kept.reverse();
}
