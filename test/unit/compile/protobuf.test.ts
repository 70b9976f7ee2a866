/** Messages are encoded as the protocol buffer documentation shows. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bytesField, floatField, integerField, varint } from "../../../src/compile/protobuf.js";

test("fields are encoded as the format's documentation shows", () => {
  // Examples of protobuf.dev/programming-guides/encoding
  assert.equal(varint(150).toString("hex"), "9601");
  assert.equal(varint(-2).toString("hex"), "feffffffffffffffff01");
  assert.equal(integerField(1, 150).toString("hex"), "089601");
  assert.equal(bytesField(2, "testing").toString("hex"), "120774657374696e67");
  assert.equal(floatField(3, 1).toString("hex"), "1d0000803f");
});

test("a varint decodes to the number it was made of", () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      const decoded = [...varint(value)].reduceRight((rest, byte) => (rest << 7n) | BigInt(byte & 127), 0n);
      assert.equal(BigInt.asIntN(64, decoded), BigInt(value));
    }),
  );
});

test("a number that is no safe whole number is refused", () => {
  assert.throws(() => varint(0.5), RangeError);
  assert.throws(() => varint(2 ** 60), RangeError);
});
