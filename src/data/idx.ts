/** MNIST's file format. */
import { requireKind } from "../base/kinds.js";
import { requireBytes, requireText } from "../base/values.js";
import { requireKnownKeys } from "../base/check.js";
import { open } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { sizeOf } from "../base/shape.js";
import { standIn } from "../base/stand-in.js";
import { type ImageDataset, imageDataset } from "./dataset.js";

/** An array of unsigned bytes as an IDX file holds it, the last dimension running fastest. */
export interface IdxArray {
  readonly dimensions: readonly number[];
  readonly data: Uint8Array;
}

/** An IDX file that is not what it says it is. */
export class IdxError extends Error {
  override readonly name = "IdxError";
}

export interface ReadIdxOptions {
  /**
   * Refuse a file that is, or unpacks to, more bytes than this. Default 2²⁸ (256 MiB; the largest known set
   * has 47 MB).
   */
  maximumBytes?: number;
}

const UNSIGNED_BYTE = 0x08;
const OTHER_TYPES: Readonly<Record<number, string>> = {
  0x09: "signed byte",
  0x0b: "int16",
  0x0c: "int32",
  0x0d: "float32",
  0x0e: "float64",
};
const MOST_DIMENSIONS = 4;

/**
 * Reads an IDX array of unsigned bytes (the format of MNIST's files) out of memory. `data` is a view, not a
 * copy: sizes are compared with what is there, and nothing is allocated by what the header claims.
 *
 * Layout: two zero bytes, the type (8 = unsigned byte), the number of dimensions d, then d big-endian
 * uint32 sizes, then the values.
 *
 * @param source names the bytes in error messages
 * @throws IdxError when the magic number, the type, the dimensions or the length is wrong
 * @see LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section on file formats
 */
export function parseIdx(bytes: Uint8Array, source = "IDX data"): IdxArray {
  requireKind("source", source, "a text");
  requireBytes("bytes", bytes);
  const other = standIn(bytes);
  if (other !== undefined) throw new IdxError(`${source} is ${other}`);
  if (bytes.length < 4) throw new IdxError(`${source}: ${bytes.length} bytes are too few for an IDX header`);
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const magic = Array.from(bytes.subarray(0, 4), (b) => b.toString(16).padStart(2, "0")).join(" ");
    throw new IdxError(`${source}: an IDX file begins 00 00, this one ${magic}`);
  }
  if (bytes[2] !== UNSIGNED_BYTE) {
    const type = OTHER_TYPES[bytes[2]] ?? `unknown type 0x${bytes[2].toString(16)}`;
    throw new IdxError(`${source}: holds ${type}, only unsigned bytes (type 0x8) are read`);
  }
  const rank = bytes[3];
  if (rank < 1 || rank > MOST_DIMENSIONS) {
    throw new IdxError(`${source}: ${rank} dimensions; 1 to ${MOST_DIMENSIONS} are read`);
  }
  const header = 4 + 4 * rank;
  if (bytes.length < header) {
    throw new IdxError(`${source}: ${bytes.length} bytes end inside the header of ${header}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i, false));
  // A product of four uint32 may pass 2⁵³ and round, but then it is far above any real length.
  const size = sizeOf(dimensions);
  const present = bytes.length - header;
  if (size !== present) {
    throw new IdxError(
      `${source}: the header says ${dimensions.join("×")} = ${size} bytes, but ${present} follow; ` +
        "the file is cut or damaged",
    );
  }
  return { dimensions, data: bytes.subarray(header) };
}

/**
 * Reads an IDX file, plain or gzipped (told by its first bytes, not by its name).
 *
 * @throws IdxError when the file is no IDX file of unsigned bytes, is damaged, or is larger than
 *   `maximumBytes`
 */
export async function readIdx(path: string, options: ReadIdxOptions = {}): Promise<IdxArray> {
  requireText("path", path, "the name of a file");
  requireKnownKeys("readIdx", options, { maximumBytes: "a number" });
  const { maximumBytes = 2 ** 28 } = options;
  const file = await open(path, "r");
  let bytes: Uint8Array;
  try {
    const { size } = await file.stat();
    if (size > maximumBytes) throw new IdxError(`${path}: ${size} bytes, more than the ${maximumBytes} allowed`);
    bytes = await file.readFile();
  } finally {
    await file.close();
  }
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) {
    try {
      bytes = gunzipSync(bytes, { maxOutputLength: maximumBytes });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const why =
        code === "ERR_BUFFER_TOO_LARGE"
          ? `unpacks to more than the ${maximumBytes} bytes allowed`
          : `its gzip data is cut or damaged (${(error as Error).message})`;
      throw new IdxError(`${path}: ${why}`, { cause: error });
    }
  }
  return parseIdx(bytes, path);
}

/** Where the two files of a data set lie, and what they show. */
export interface LoadIdxOptions extends ReadIdxOptions {
  name: string;
  /** Path of an idx3 file N×H×W, or an idx4 file N×H×W×C. */
  images: string;
  /** Path of an idx1 file of N labels. */
  labels: string;
  /** The names of classes 0, 1, … */
  classes: readonly string[];
}

/**
 * A data set from a pair of IDX files.
 *
 * @throws IdxError when a file is not what it should be or the two do not fit together
 * @throws RangeError when a label names no class
 */
export async function loadIdxDataset(options: LoadIdxOptions): Promise<ImageDataset> {
  requireKnownKeys("loadIdxDataset", options, {
    name: "a text",
    images: true,
    labels: true,
    classes: true,
    maximumBytes: "a number",
  });
  const { maximumBytes } = options;
  const images = await readIdx(options.images, { maximumBytes });
  const labels = await readIdx(options.labels, { maximumBytes });
  const [count, height, width, channels = 1] = images.dimensions;
  if (images.dimensions.length < 3) {
    throw new IdxError(`${options.images}: images need 3 or 4 dimensions, got ${images.dimensions.join("×")}`);
  }
  if (labels.dimensions.length !== 1) {
    throw new IdxError(`${options.labels}: labels need 1 dimension, got ${labels.dimensions.join("×")}`);
  }
  if (labels.data.length !== count) {
    throw new IdxError(`${options.images} has ${count} images, but ${options.labels} has ${labels.data.length} labels`);
  }
  const { name, classes } = options;
  return imageDataset({ name, images: images.data, labels: labels.data, height, width, channels, classes });
}
