/** Reads and writes safetensors files, checking every header before memory is taken. */
import { requireText, requireFunction } from "../base/values.js";
import { standIn } from "../base/stand-in.js";
import { requireKnownKeys, described } from "../base/check.js";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { sizeOf } from "../base/shape.js";
import { encodeHalf, type FloatFormat } from "./float-formats.js";
import { commitTogether, stageFile, type StagedFile } from "./atomic-file.js";
import { jsonShape } from "./json-keys.js";
import { bytesOf, decodeNumbers, isTensorType, type TensorType } from "./tensor-types.js";

/** A file that is not a valid safetensors file, or not there; the message says what is wrong with it. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
}

export interface TensorEntry {
  readonly dtype: TensorType;
  readonly shape: readonly number[];
  /** Byte range in the data section. */
  readonly begin: number;
  readonly end: number;
}

/** Tensors by name, read one at a time: a file, or several that make one. */
export interface TensorSource {
  /** For messages. */
  readonly path: string;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  read(name: string): NamedTensor;
}

export interface NamedTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The format's own limit for the header. */
const MAX_HEADER = 100_000_000;
/** The system gives less than 2 GiB at once. */
const LARGEST_READ = 2 ** 30;
/** Header, tensor, shape or offsets. */
const DEEPEST_HEADER = 3;

/**
 * An opened safetensors file. The header is checked whole before anything is read: every number in it must agree
 * with the length of the file, so a corrupt file is refused without allocating what it claims (SafetensorsError).
 *
 * Layout: 8 bytes little-endian header length, JSON header, data (https://github.com/huggingface/safetensors).
 */
export class SafetensorsFile implements TensorSource {
  readonly entries: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
  private readonly dataStart: number;
  private readonly file: number;
  private closed = false;

  constructor(readonly path: string) {
    requireText("path", path, "the name of a file");
    this.file = opened(path);
    try {
      const length = fstatSync(this.file).size;
      const headerLength = this.readHeaderLength(length);
      this.dataStart = 8 + headerLength;
      const header = this.parse(this.bytes(8, headerLength));
      this.metadata = metadataOf(header, path);
      this.entries = entriesOf(header, length - this.dataStart, path);
    } catch (error) {
      closeSync(this.file);
      throw error;
    }
  }

  /** Reads one tensor as float32, of whatever type it is. Throws RangeError if the file has no such name. */
  read(name: string): NamedTensor {
    const entry = this.entries.get(name);
    if (!entry) throw new RangeError(`${this.path} has no tensor "${name}"`);
    // The number of a closed file may be that of another one by now.
    if (this.closed) throw new SafetensorsError(`${this.path} has been closed: read "${name}" before`);
    const bytes = this.bytes(this.dataStart + entry.begin, entry.end - entry.begin);
    try {
      return { shape: entry.shape, values: decodeNumbers(bytes, entry.dtype) };
    } catch (error) {
      throw new SafetensorsError(`${this.path}: tensor "${name}" ${(error as Error).message}`, { cause: error });
    }
  }

  /** Closes the file; reading from it is an error then, closing it again is none. */
  close(): void {
    if (!this.closed) closeSync(this.file);
    this.closed = true;
  }

  private readHeaderLength(fileLength: number): number {
    if (fileLength < 8) throw new SafetensorsError(`${this.path} is cut short: ${fileLength} bytes hold no header`);
    const start = this.bytes(0, 8);
    const claimed = start.readBigUInt64LE();
    if (claimed > BigInt(Math.min(MAX_HEADER, fileLength - 8))) {
      const isText = start.every((byte) => byte > 0 && byte !== 0xff);
      const other = isText ? standIn(this.bytes(0, Math.min(fileLength, 512))) : undefined;
      if (other !== undefined) throw new SafetensorsError(`${this.path} is ${other}`);
      throw new SafetensorsError(
        `${this.path} claims a header of ${claimed} bytes but has ${fileLength}: it is cut short or not a safetensors file`,
      );
    }
    return Number(claimed);
  }

  private parse(bytes: Buffer): Record<string, unknown> {
    const text = bytes.toString("utf8");
    let header: unknown;
    try {
      header = JSON.parse(text);
    } catch {
      // reported below
    }
    if (typeof header !== "object" || header === null || Array.isArray(header)) {
      throw new SafetensorsError(`${this.path} has a header that is not a JSON object: the file is corrupt`);
    }
    const { repeatedKey, depth } = jsonShape(text);
    if (repeatedKey !== undefined) {
      throw new SafetensorsError(`${this.path} lists "${repeatedKey}" twice in its header: the file is corrupt`);
    }
    if (depth > DEEPEST_HEADER) {
      throw new SafetensorsError(
        `${this.path} has a header that is ${depth} levels deep, tensors need ${DEEPEST_HEADER}: the file is corrupt`,
      );
    }
    return header as Record<string, unknown>;
  }

  private bytes(position: number, length: number): Buffer {
    const buffer = Buffer.alloc(length);
    let done = 0;
    while (done < length) {
      const got = readSync(this.file, buffer, done, Math.min(LARGEST_READ, length - done), position + done);
      if (got === 0)
        throw new SafetensorsError(`${this.path} ended ${length - done} bytes early: it is being written or cut short`);
      done += got;
    }
    return buffer;
  }
}

