/** Half floats have the published bits and round to the nearest number, ties to even. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromBfloat16Bits, fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from "../../../src/files/float-formats.js";

/** [value, bits], IEEE 754-2008 binary16. */
const float16: [number, number][] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [0.333251953125, 0x3555],
  [65504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [1023 * 2 ** -24, 0x03ff],
  [Infinity, 0x7c00],
  [-Infinity, 0xfc00],
];

const bfloat16: [number, number][] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3f80],
  [-2, 0xc000],
  [3.140625, 0x4049],
  [3.3895313892515355e38, 0x7f7f],
  [2 ** -126, 0x0080],
  [2 ** -133, 0x0001],
  [Infinity, 0x7f80],
  [-Infinity, 0xff80],
];

test("float16 and bfloat16: published bit patterns both ways", () => {
  for (const [value, bits] of float16) {
    assert.equal(toFloat16Bits(value), bits, `float16 of ${value}`);
    assert.ok(Object.is(fromFloat16Bits(bits), value), `float16 ${bits.toString(16)}`);
  }
  for (const [value, bits] of bfloat16) {
    assert.equal(toBfloat16Bits(value), bits, `bfloat16 of ${value}`);
    assert.ok(Object.is(fromBfloat16Bits(bits), value), `bfloat16 ${bits.toString(16)}`);
  }
  for (const [to, from] of [
    [toFloat16Bits, fromFloat16Bits],
    [toBfloat16Bits, fromBfloat16Bits],
  ] as const) {
    assert.ok(Number.isNaN(from(to(NaN))));
  }
});

test("rounding is to nearest, ties to even", () => {
  // Half-way between neighbours, and just beside half-way.
  assert.equal(toFloat16Bits(1 + 2 ** -11), 0x3c00);
  assert.equal(toFloat16Bits(1 + 3 * 2 ** -11), 0x3c02);
  assert.equal(toFloat16Bits(1 + 2 ** -11 + 2 ** -20), 0x3c01);
  assert.equal(toFloat16Bits(65519), 0x7bff);
  assert.equal(toFloat16Bits(65520), 0x7c00);
  assert.equal(toFloat16Bits(2 ** -25), 0x0000);
  assert.equal(toFloat16Bits(3 * 2 ** -26), 0x0001);
  assert.equal(toFloat16Bits(2 ** -14 - 2 ** -26), 0x0400);
  assert.equal(toBfloat16Bits(1 + 2 ** -8), 0x3f80);
  assert.equal(toBfloat16Bits(1 + 3 * 2 ** -8), 0x3f82);
  assert.equal(toBfloat16Bits(1 + 2 ** -8 + 2 ** -20), 0x3f81);
  assert.equal(toBfloat16Bits(3.4e38), 0x7f80);
});

test("every finite float16 and bfloat16 survives the round trip", () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    if ((bits & 0x7c00) !== 0x7c00) assert.equal(toFloat16Bits(fromFloat16Bits(bits)), bits);
    if ((bits & 0x7f80) !== 0x7f80) assert.equal(toBfloat16Bits(fromBfloat16Bits(bits)), bits);
  }
});

test("the result is a nearest representable number", () => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(-60000), max: 60000, noNaN: true }), (x) => {
      const bits = toFloat16Bits(x);
      const error = Math.abs(fromFloat16Bits(bits) - x);
      for (const neighbour of [bits - 1, bits + 1]) {
        if (neighbour < 0 || (neighbour & 0x7c00) === 0x7c00 || (neighbour & 0x7fff) === 0x7fff) continue;
        assert.ok(error <= Math.abs(fromFloat16Bits(neighbour) - x));
      }
    }),
  );
});
