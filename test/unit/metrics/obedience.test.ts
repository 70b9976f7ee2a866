/** Obedience counts each fact once, where it was asked for; swapped colours bind or do not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CaptionedDigits,
  colourBinding,
  type Composition,
  obedience,
  obedienceTable,
  type ObedienceRow,
  shareWithInterval,
  withColoursSwapped,
} from "../../../src/index.js";

const seven = { digit: 7, colour: "green", place: "top left", size: "large" } as const;
const three = { digit: 3, colour: "red", place: "bottom", size: "small" } as const;
const asked: Composition = { ground: "navy", digits: [seven, three] };

/** Shares of one picture, by fact. */
function found(read: Composition, wanted = asked): Record<string, string> {
  const { wholeByDigits, ...facts } = obedience([wanted], [read]);
  const shares = Object.entries(facts).map(([fact, { right, of }]) => [fact, `${right}/${of}`] as const);
  return Object.fromEntries([
    ...shares,
    ...Object.entries(wholeByDigits).map(([k, { right, of }]) => [k, `${right}/${of}`] as const),
  ]);
}

const all = {
  place: "2/2",
  digit: "2/2",
  colour: "2/2",
  size: "2/2",
  bound: "2/2",
  ground: "1/1",
  nothingExtra: "1/1",
  whole: "1/1",
  2: "1/1",
};
const broken = { whole: "0/1", 2: "0/1" };

test("what is shown as asked is right in everything, in whatever order it is read", () => {
  assert.deepEqual(found({ ground: "navy", digits: [three, seven] }), all);
});

test("each error counts where it is, and breaks the whole caption", () => {
  const shown = (first: object, ground = "navy"): Composition => {
    return { ground, digits: [{ ...seven, ...first }, three] } as Composition;
  };
  assert.deepEqual(found(shown({ digit: 1 })), { ...all, ...broken, digit: "1/2", bound: "1/2" });
  assert.deepEqual(found(shown({ colour: "blue" })), { ...all, ...broken, colour: "1/2", bound: "1/2" });
  assert.deepEqual(found(shown({ size: "small" })), { ...all, ...broken, size: "1/2" });
  assert.deepEqual(found(shown({}, "black")), { ...all, ...broken, ground: "0/1" });
  const extra = { ground: "navy", digits: [seven, three, { ...seven, place: "right" }] } as const;
  assert.deepEqual(found(extra), { ...all, ...broken, nothingExtra: "0/1" });
});

test("a digit that is missing is wrong in each of its facts; one that stands elsewhere is extra as well", () => {
  const half = { place: "1/2", digit: "1/2", colour: "1/2", size: "1/2", bound: "1/2" };
  assert.deepEqual(found({ ground: "navy", digits: [three] }), { ...all, ...broken, ...half });
  const moved = { ground: "navy", digits: [{ ...seven, place: "top" }, three] } as const;
  assert.deepEqual(found(moved), { ...all, ...broken, ...half, nothingExtra: "0/1" });
});

test("captions are counted by how many digits they ask for", () => {
  const data = new CaptionedDigits({ split: "heldOut" });
  const some = data.compositions(Array.from({ length: 60 }, (_, i) => i));
  // One in three is read with its ground wrong.
  const read = some.map((one, i) =>
    i % 3 > 0 ? one : ({ ...one, ground: one.ground === "navy" ? "black" : "navy" } as const),
  );
  const { wholeByDigits, whole, bound } = obedience(some, read);
  assert.deepEqual(Object.keys(wholeByDigits), ["1", "2", "3"]);
  for (const [key, { right, of }] of Object.entries(wholeByDigits)) {
    const k = Number(key);
    assert.equal(of, some.filter(({ digits }) => digits.length === k).length);
    assert.equal(right, some.filter(({ digits }, i) => digits.length === k && i % 3 > 0).length);
  }
  assert.deepEqual(whole, { right: 40, of: 60 });
  assert.equal(bound.right, bound.of);
});

test("swapped colours change nothing else, and bind where both pictures have them right", () => {
  const swapped = withColoursSwapped(asked)!;
  assert.deepEqual(swapped, {
    ground: "navy",
    digits: [
      { ...seven, colour: "red" },
      { ...three, colour: "green" },
    ],
  });
  assert.equal(withColoursSwapped({ ground: "navy", digits: [seven] }), undefined);
  assert.equal(withColoursSwapped({ ground: "navy", digits: [seven, { ...three, colour: "green" }] }), undefined);
  const third = { ...three, place: "right", colour: "green" } as const;
  const [a, b, c] = withColoursSwapped({ ground: "navy", digits: [third, seven, three] })!.digits;
  assert.deepEqual([a.colour, b.colour, c.colour], ["red", "green", "green"]);

  // A model that gives the first digit the first colour whatever is asked binds nothing.
  assert.deepEqual(colourBinding([asked], [asked], [swapped], [asked]), { right: 0, of: 1 });
  assert.deepEqual(colourBinding([asked, asked], [asked, swapped], [swapped, swapped], [swapped, swapped]), {
    right: 1,
    of: 2,
  });
});

test("the table has a column a set of pictures, with Wilson's intervals", () => {
  assert.equal(shareWithInterval({ right: 0, of: 10 }), "0.0 % (0.0–27.8)");
  assert.equal(shareWithInterval({ right: 90, of: 100 }), "90.0 % (82.6–94.5)");
  assert.equal(shareWithInterval(undefined), "–");
  const rows: ObedienceRow[] = [
    { pictures: "real", found: obedience([asked], [asked]) },
    { pictures: "drawn", found: obedience([asked], [{ ground: "navy", digits: [] }]), binding: { right: 1, of: 2 } },
  ];
  const markdown = obedienceTable(rows).split("\n");
  assert.equal(markdown[0], "|  | real | drawn |");
  assert.ok(markdown.includes("| whole, 2 digits | 100.0 % (20.7–100.0) | 0.0 % (0.0–79.3) |"), markdown.join("\n"));
  assert.ok(markdown.includes("| colours swapped | – | 50.0 % (9.5–90.5) |"));
  assert.match(obedienceTable(rows, "text"), /^whole, 2 digits +100\.0 % \(20\.7–100\.0\) +0\.0 %/m);
});

test("what cannot be compared is refused", () => {
  assert.throws(() => obedience([], []), /0 compositions asked for and 0 read: give one or more/);
  assert.throws(() => obedience([asked], []), /1 compositions asked for and 0 read/);
  assert.throws(
    () => obedience([{ ...asked, ground: "red" } as unknown as Composition], [asked]),
    /ground must be one of/,
  );
  assert.throws(() => colourBinding([asked], [asked], [asked, asked], [asked, asked]), /1 compositions need as many/);
  assert.throws(() => obedienceTable([]), /needs a row/);
});
