/** safetensors files are byte for byte as specified, and hostile ones are refused unallocated. */
import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, mock, test } from "node:test";
import fc from "fast-check";
import { loadParameters, ones, Parameters, saveParameters, zeros } from "../../../src/nn/index.js";
import {
  readSafetensors,
  SafetensorsError,
  SafetensorsFile,
  writeSafetensors,
  type FloatFormat,
  type NamedTensor,
} from "../../../src/files/index.js";

const folder = mkdtempSync(join(tmpdir(), "safetensors-"));
after(() => rmSync(folder, { recursive: true }));
const path = join(folder, "model.safetensors");

/** A file with any header and data, however wrong. */
function craft(header: unknown, data: Uint8Array = new Uint8Array(0), claimed?: bigint): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  writeFileSync(path, Buffer.concat([length, json, data]));
  return path;
}

/** Bytes of the largest buffer that is asked for; pages that nobody touches would not show in the memory of the process. */
function largestAllocation(use: () => void): number {
  const spy = mock.method(Buffer, "alloc");
  try {
    use();
    return Math.max(...spy.mock.calls.map(({ arguments: [size] }) => size as number));
  } finally {
    spy.mock.restore();
  }
}
const open = () => readSafetensors(path, (file) => file.entries.size);
const entry = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = "F32") => {
  return { dtype, shape, data_offsets: [begin, end] };
};

test("a file is, byte by byte, what the format's description says", () => {
  writeSafetensors(path, [["a", { shape: [2], values: Float32Array.of(1, -2) }]], { metadata: { format: "pt" } });
  const bytes = readFileSync(path);
  const header = '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
  const padded = Math.ceil(header.length / 8) * 8;
  assert.equal(bytes.readBigUInt64LE(), BigInt(padded));
  assert.equal(bytes.subarray(8, 8 + padded).toString(), header.padEnd(padded, " "));
  assert.deepEqual([...bytes.subarray(8 + padded)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  assert.equal(
    readSafetensors(path, (file) => file.metadata["format"]),
    "pt",
  );
});

test("half formats lie on disk as their bits", () => {
  const tensors: [string, NamedTensor][] = [["a", { shape: [2], values: Float32Array.of(1, -2) }]];
  writeSafetensors(path, tensors, { format: "F16" });
  assert.deepEqual([...readFileSync(path).subarray(-4)], [0x00, 0x3c, 0x00, 0xc0]);
  writeSafetensors(path, tensors, { format: "BF16" });
  assert.deepEqual([...readFileSync(path).subarray(-4)], [0x80, 0x3f, 0x00, 0xc0]);
});

test("what is written is read: any names, shapes and values, in every format", () => {
  const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }).chain((shape) => {
    const size = shape.reduce((product, n) => product * n, 1);
    // Whole numbers below 256 are exact in all three formats.
    const values = fc.array(fc.integer({ min: -255, max: 255 }), { minLength: size, maxLength: size });
    return values.map((list) => ({ shape, values: Float32Array.from(list) }));
  });
  const name = fc.string({ minLength: 1, unit: "grapheme" }).filter((n) => n !== "__metadata__");
  fc.assert(
    fc.property(fc.dictionary(name, tensor), fc.constantFrom("F32", "F16", "BF16"), (tensors, format) => {
      writeSafetensors(path, Object.entries(tensors), { format: format as FloatFormat });
      readSafetensors(path, (file) => {
        assert.deepEqual(new Set(file.entries.keys()), new Set(Object.keys(tensors)));
        for (const [key, value] of Object.entries(tensors)) {
          const got = file.read(key);
          assert.deepEqual(got.shape, value.shape);
          assert.deepEqual(
            [...got.values].map((v) => v + 0),
            [...value.values].map((v) => v + 0),
          );
        }
      });
    }),
    { numRuns: 40 },
  );
});

test("a file cut at any byte is refused", () => {
  writeSafetensors(path, [
    ["a", { shape: [3], values: Float32Array.of(1, 2, 3) }],
    ["b", { shape: [1, 1], values: Float32Array.of(4) }],
  ]);
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    assert.throws(open, SafetensorsError, `cut at ${length} of ${whole.length}`);
  }
  writeFileSync(path, Buffer.concat([whole, Buffer.of(0)]));
  assert.throws(open, /holds 17 bytes of data, its header describes 16/);
});

