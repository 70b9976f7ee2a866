import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readSync,
  closeSync,
  fstatSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { PassThrough, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;

/** The entries of a zip archive: name, method, sizes, and where the local header lies. */
export function readDirectory(path) {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(size, 65_557));
    readSync(file, tail, 0, tail.length, size - tail.length);
    let end = tail.length - 22;
    while (end >= 0 && tail.readUInt32LE(end) !== END) end--;
    if (end < 0) throw new Error(`${path} is not a complete zip archive (no end record)`);
    const count = tail.readUInt16LE(end + 10);
    const directory = Buffer.alloc(tail.readUInt32LE(end + 12));
    readSync(file, directory, 0, directory.length, tail.readUInt32LE(end + 16));
    const entries = new Map();
    for (let at = 0, i = 0; i < count; i++) {
      if (directory.readUInt32LE(at) !== CENTRAL) throw new Error(`${path}: its table of contents is damaged`);
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString("utf8", at + 46, at + 46 + nameLength);
      entries.set(name, {
        method: directory.readUInt16LE(at + 10),
        compressed: directory.readUInt32LE(at + 20),
        size: directory.readUInt32LE(at + 24),
        offset: directory.readUInt32LE(at + 42),
      });
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    closeSync(file);
  }
}

function dataOffset(path, entry) {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(30);
    readSync(file, header, 0, 30, entry.offset);
    if (header.readUInt32LE(0) !== LOCAL) throw new Error(`${path}: a member's header is damaged`);
    return entry.offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  } finally {
    closeSync(file);
  }
}

/**
 * Unpacks the named members of a zip archive, keeping their paths. The archive's own checksum is verified
 * before, so members are only held to their length. `onBytes(n)` reports unpacked bytes.
 *
 * @param {string} path
 * @param {string[]} names
 * @param {string} target
 * @param {(bytes: number) => void} [onBytes]
 */
export async function unzip(path, names, target, onBytes = () => undefined) {
  const entries = readDirectory(path);
  const one = async (name) => {
    const entry = entries.get(name);
    if (!entry) throw new Error(`${path} has no member ${name}`);
    if (entry.method !== 0 && entry.method !== 8) throw new Error(`${name}: unknown compression ${entry.method}`);
    const start = dataOffset(path, entry);
    const output = join(target, name);
    mkdirSync(dirname(output), { recursive: true });
    let written = 0;
    const count = new Transform({
      transform(chunk, _encoding, done) {
        written += chunk.length;
        onBytes(chunk.length);
        done(null, chunk);
      },
    });
    const options = { start, end: start + entry.compressed - 1, highWaterMark: 1 << 20 };
    const inflate = entry.method === 8 ? createInflateRaw({ chunkSize: 1 << 20 }) : new PassThrough();
    if (entry.compressed === 0) writeFileSync(output, "");
    else await pipeline(createReadStream(path, options), inflate, count, createWriteStream(output));
    if (written !== entry.size) throw new Error(`${name}: ${written} bytes unpacked, ${entry.size} expected`);
  };
  await Promise.all(names.map(one));
}
