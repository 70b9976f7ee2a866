import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crc32, deflateRawSync } from "node:zlib";
import { readDirectory, unzip } from "../../../src/setup/unzip.mjs";

/** A zip archive written by hand (APPNOTE 4.3): local headers and data, central directory, end record. */
function zip(members) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, content, stored = false } of members) {
    const data = stored ? content : deflateRawSync(content);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(stored ? 0 : 8, 8);
    header.writeUInt32LE(crc32?.(content) ?? 0, 14);
    header.writeUInt32LE(data.length, 18);
    header.writeUInt32LE(content.length, 22);
    header.writeUInt16LE(Buffer.byteLength(name), 26);
    // An extra field, so that its length must be respected.
    header.writeUInt16LE(4, 28);
    parts.push(header, Buffer.from(name), Buffer.alloc(4), data);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(stored ? 0 : 8, 10);
    entry.writeUInt32LE(data.length, 20);
    entry.writeUInt32LE(content.length, 24);
    entry.writeUInt16LE(Buffer.byteLength(name), 28);
    entry.writeUInt32LE(offset, 42);
    directory.push(entry, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + 4 + data.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, central, end]);
}

const big = Buffer.alloc(300_000, "diffusion ");
const members = [
  { name: "tensorflow/lib.so", content: big },
  { name: "tensorflow/include/c_api.h", content: Buffer.from("int main;"), stored: true },
  { name: "empty", content: Buffer.alloc(0), stored: true },
];

function scratch(bytes) {
  const folder = mkdtempSync(join(tmpdir(), "unzip-"));
  const archive = join(folder, "archive.whl");
  writeFileSync(archive, bytes);
  return { folder, archive };
}

test("deflated, stored and empty members come out byte for byte, and only those asked for", async () => {
  const { folder, archive } = scratch(zip(members));
  let bytes = 0;
  await unzip(archive, ["tensorflow/lib.so", "tensorflow/include/c_api.h", "empty"], folder, (n) => (bytes += n));
  for (const { name, content } of members) assert.deepEqual(readFileSync(join(folder, name)), content);
  assert.equal(bytes, big.length + 9);
  assert.deepEqual(
    [...readDirectory(archive).keys()],
    members.map(({ name }) => name),
  );
});

test("a missing member, a cut archive and one that is no archive are refused", async () => {
  const whole = zip(members);
  const { folder, archive } = scratch(whole);
  await assert.rejects(unzip(archive, ["no/such.h"], folder), /no member no\/such\.h/);
  const cut = scratch(whole.subarray(0, whole.length - 60)).archive;
  await assert.rejects(unzip(cut, ["empty"], folder), /not a complete zip archive/);
  const noise = scratch(Buffer.alloc(100, 7)).archive;
  assert.throws(() => readDirectory(noise), /not a complete zip archive/);
});

test("a member shorter than its table of contents promises is refused", async () => {
  const bytes = zip([{ name: "a", content: Buffer.from("abc"), stored: true }]);
  // The uncompressed size in the central directory: 22 bytes from the end, then 47 of the one entry, at its offset 24.
  bytes.writeUInt32LE(4, bytes.length - 22 - 47 + 24);
  const { folder, archive } = scratch(bytes);
  await assert.rejects(unzip(archive, ["a"], folder), /3 bytes unpacked, 4 expected/);
});