test("an absurd header length is refused without allocating it", () => {
  for (const claimed of [9n, 2n ** 31n, 99_999_999n, 2n ** 63n, 2n ** 64n - 1n]) {
    craft("{}", new Uint8Array(4), claimed);
    const largest = largestAllocation(() =>
      assert.throws(open, new RegExp(`claims a header of ${claimed} bytes but has 14`)),
    );
    assert.equal(largest, 8);
  }
});

test("an absurd tensor size is refused without allocating it", () => {
  const big = 2 ** 40;
  const bad: [unknown, RegExp][] = [
    [entry(0, 4 * big, [big]), /out of range/],
    [entry(0, 8, [big]), /needs 4398046511104 bytes, its offsets give 8/],
    [entry(0, 8, [2 ** 30, 2 ** 30, 2 ** 30]), /its offsets give 8/],
  ];
  for (const [value, message] of bad) {
    craft({ a: value }, new Uint8Array(8));
    const largest = largestAllocation(() => assert.throws(open, message));
    assert.ok(largest < 200, `${largest} bytes`);
  }
});

test("headers that contradict themselves or the format are refused by name", () => {
  const data = new Uint8Array(16);
  const bad: [unknown, RegExp][] = [
    [{ a: entry(0, 8), b: entry(4, 16) }, /tensor "b" begins at byte 4, expected 8: overlap or hole/],
    [{ a: entry(0, 8), b: entry(0, 8) }, /overlap or hole/],
    [{ a: entry(0, 4), b: entry(8, 16) }, /expected 4: overlap or hole/],
    [{ a: entry(4, 16) }, /expected 0: overlap or hole/],
    [{ a: entry(0, 12) }, /holds 16 bytes of data, its header describes 12/],
    [{ a: entry(0, 20) }, /bytes 0–20 of 16: out of range/],
    [{ a: entry(8, 4, [1]) }, /out of range/],
    [{ a: entry(-4, 4, [2]) }, /no valid data_offsets/],
    [{ a: entry(0.5, 4, [1]) }, /no valid data_offsets/],
    [{ a: { dtype: "F32", shape: [4] } }, /no valid data_offsets/],
    [{ a: entry(0, 16, [5]) }, /of shape \[5\] needs 20 bytes, its offsets give 16/],
    [{ a: entry(0, 16, [-4]) }, /no valid shape/],
    [{ a: entry(0, 16, "4") }, /no valid shape/],
    [{ a: entry(0, 16, [2], "C64") }, /has type "C64", known are F64, F32, /],
    [{ a: entry(0, 16, [4], "I64") }, /of shape \[4\] needs 32 bytes, its offsets give 16/],
    [{ a: entry(0, 16, [4], "toString") }, /type "toString"/],
    [{ a: null }, /tensor "a" has type undefined/],
    [{ __metadata__: { step: 3 }, a: entry(0, 16) }, /must map strings to strings/],
    [`{"a":${JSON.stringify(entry(0, 8))},"a":${JSON.stringify(entry(0, 16))}}`, /lists "a" twice in its header/],
    [`{"a\\u0062":${JSON.stringify(entry(0, 8))},"ab":${JSON.stringify(entry(0, 16))}}`, /lists "ab" twice/],
    [`{"a":{"dtype":"F32","shape":[4],"shape":[2],"data_offsets":[0,16]}}`, /lists "shape" twice/],
    [`{"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, /header that is 200001 levels deep/],
    [`{"a":{"dtype":"F32","shape":[[4]],"data_offsets":[0,16]}}`, /header that is 4 levels deep/],
    ["[]", /not a JSON object/],
    ["null", /not a JSON object/],
    ["{", /not a JSON object/],
  ];
  for (const [header, message] of bad) {
    craft(header, data);
    assert.throws(open, (error: unknown) => {
      assert.ok(error instanceof SafetensorsError, JSON.stringify(header));
      assert.match(error.message, message);
      assert.ok(error.message.includes(path));
      return true;
    });
  }
});

/** A file of one tensor, as any other program may have written it. */
function writeRaw(dtype: string, data: ArrayBufferView, count: number): void {
  const header = Buffer.from(JSON.stringify({ a: { dtype, shape: [count], data_offsets: [0, data.byteLength] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  writeFileSync(path, Buffer.concat([length, header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]));
}
const readRaw = (): number[] => readSafetensors(path, (file) => [...file.read("a").values]);

test("tensors of other types are read as float32: floats rounded, whole numbers exact", () => {
  const files: [string, ArrayBufferView, number[]][] = [
    ["F64", Float64Array.of(0.1, -1e300, 3), [Math.fround(0.1), -Infinity, 3]],
    ["I64", BigInt64Array.of(-3n, 77n, 2n ** 40n), [-3, 77, 2 ** 40]],
    ["U64", BigUint64Array.of(0n, 2n ** 63n), [0, 2 ** 63]],
    ["I32", Int32Array.of(-7, 2 ** 24), [-7, 2 ** 24]],
    ["U32", Uint32Array.of(7, 2 ** 31), [7, 2 ** 31]],
    ["I16", Int16Array.of(-300, 300), [-300, 300]],
    ["U16", Uint16Array.of(65535), [65535]],
    ["I8", Int8Array.of(-128, 127), [-128, 127]],
    ["U8", Uint8Array.of(0, 255), [0, 255]],
    ["BOOL", Uint8Array.of(1, 0, 1), [1, 0, 1]],
  ];
  for (const [dtype, data, expected] of files) {
    writeRaw(dtype, data, expected.length);
    assert.deepEqual(readRaw(), expected, dtype);
  }
});

test("a tensor that cannot be read as float32 says so, and leaves the others of its file readable", () => {
  const bad: [string, ArrayBufferView, number, RegExp][] = [
    ["I64", BigInt64Array.of(2n ** 24n + 1n), 1, /tensor "a" holds 16777217, which float32 cannot hold exactly/],
    ["U64", BigUint64Array.of(2n ** 63n + 1n), 1, /holds 9223372036854775809, which float32 cannot/],
    ["I32", Int32Array.of(-(2 ** 24) - 1), 1, /holds -16777217/],
    ["BOOL", Uint8Array.of(0, 2), 2, /is of truth values, but holds 2/],
    ["F8_E4M3", Uint8Array.of(0, 2), 2, /is of type F8_E4M3, which is not read/],
  ];
  for (const [dtype, data, count, message] of bad) {
    writeRaw(dtype, data, count);
    assert.equal(open(), 1);
    assert.throws(readRaw, (error) => error instanceof SafetensorsError && message.test(error.message));
  }
});

test("a header with one very long string is read", () => {
  const note = `\\"${"long ".repeat(3_000_000)}`;
  writeSafetensors(path, [["a", { shape: [1], values: Float32Array.of(7) }]], { metadata: { note } });
  const { metadata, value } = readSafetensors(path, (file) => ({
    metadata: file.metadata,
    value: file.read("a").values[0],
  }));
  assert.equal(value, 7);
  assert.ok(metadata["note"] === note);
});

test("a file that is missing, or a folder, is told by its path", () => {
  for (const [name, message] of [
    ["no-such", /cannot open .*no-such.*: ENOENT/],
    [".", /cannot open .*: it is a folder/],
  ] as const) {
    assert.throws(
      () => readSafetensors(join(dirname(path), name), () => 0),
      (error: unknown) => {
        assert.ok(error instanceof SafetensorsError);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("what could not be opened again is not written: values that are not finite are refused by name", () => {
  const parameters = new Parameters();
  const scope = parameters.scope("layer");
  scope.create("weight", "plain", [2], ones);
  scope.create("bias", "plain", [3], zeros);
  saveParameters(path, parameters);
  const whole = readFileSync(path);
  const values = Float32Array.of(1, 1, 0, NaN, 0);
  assert.throws(
    () => saveParameters(path, parameters, { values }),
    /"layer\.bias" holds NaN: the training diverged; nothing was written/,
  );
  assert.deepEqual(readFileSync(path), whole);
});

test("random bytes are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
      writeFileSync(path, bytes);
      assert.throws(open, SafetensorsError);
    }),
  );
});

test("names that are taken and values that do not fill their shape are refused before anything is written", () => {
  const one: NamedTensor = { shape: [2], values: Float32Array.of(1, 2) };
  writeSafetensors(path, [["a", one]]);
  const whole = readFileSync(path);
  const refused: [[string, NamedTensor][], RegExp][] = [
    [
      [
        ["a", one],
        ["a", one],
      ],
      /cannot hold another "a"/,
    ],
    [[["__metadata__", one]], /cannot hold another "__metadata__"/],
    [[["b", { shape: [3], values: one.values }]], /"b" of shape \[3\] needs 3 numbers, got 2/],
  ];
  for (const [tensors, message] of refused) assert.throws(() => writeSafetensors(path, tensors), message);
  assert.deepEqual(readFileSync(path), whole);
});

test("a closed file is not read, whoever has its number now, and may be closed again", () => {
  const other = join(folder, "other.safetensors");
  writeSafetensors(path, [["a", { shape: [], values: Float32Array.of(1) }]]);
  writeSafetensors(other, [["a", { shape: [], values: Float32Array.of(2) }]]);
  const first = new SafetensorsFile(path);
  first.close();
  const second = new SafetensorsFile(other);
  assert.throws(() => first.read("a"), /has been closed: read "a" before/);
  first.close();
  assert.equal(second.read("a").values[0], 2);
  second.close();
});

test("refused files are closed again, and reading a missing tensor says so", () => {
  // The lowest free number tells how many files are open.
  const descriptors = () => {
    const file = openSync(import.meta.filename, "r");
    closeSync(file);
    return file;
  };
  const before = descriptors();
  for (let i = 0; i < 20; i++) {
    craft("{");
    assert.throws(open);
  }
  assert.equal(descriptors(), before);
  writeSafetensors(path, [["a", { shape: [], values: Float32Array.of(1) }]]);
  assert.throws(() => readSafetensors(path, (file) => file.read("b")), /has no tensor "b"/);
  assert.equal(descriptors(), before);
});

function network(seed = 0): Parameters {
  const parameters = new Parameters({ seed });
  parameters.create("conv.weight", "conv", [3, 2, 4, 5], { kind: "normal", deviation: 1 });
  parameters.create("dense.weight", "dense", [4, 6], { kind: "normal", deviation: 1 });
  parameters.create("norm.weight", "plain", [6], { kind: "normal", deviation: 1 });
  return parameters;
}

test("parameters lie on disk in PyTorch's layouts, and come back", () => {
  const saved = network(1);
  saveParameters(path, saved);
  const [hwio, dense] = saved.variables.map((v) => v.dataSync());
  readSafetensors(path, (file) => {
    assert.deepEqual(
      [...file.entries.values()].map((e) => e.shape),
      [[5, 4, 3, 2], [6, 4], [6]],
    );
    const oihw = file.read("conv.weight").values;
    for (let o = 0; o < 5; o++)
      for (let i = 0; i < 4; i++)
        for (let h = 0; h < 3; h++)
          for (let w = 0; w < 2; w++) {
            assert.equal(oihw[((o * 4 + i) * 3 + h) * 2 + w], hwio[((h * 2 + w) * 4 + i) * 5 + o]);
          }
    assert.equal(file.read("dense.weight").values[1], dense[6]);
  });
  const loaded = network(2);
  loadParameters(path, loaded);
  assert.deepEqual(loaded.toFlat(), saved.toFlat());
});

test("half formats round the parameters, and other values can be saved in their place", () => {
  const saved = network(1);
  const flat = saved.toFlat();
  for (const [format, bits] of [
    ["F16", 11],
    ["BF16", 8],
  ] as const) {
    const loaded = network(2);
    saveParameters(path, saved, { format, values: flat.map((v) => 2 * v) });
    loadParameters(path, loaded);
    loaded.toFlat().forEach((v, i) => {
      assert.ok(Math.abs(v - 2 * flat[i]) <= 2 ** -bits * Math.abs(2 * flat[i]) + 2 ** -25);
    });
  }
  assert.throws(() => saveParameters(path, saved, { values: new Float32Array(3) }), /3 values for 150 parameters/);
});

test("weights that do not fit are refused, and nothing is assigned", () => {
  const target = network(2);
  const before = target.toFlat();
  const refuses = (message: RegExp) => {
    assert.throws(() => loadParameters(path, target), message);
    assert.deepEqual(target.toFlat(), before);
  };
  const good = network(1);
  const tensors = (): Map<string, NamedTensor> => {
    saveParameters(path, good);
    return readSafetensors(path, (file) => new Map([...file.entries.keys()].map((name) => [name, file.read(name)])));
  };
  const all = tensors();
  all.delete("norm.weight");
  writeSafetensors(path, all);
  refuses(/1 parameters missing \(norm\.weight\), 0 unknown/);

  writeSafetensors(path, [...tensors(), ["extra", { shape: [1], values: new Float32Array(1) }]]);
  refuses(/0 parameters missing \(\), 1 unknown \(extra\)/);

  writeSafetensors(path, tensors().set("dense.weight", { shape: [4, 6], values: new Float32Array(24) }));
  refuses(/"dense.weight" has shape \[4,6\] in .*, the network has \[6,4\]/);

  for (const value of [NaN, Infinity, -Infinity]) {
    writeSafetensors(path, tensors().set("norm.weight", { shape: [6], values: Float32Array.of(0, 1, value, 3, 4, 5) }));
    refuses(/"norm.weight" in .* has a value that is not finite/);
  }
});
