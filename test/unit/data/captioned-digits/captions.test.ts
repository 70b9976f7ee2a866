/** Captions state the facts of their composition, all of them, once, and nothing else. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  CaptionedDigits,
  type CaptionLanguage,
  captionOf,
  type Composition,
  digitPlaces,
  RandomStream,
} from "../../../../src/index.js";
import { readCaption, readings } from "./read-caption.js";

const inOrder = ({ ground, digits }: Composition): Composition => ({
  ground,
  digits: digits.toSorted((a, b) => digitPlaces.indexOf(a.place) - digitPlaces.indexOf(b.place)),
});

const indices = Array.from({ length: 1500 }, (_, i) => i);

for (const language of ["en", "zh"] as const) {
  describe(`captions in ${language}`, () => {
    const data = new CaptionedDigits({ split: "train", seed: 5, language });

    test("each has one reading, and it is the composition", () => {
      const captions = data.captions(indices);
      captions.forEach((text, i) => assert.deepEqual(inOrder(readCaption(text)), inOrder(data.composition(i)), text));
    });

    test("crowded pictures too", () => {
      const crowded = new CaptionedDigits({ split: "train", digits: [9, 9], language });
      const [text] = crowded.captions([3]);
      assert.deepEqual(inOrder(readCaption(text)), inOrder(crowded.composition(3)));
    });

    test("another wording says the same in other words", () => {
      const wordings = Array.from({ length: 200 }, (_, wording) => data.captions([4], wording)[0]);
      assert.ok(new Set(wordings).size > 150, `${new Set(wordings).size} of 200 wordings differ`);
      const facts = inOrder(data.composition(4));
      for (const text of wordings) assert.deepEqual(inOrder(readCaption(text)), facts, text);
    });
  });
}

test("known wordings are among those drawn", () => {
  const seven: Composition = {
    ground: "navy",
    digits: [{ digit: 7, colour: "green", place: "top left", size: "large" }],
  };
  const of = (language: CaptionLanguage): string[] =>
    Array.from({ length: 500 }, (_, i) => captionOf(seven, new RandomStream(0, "wording", i), language));
  assert.ok(of("en").includes("a large green 7 at the top left on a navy background"));
  assert.ok(of("en").includes("on a navy background, in the upper left corner a big green number seven"));
  assert.ok(of("zh").includes("深蓝色背景上，左上角有一个大的绿色7"));
  assert.ok(of("zh").includes("左上方是绿色的大号数字七，背景是深蓝色"));
});

test("digits are named in every order, and each language gets half of the captions", () => {
  const data = new CaptionedDigits({ split: "train", digits: [3, 3] });
  const orders = Array.from({ length: 100 }, (_, wording) =>
    readCaption(data.captions([0], wording)[0])
      .digits.map(({ place }) => place)
      .join(),
  );
  assert.equal(new Set(orders).size, 6);
  const english = data.captions(indices).filter((text) => /^[\x20-\x7e]+$/.test(text)).length;
  assert.ok(Math.abs(english - 750) < 80, `${english} of 1500 are English`);
});

test("wordings that leave a fact open, or say one twice, have no single reading", () => {
  const refused = [
    // A place that could be either digit's, or both's.
    "a large red 3 and a small blue 5 at the top on a navy background",
    "a large red 3 at the top a small blue 5 at the left on a navy background",
    // No size, no colour, no ground, no place.
    "a red 3 at the top on a navy background",
    "a large 3 at the top on a navy background",
    "a large red 3 at the top",
    "a large red 3 on a navy background",
    // Two places, two grounds, a colour for two.
    "at the top a large red 3 at the bottom on a navy background",
    "on a navy background, a large red 3 at the top on a brown background",
    "a large red 3 and 5 at the top on a navy background",
    // A pronoun, an unknown word, a ground in a digit's colour.
    "a large red one at the top on a navy background",
    "a large crimson 3 at the top on a navy background",
    "a large red 3 at the top on a red background",
    "左上角有一个红色的3，背景是黑色",
    "左上角有一个大的红色3",
    "一个大的红色3，一个小的蓝色5在左上角，背景是黑色",
    "左上角有一个大的红色一个，背景是黑色",
    "",
  ];
  for (const text of refused) {
    assert.equal(readings(text).length, 0, text);
    assert.throws(() => readCaption(text), /0 readings/);
  }
});

test("what cannot be said is refused", () => {
  const stream = new RandomStream(0);
  const one = { digit: 7, colour: "green", place: "top left", size: "large" } as const;
  const say = (composition: unknown, language: unknown = "en") => {
    return () => captionOf(composition as Composition, stream, language as CaptionLanguage);
  };
  assert.throws(say({ ground: "navy", digits: [] }), /names at least one digit.*add one/);
  assert.throws(say({ ground: "navy", digits: [one] }, "fr"), /language must be one of en, zh, got fr/);
  assert.throws(say({ ground: "green", digits: [one] }), /ground must be one of black, grey, navy, brown, got green/);
  assert.throws(say({ ground: "navy", digits: [{ ...one, digit: 10 }] }), /whole number 0 … 9, got 10/);
  assert.throws(say({ ground: "navy", digits: [{ ...one, hue: 1 }] }), /unknown option "hue"/);
});
