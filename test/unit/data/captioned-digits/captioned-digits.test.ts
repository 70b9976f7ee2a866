/** Compositions are drawn fairly and leave out what is held out; pictures show them, whatever batch they are in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CaptionedDigits,
  type CaptionedDigitsOptions,
  type Composition,
  digitColours,
  digitPlaces,
  groundColours,
  heldOutColourPlaces,
  heldOutDigitColours,
  type PlacedDigit,
} from "../../../../src/index.js";

const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);
const data = new CaptionedDigits({ split: "train", seed: 3 });

const newDigitColour = ({ digit, colour }: PlacedDigit): boolean =>
  heldOutDigitColours.some((pair) => pair.digit === digit && pair.colour === colour);
const newColourPlace = ({ colour, place }: PlacedDigit): boolean =>
  heldOutColourPlaces.some((pair) => pair.colour === colour && pair.place === place);

describe("compositions", () => {
  const drawn = data.compositions(range(8000));
  const digits = drawn.flatMap((one) => one.digits);

  test("a tenth of the pairs is held out, one of each colour with its own digit and its own place", () => {
    assert.equal(new Set(heldOutDigitColours.map(({ digit }) => digit)).size, 8);
    assert.equal(new Set(heldOutColourPlaces.map(({ place }) => place)).size, 8);
    for (const pairs of [heldOutDigitColours, heldOutColourPlaces]) {
      assert.deepEqual(new Set(pairs.map(({ colour }) => colour)), new Set(Object.keys(digitColours)));
    }
  });

  test("training draws every other pair and none that is held out", () => {
    assert.equal(digits.filter((one) => newDigitColour(one) || newColourPlace(one)).length, 0);
    assert.equal(new Set(digits.map(({ digit, colour }) => `${digit} ${colour}`)).size, 80 - 8);
    assert.equal(new Set(digits.map(({ colour, place }) => `${colour} ${place}`)).size, 72 - 8);
  });

  test("evaluation has one held-out pair of the kind asked for in each composition", () => {
    const other = { split: "heldOut", seed: 3 } as const;
    for (const { digits: some } of new CaptionedDigits({ ...other, pairs: "new digit and colour" }).compositions(
      range(500),
    )) {
      assert.equal(some.filter(newDigitColour).length, 1);
      assert.equal(some.filter(newColourPlace).length, 0);
    }
    const places = new CaptionedDigits({ ...other, pairs: "new colour and place" }).compositions(range(500));
    for (const { digits: some } of places) {
      assert.equal(some.filter(newColourPlace).length, 1);
      assert.equal(some.filter(newDigitColour).length, 0);
    }
  });

  /** Every value has its share, to four standard errors. */
  function assertEven(values: readonly (string | number)[], kinds: number, tolerance = 0): void {
    const counts = new Map<string | number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    assert.equal(counts.size, kinds);
    const share = 1 / kinds;
    const slack = 4 * Math.sqrt((share * (1 - share)) / values.length) + tolerance;
    for (const [value, n] of counts) assert.ok(Math.abs(n / values.length - share) < slack, `${value}: ${n}`);
  }

  test("each fact is as frequent as its alternatives", () => {
    assertEven(
      drawn.map((one) => one.digits.length),
      3,
    );
    assertEven(
      drawn.map(({ ground }) => ground),
      4,
    );
    assertEven(
      digits.map(({ place }) => place),
      9,
    );
    // What is held out shifts these a little.
    assertEven(
      digits.map(({ digit }) => digit),
      10,
      0.02,
    );
    assertEven(
      digits.map(({ colour }) => colour),
      8,
      0.02,
    );
    assertEven(
      drawn.filter((one) => one.digits.length === 1).map(({ digits: [{ size }] }) => size),
      2,
    );
  });

  test("no place is taken twice, and no two large digits touch", () => {
    for (const { digits: some } of new CaptionedDigits({ split: "train", digits: [0, 9] }).compositions(range(500))) {
      const at = some.map(({ place }) => digitPlaces.indexOf(place));
      assert.equal(new Set(at).size, some.length);
      const large = at.filter((_, i) => some[i].size === "large");
      for (const a of large)
        for (const b of large) {
          const [dy, dx] = [Math.floor(a / 3) - Math.floor(b / 3), (a % 3) - (b % 3)];
          assert.notEqual(Math.abs(dy) + Math.abs(dx), 1);
        }
    }
  });
});

/** One pixel. */
function pixel(picture: Float32Array, y: number, x: number): Float32Array {
  return picture.subarray((32 * y + x) * 3, (32 * y + x) * 3 + 3);
}

/** How much of the colour a pixel has, where it is ground + a·(colour − ground); NaN where it is no such mixture. */
function inkAt(values: Float32Array, ground: readonly number[], colour: readonly number[]): number {
  const [from, to] = [ground, colour].map((rgb) => rgb.map((byte) => byte / 127.5 - 1));
  const along = to.reduce((sum, value, c) => sum + (value - from[c]) * (values[c] - from[c]), 0);
  const share = along / to.reduce((sum, value, c) => sum + (value - from[c]) ** 2, 0);
  return to.every((value, c) => Math.abs(from[c] + share * (value - from[c]) - values[c]) < 1e-5) ? share : NaN;
}

