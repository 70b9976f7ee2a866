/** A graph as a file: whole or not at all, with numbers beside it where one file cannot hold them. */
import { basename } from "node:path";
import { commitTogether, requireWritable, stageFile } from "../files/atomic-file.js";
import { OnnxError } from "./errors.js";
import { modelPieces, type ExternalPlace, type Initializer, type OnnxGraph, type Piece } from "./model-proto.js";

/** What one message of protocol buffers holds at most. */
export const LARGEST_MESSAGE = 2 ** 31 - 1;

/** Smaller tensors stay in the model: readers look at shapes and axes before they open other files. */
const SMALLEST_EXTERNAL = 1024;
/** Where a tensor may begin, so that readers can map it into memory. */
const ALIGNMENT = 4096;

/** What was written. */
export interface OnnxFiles {
  readonly path: string;
  readonly bytes: number;
  /** The file of numbers beside it, if there is one. */
  readonly data?: { readonly path: string; readonly bytes: number };
}

/** @throws OnnxError if a number is not finite; nothing is written then */
export function writeModel(path: string, graph: OnnxGraph, maxBytes: number): OnnxFiles {
  requireWritable(path);
  const whole = modelPieces(graph);
  if (sizeOf(whole) <= maxBytes) {
    commitTogether([stageFile(path, bytesOf(whole))]);
    return { path, bytes: sizeOf(whole) };
  }
  const dataPath = `${path}.data`;
  requireWritable(dataPath);
  const places = new Map<Initializer, ExternalPlace>();
  const data: Piece[] = [];
  let offset = 0;
  for (const one of graph.initializers) {
    if (one.byteLength < SMALLEST_EXTERNAL) continue;
    const gap = (ALIGNMENT - (offset % ALIGNMENT)) % ALIGNMENT;
    data.push(new Uint8Array(gap), one);
    places.set(one, { location: basename(dataPath), offset: offset + gap });
    offset += gap + one.byteLength;
  }
  const model = modelPieces(graph, (one) => places.get(one));
  function* files(): Generator<ReturnType<typeof stageFile>> {
    yield stageFile(dataPath, bytesOf(data));
    yield stageFile(path, bytesOf(model));
  }
  commitTogether(files());
  return { path, bytes: sizeOf(model), data: { path: dataPath, bytes: offset } };
}

/** A model as one piece of memory. @throws OnnxError if a number is not finite, or there are more than one message holds */
export function modelBytes(graph: OnnxGraph): Uint8Array {
  const pieces = modelPieces(graph);
  if (sizeOf(pieces) > LARGEST_MESSAGE) {
    throw new OnnxError(
      `"${graph.name}" has more than 2 GB of numbers: write it with toOnnx, which puts them beside the model`,
    );
  }
  return Buffer.concat([...bytesOf(pieces)]);
}

function sizeOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

function* bytesOf(pieces: readonly Piece[]): Generator<Uint8Array> {
  for (const piece of pieces) yield piece instanceof Uint8Array ? piece : finite(piece as Piece & Initializer);
}

function finite(one: Initializer): Uint8Array {
  const bytes = one.read();
  if (one.type !== "float32") return bytes;
  const values =
    bytes.byteOffset % 4 === 0
      ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : new Float32Array(bytes.slice().buffer);
  const bad = values.findIndex((value) => Number.isNaN(value));
  if (bad < 0) return bytes;
  throw new OnnxError(`"${one.name}" holds ${values[bad]}: the training diverged; nothing was written`);
}
