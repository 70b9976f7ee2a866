/** ONNX's messages of a model, encoded piece by piece. */
import { bytesField, floatField, integerField, message, varint } from "../compile/protobuf.js";
import { isOpen, type Dimension } from "./dimensions.js";

/** ONNX's numbers for element types (TensorProto.DataType). */
export const ElementType = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type ElementName = keyof typeof ElementType;

/** The version of the operators; read by ONNX Runtime 1.14 of 2023 and later. */
export const OPSET = 18;
/** The version of the format that came with it. */
export const IR_VERSION = 8;

export type AttributeValue = number | readonly number[] | string | { readonly float: number };
export type NodeAttributes = Readonly<Record<string, AttributeValue>>;

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: NodeAttributes;
}

/** A tensor of the file; its bytes are asked for when they are written. */
export interface Initializer {
  readonly name: string;
  readonly type: ElementName;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Little-endian, rows first. */
  read(): Uint8Array;
}

/** What goes in or comes out. */
export interface GraphPort {
  readonly name: string;
  readonly type: ElementName;
  readonly shape: readonly Dimension[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  readonly nodes: readonly Node[];
  readonly initializers: readonly Initializer[];
}

/** Bytes, or a promise of so many. */
export type Piece = Uint8Array | { readonly byteLength: number; read(): Uint8Array };

// AttributeProto.AttributeType
const ATTRIBUTE = { float: 1, integer: 2, string: 3, integers: 7 } as const;

function attributeMessage(name: string, value: AttributeValue): Buffer {
  const named = bytesField(1, name);
  if (typeof value === "string") return message(named, bytesField(4, value), integerField(20, ATTRIBUTE.string));
  if (typeof value === "number") return message(named, integerField(3, value), integerField(20, ATTRIBUTE.integer));
  if ("float" in value) return message(named, floatField(2, value.float), integerField(20, ATTRIBUTE.float));
  return message(named, ...value.map((one) => integerField(8, one)), integerField(20, ATTRIBUTE.integers));
}

function nodeMessage({ operator, inputs, outputs, attributes }: Node): Buffer {
  return message(
    ...inputs.map((name) => bytesField(1, name)),
    ...outputs.map((name) => bytesField(2, name)),
    bytesField(3, outputs[0]),
    bytesField(4, operator),
    ...Object.entries(attributes).map(([name, value]) => bytesField(5, attributeMessage(name, value))),
  );
}

function dimensionMessage(one: Dimension): Buffer {
  if (!isOpen(one)) return integerField(1, one);
  return bytesField(2, one.batches === 1 ? "batch" : `${one.batches}*batch`);
}

function portMessage({ name, type, shape }: GraphPort): Buffer {
  const dimensions = message(...shape.map((one) => bytesField(1, dimensionMessage(one))));
  const tensor = message(integerField(1, ElementType[type]), bytesField(2, dimensions));
  return message(bytesField(1, name), bytesField(2, bytesField(1, tensor)));
}

/** Where the bytes of a tensor lie in a file beside the model. */
export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
}

function entry(key: string, value: string | number): Buffer {
  return message(bytesField(1, key), bytesField(2, String(value)));
}

function initializerPieces(one: Initializer, place: ExternalPlace | undefined): Piece[] {
  const { name, type, shape, byteLength } = one;
  const head = message(
    ...shape.map((length) => integerField(1, length)),
    integerField(2, ElementType[type]),
    bytesField(8, name),
  );
  if (!place) return [message(head, lengthPrefix(9, byteLength)), one];
  const { location, offset } = place;
  const entries = [entry("location", location), entry("offset", offset), entry("length", byteLength)];
  return [message(head, ...entries.map((each) => bytesField(13, each)), integerField(14, 1))];
}

/** The tag of a field of bytes, and how many follow. */
function lengthPrefix(field: number, length: number): Buffer {
  return message(varint((field << 3) | 2), varint(length));
}

function lengthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function embedded(field: number, pieces: readonly Piece[]): Piece[] {
  return [lengthPrefix(field, lengthOf(pieces)), ...pieces];
}

/**
 * A model as the pieces of its file (ModelProto), one after the other.
 *
 * @param placeOf where a tensor's bytes lie, if not in the model itself
 */
export function modelPieces(
  graph: OnnxGraph,
  placeOf: (initializer: Initializer) => ExternalPlace | undefined = () => undefined,
): Piece[] {
  const graphPieces: Piece[] = [
    ...graph.nodes.map((node) => bytesField(1, nodeMessage(node))),
    bytesField(2, graph.name),
    ...graph.initializers.flatMap((one) => embedded(5, initializerPieces(one, placeOf(one)))),
    ...graph.inputs.map((port) => bytesField(11, portMessage(port))),
    ...graph.outputs.map((port) => bytesField(12, portMessage(port))),
  ];
  return [
    message(integerField(1, IR_VERSION), bytesField(2, "diffusion-lab")),
    ...embedded(7, graphPieces),
    bytesField(8, message(bytesField(1, ""), integerField(2, OPSET))),
  ];
}