function opened(path: string): number {
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw new Error("it is a folder");
    // Opening a pipe would wait for whoever writes into it.
    if (!found.isFile()) throw new Error("it is a pipe or a device");
    return openSync(path, "r");
  } catch (error) {
    throw new SafetensorsError(`cannot open ${path}: ${(error as Error).message}`, { cause: error });
  }
}

/** Opens, uses and closes a file. */
export function readSafetensors<T>(path: string, use: (file: SafetensorsFile) => T): T {
  requireFunction("use", use, "(file) => file.read(name)");
  const file = new SafetensorsFile(path);
  try {
    return use(file);
  } finally {
    file.close();
  }
}

export interface SafetensorsOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes tensors atomically, in the order given.
 *
 * @throws RangeError if a name is taken, values do not fill their shape, or a number is too large for the format; nothing
 *   is written then
 */
export function writeSafetensors(
  path: string,
  tensors: Iterable<readonly [string, NamedTensor]>,
  options: SafetensorsOptions = {},
): void {
  requireText("path", path, "the name of a file");
  if (typeof tensors?.[Symbol.iterator] !== "function") {
    throw new TypeError(`tensors must be pairs of a name and a tensor, got ${described(tensors)}`);
  }
  requireKnownKeys("writeSafetensors", options, { format: ["F32", "F16", "BF16"], metadata: "an object" });
  commitTogether([stageSafetensors(path, tensors, options)]);
}

/** As {@link writeSafetensors}, beside its place. */
export function stageSafetensors(
  path: string,
  tensors: Iterable<readonly [string, NamedTensor]>,
  options: SafetensorsOptions = {},
): StagedFile {
  const { format = "F32", metadata } = options;
  // No prototype: a tensor may have any name, "__proto__" too.
  const header = Object.create(null) as Record<string, unknown>;
  if (metadata) header["__metadata__"] = metadata;
  const chunks: Buffer[] = [];
  let offset = 0;
  for (const pair of tensors as Iterable<readonly [string, NamedTensor] | null>) {
    if (!Array.isArray(pair) || typeof pair[0] !== "string" || !ArrayBuffer.isView(pair[1]?.values)) {
      throw new TypeError(`tensors must be pairs of a name and { shape, values }, got ${described(pair)}`);
    }
    const [name, { shape, values }] = pair as readonly [string, NamedTensor];
    if (Object.hasOwn(header, name) || name === "__metadata__") {
      throw new RangeError(`${path} cannot hold another "${name}": give the tensor another name`);
    }
    const size = sizeOf(shape);
    if (size !== values.length)
      throw new RangeError(`"${name}" of shape [${shape}] needs ${size} numbers, got ${values.length}`);
    const bytes = encode(name, values, format);
    header[name] = { dtype: format, shape, data_offsets: [offset, offset + bytes.length] };
    chunks.push(bytes);
    offset += bytes.length;
  }
  // Spaces fill the header to a multiple of 8, so that the data is aligned.
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8), " "), "utf8");
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return stageFile(path, [length, text, ...chunks]);
}

function metadataOf(header: Record<string, unknown>, path: string): Record<string, string> {
  const metadata = header["__metadata__"] ?? {};
  if (typeof metadata !== "object" || metadata === null || Object.values(metadata).some((v) => typeof v !== "string")) {
    throw new SafetensorsError(`${path}: __metadata__ must map strings to strings`);
  }
  return metadata as Record<string, string>;
}

function entriesOf(header: Record<string, unknown>, dataLength: number, path: string): Map<string, TensorEntry> {
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== "__metadata__") entries.set(name, entryOf(name, value, dataLength, path));
  }
  let end = 0;
  for (const [name, entry] of [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end) {
      throw new SafetensorsError(
        `${path}: tensor "${name}" begins at byte ${entry.begin}, expected ${end}: overlap or hole`,
      );
    }
    end = entry.end;
  }
  if (end !== dataLength) {
    throw new SafetensorsError(
      `${path} holds ${dataLength} bytes of data, its header describes ${end}: cut short or corrupt`,
    );
  }
  return entries;
}

function entryOf(name: string, value: unknown, dataLength: number, path: string): TensorEntry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const fail = (what: string): never => {
    throw new SafetensorsError(`${path}: tensor "${name}" ${what}`);
  };
  const isCount = (n: unknown): n is number => typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
  if (!isTensorType(dtype)) {
    return fail(`has type ${JSON.stringify(dtype)}, known are ${Object.keys(bytesOf).join(", ")}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail(`has no valid shape: ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    return fail(`has no valid data_offsets: ${JSON.stringify(offsets)}`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > dataLength) return fail(`lies at bytes ${begin}–${end} of ${dataLength}: out of range`);
  const size = sizeOf(shape) * bytesOf[dtype];
  if (size !== end - begin) return fail(`of shape [${shape}] needs ${size} bytes, its offsets give ${end - begin}`);
  return { dtype, shape: shape as number[], begin, end };
}

function encode(name: string, values: Float32Array, format: FloatFormat): Buffer {
  if (format === "F32") return Buffer.from(values.slice().buffer);
  const bits = encodeHalf(values, format);
  const infinity = format === "F16" ? 0x7c00 : 0x7f80;
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i] & infinity) === infinity && Number.isFinite(values[i])) {
      const remedy = format === "F16" ? "BF16 or F32" : "F32";
      throw new RangeError(`"${name}" holds ${values[i]}, too large for ${format}: save as ${remedy}`);
    }
  }
  return Buffer.from(bits.buffer);
}