describe("pictures", () => {
  test("a number's picture and words depend on no batch, and other numbers, seeds and parts have others", () => {
    const batch = data.pictures(range(20, 100));
    assert.deepEqual(data.pictures([107]), batch.slice(7 * 3072, 8 * 3072));
    assert.deepEqual(data.captions(range(20, 100))[7], data.captions([107])[0]);
    assert.deepEqual(new CaptionedDigits({ split: "train", seed: 3 }).pictures([107]), data.pictures([107]));
    assert.notDeepEqual(new CaptionedDigits({ split: "train", seed: 4 }).pictures([107]), data.pictures([107]));
    assert.notDeepEqual(new CaptionedDigits({ split: "heldOut", seed: 3 }).pictures([107]), data.pictures([107]));
    assert.ok(data.pictures([2 ** 32 - 1]).every((value) => value >= -1 && value <= 1));
  });

  test("one digit alone is in its colour, in its place, in its size, on its ground", () => {
    const single = new CaptionedDigits({ split: "heldOut", digits: [1, 1] });
    const starts = {
      small: [
        [0, 1],
        [11, 12],
        [21, 22],
      ],
      large: [
        [0, 0],
        [6, 7],
        [12, 12],
      ],
    } as const;
    for (const index of range(300)) {
      const {
        ground,
        digits: [one],
      } = single.composition(index);
      const picture = single.pictures([index]);
      const at = digitPlaces.indexOf(one.place);
      const [rows, columns] = [starts[one.size][Math.floor(at / 3)], starts[one.size][at % 3]];
      const side = one.size === "small" ? 10 : 20;
      let most = 0;
      for (const y of range(32))
        for (const x of range(32)) {
          const ink = inkAt(pixel(picture, y, x), groundColours[ground], digitColours[one.colour]);
          assert.ok(ink > -1e-6 && ink < 1 + 1e-6, `number ${index}: a pixel of another colour`);
          most = Math.max(most, ink);
          if (ink < 1e-3) continue;
          const inside = y >= rows[0] && y < rows[1] + side && x >= columns[0] && x < columns[1] + side;
          assert.ok(inside, `number ${index}: ink at ${y}, ${x} outside its box`);
        }
      assert.ok(most > 0.5, `number ${index}: the darkest ink is ${most}`);
    }
  });

  test("an empty picture is its ground", () => {
    const picture = data.paint([{ ground: "navy", digits: [] }]);
    for (const i of range(1024))
      assert.deepEqual(
        [...picture.subarray(3 * i, 3 * i + 3)],
        [10, 15, 90].map((byte) => Math.fround(byte / 127.5 - 1)),
      );
  });

  test("an augmented digit is another picture of the same composition", () => {
    const augmented = new CaptionedDigits({ split: "train", seed: 3, augment: true });
    assert.deepEqual(augmented.composition(9), data.composition(9));
    assert.notDeepEqual(augmented.pictures([9]), data.pictures([9]));
  });

  test("every colour is far from every ground, and brighter", () => {
    for (const colour of Object.values(digitColours)) {
      for (const ground of Object.values(groundColours)) {
        const distance = Math.hypot(...colour.map((byte, c) => byte - ground[c]));
        assert.ok(distance > 100, `${colour} on ${ground}: ${distance}`);
        assert.ok(Math.max(...colour) > 1.9 * Math.max(...ground), `${colour} on ${ground}`);
      }
    }
  });
});

test("what cannot be drawn is refused before anything is", () => {
  const refused = (options: object) => () =>
    new CaptionedDigits({ split: "train", ...options } as CaptionedDigitsOptions);
  assert.throws(refused({ split: "test" }), /split must be one of train, heldOut, got test/);
  assert.throws(refused({ seed: -1 }), /seed must be a whole number from 0/);
  assert.throws(refused({ digits: [2, 1] }), /0 ≤ fewest ≤ most ≤ 9, got \[2, 1\]/);
  assert.throws(refused({ digits: [1, 10] }), /got \[1, 10\]/);
  assert.throws(refused({ digits: 3 }), /got 3/);
  assert.throws(refused({ digits: [0, 3], pairs: "new colour and place" }), /let digits begin at 1/);
  assert.throws(refused({ pairs: "new" }), /pairs must be one of trained,/);
  assert.throws(refused({ language: "de" }), /language must be one of en, zh, both, got de/);
  assert.throws(refused({ augment: 1 }), /augment must be one of true, false, got 1/);
  assert.throws(() => data.pictures([-1]), /index must be a whole number from 0 to 4294967295, got -1/);
  assert.throws(() => data.captions([0.5]), /index must be/);

  const one = { digit: 1, colour: "red", place: "top", size: "large" } as const;
  const paint =
    (...digits: object[]) =>
    () =>
      data.paint([{ ground: "black", digits } as Composition]);
  assert.throws(paint(one, { ...one, digit: 2 }), /two digits are at "top", 1 and 2/);
  assert.throws(
    paint(one, { ...one, place: "centre" }),
    /large digits at "top" and "centre" would overlap: make one small/,
  );
  assert.throws(paint({ ...one, colour: "navy" }), /colour must be one of red, .*got navy/);
  assert.throws(paint({ ...one, place: "middle" }), /place must be one of top left, .*got middle/);
  assert.throws(paint({ ...one, size: 20 }), /size must be one of small, large, got 20/);
  assert.throws(() => data.paint([], [1]), /0 compositions need as many indices, got 1/);
});
