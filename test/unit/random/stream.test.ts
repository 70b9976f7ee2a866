/** Random streams are Philox's published words, the same in every version, and uncorrelated. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { RandomStream, philox4x32, type RandomState } from "../../../src/random/index.js";
import { hashPurpose } from "../../../src/random/philox.js";
import { correlation, kolmogorov, normalCdf } from "./statistics.js";

/** Random123's kat_vectors, philox4x32 with 10 rounds. */
const KNOWN_ANSWERS: readonly { counter: number[]; key: number[]; words: number[] }[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

/** The first draws of (7, "noise", 3): every seeded figure of the course depends on them. */
const GOLDEN = [375, 382, 0.3375391397535331, -0.450881313174611];

const anySeed = fc.maxSafeNat();
const anyIndex = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe("Philox4x32-10", () => {
  test("gives Random123's published words", () => {
    for (const { counter, key, words } of KNOWN_ANSWERS) {
      assert.deepEqual([...philox4x32(counter, key)], words);
    }
  });

  test("agrees with the round written out in big integers", () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const mask = 0xffffffffn;
    fc.assert(
      fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), word, word, (counter, key0, key1) => {
        let [c0, c1, c2, c3] = counter.map(BigInt);
        let k0 = BigInt(key0);
        let k1 = BigInt(key1);
        for (let round = 0; round < 10; round++) {
          const p0 = 0xd2511f53n * c0;
          const p1 = 0xcd9e8d57n * c2;
          [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
          k0 = (k0 + 0x9e3779b9n) & mask;
          k1 = (k1 + 0xbb67ae85n) & mask;
        }
        assert.deepEqual([...philox4x32(counter, [key0, key1])], [c0, c1, c2, c3].map(Number));
      }),
    );
  });

  test("refuses a counter or key of another length", () => {
    assert.throws(() => philox4x32([0, 0, 0], [0, 0]), /counter of 4 words/);
    assert.throws(() => philox4x32([0, 0, 0, 0], [0]), RangeError);
  });
});

describe("the layout of streams", () => {
  test("key is the seed, counter is block, index and purpose", () => {
    const seed = 0x12345 * 2 ** 32 + 0x9abcdef0;
    const [tag0, tag1] = hashPurpose("noise");
    const stream = new RandomStream(seed, "noise", 0xfedcba98);
    const words = [0, 1].flatMap((block) => [...philox4x32([block, 0xfedcba98, tag0, tag1], [0x9abcdef0, 0x12345])]);
    const drawn = words.map(() => stream.integer(0, 2 ** 32));
    assert.deepEqual(drawn, words);
  });

  test("keeps its numbers from one version to the next", () => {
    const stream = new RandomStream(7, "noise", 3);
    assert.deepEqual([stream.integer(0, 1000), stream.integer(0, 1000), stream.uniform(), stream.normal()], GOLDEN);
  });

  test("purposes hash apart", () => {
    const seen = new Set<string>();
    const purposes = ["", "\0", "\0\0", "a", "a\0", "0123456789abcdef", "0123456789abcdef\0", "é", "e\u0301"];
    for (let i = 0; i < 20000; i++) purposes.push(`purpose ${i}`);
    for (const purpose of purposes) seen.add(hashPurpose(purpose).join());
    assert.equal(seen.size, purposes.length);
  });

  test("streams that differ in seed, purpose or index are uncorrelated", () => {
    const n = 20000;
    const reference = new RandomStream(7, "noise", 0).normals(n);
    const others = [
      new RandomStream(8, "noise", 0),
      new RandomStream(7 + 2 ** 32, "noise", 0),
      new RandomStream(7, "noise", 1),
      new RandomStream(7, "noisf", 0),
      new RandomStream(7, "", 0),
      new RandomStream(7, "noise", 0).split(""),
      new RandomStream(7, "noise", 0).split("noise"),
    ];
    for (const other of others) {
      // 4.4 standard errors
      assert.ok(Math.abs(correlation(reference, other.normals(n))) < 4.4 / Math.sqrt(n));
    }
  });

  test("first draws across indices are uniform and normal", () => {
    const n = 20000;
    const uniforms = Array.from({ length: n }, (_, i) => new RandomStream(1, "x", i).uniform());
    const normals = Array.from({ length: n }, (_, i) => new RandomStream(1, "x", i).normal());
    assert.ok(kolmogorov(uniforms, (u) => u) < 1.95);
    assert.ok(kolmogorov(normals, normalCdf) < 1.95);
  });

  test("split depends on names alone, not on what was drawn", () => {
    const fresh = new RandomStream(3, "training").split("shuffle", 5);
    const parent = new RandomStream(3, "training");
    parent.normals(101);
    const late = parent.split("shuffle", 5);
    assert.deepEqual(late.normals(10), fresh.normals(10));
  });

  test("children of streams that differ in their index alone differ", () => {
    const child = (index: number): number => new RandomStream(3, "training", index).split("shuffle").uniform();
    assert.notEqual(child(0), child(1));
  });

  test("different chains of splits never spell the same purpose", () => {
    const name = fc.string({ maxLength: 4, unit: fc.constantFrom("a", "/", ":", "0", "1") });
    const chain = fc.array(fc.tuple(name, fc.integer({ min: 0, max: 11 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(name, chain, chain, (root, one, other) => {
        const end = (links: [string, number][]): RandomStream =>
          links.reduce((stream, [purpose, index]) => stream.split(purpose, index), new RandomStream(0, root));
        const same = JSON.stringify(one) === JSON.stringify(other);
        const a = end(one);
        const b = end(other);
        assert.equal(a.purpose === b.purpose && a.index === b.index, same);
      }),
    );
  });
});

type Draw = (stream: RandomStream) => number[];
const anyDraw: fc.Arbitrary<Draw> = fc.oneof(
  fc.constant<Draw>((s) => [s.uniform()]),
  fc.constant<Draw>((s) => [s.normal()]),
  fc.constant<Draw>((s) => [s.integer(0, 7)]),
  fc.nat(9).map<Draw>((n) => (s) => [...s.normals(n)]),
  fc.nat(9).map<Draw>((n) => (s) => [...s.uniforms(n)]),
  fc.nat(9).map<Draw>((n) => (s) => [...s.permutation(n)]),
);

describe("bulk and state", () => {
  test("bulk draws equal draws one by one, after anything", () => {
    fc.assert(
      fc.property(anySeed, anyIndex, fc.array(anyDraw, { maxLength: 5 }), fc.nat(20), (seed, index, before, n) => {
        const bulk = new RandomStream(seed, "b", index);
        const single = new RandomStream(seed, "b", index);
        for (const draw of before) assert.deepEqual(draw(bulk), draw(single));
        const one = <T>(draw: () => T): T[] => Array.from({ length: n }, draw);
        assert.deepEqual(
          [...bulk.normals(n)],
          one(() => Math.fround(single.normal())),
        );
        assert.deepEqual(
          [...bulk.uniforms(n)],
          one(() => Math.floor(single.uniform() * 2 ** 24) / 2 ** 24),
        );
        assert.deepEqual(
          [...bulk.integers(n, -5, 12)],
          one(() => single.integer(-5, 12)),
        );
        assert.deepEqual(bulk.save(), single.save());
      }),
    );
  });

  test("a stream saved anywhere and restored through JSON goes on exactly", () => {
    fc.assert(
      fc.property(
        anySeed,
        fc.string(),
        anyIndex,
        fc.array(anyDraw, { maxLength: 6 }),
        fc.array(anyDraw, { minLength: 1, maxLength: 6 }),
        (seed, purpose, index, before, after) => {
          const stream = new RandomStream(seed, purpose, index);
          for (const draw of before) draw(stream);
          const state = JSON.parse(JSON.stringify(stream.save())) as RandomState;
          const restored = RandomStream.restore(state);
          for (const draw of after) assert.deepEqual(draw(restored), draw(stream));
          assert.deepEqual(restored.save(), stream.save());
        },
      ),
    );
  });

  test("the buffered second normal is part of the state", () => {
    const stream = new RandomStream(1);
    stream.normal();
    const state = stream.save();
    assert.notEqual(state.pendingNormal, null);
    assert.equal(state.position, 2);
    assert.equal(RandomStream.restore(state).normal(), stream.normal());
  });

  test("a stream ends with a clear error, not with a repeat", () => {
    const last: RandomState = {
      algorithm: "philox4x32-10",
      seed: 1,
      purpose: "end",
      index: 0,
      position: 2 ** 34 - 1,
      pendingNormal: null,
    };
    const stream = RandomStream.restore(last);
    stream.integer(0, 2 ** 32);
    assert.equal(stream.save().position, 2 ** 34);
    assert.throws(() => stream.uniform(), /all its 2\^34 words/);
    assert.throws(() => RandomStream.restore(stream.save()).uniform(), RangeError);
  });
});

describe("what is refused", () => {
  const stream = new RandomStream(0);
  test("seeds and indices", () => {
    for (const seed of [-1, 0.5, NaN, Infinity, 2 ** 53, "7" as unknown as number]) {
      assert.throws(() => new RandomStream(seed), /seed must be a whole number from 0 to/, String(seed));
    }
    for (const index of [-1, 1.5, 2 ** 32, NaN]) assert.throws(() => new RandomStream(0, "x", index), /index must be/);
    assert.throws(() => new RandomStream(0, 5 as unknown as string), TypeError);
  });

  test("counts", () => {
    for (const n of [-1, 2.5, NaN]) {
      assert.throws(() => stream.normals(n), RangeError);
      assert.throws(() => stream.uniforms(n), RangeError);
      assert.throws(() => stream.integers(n, 0, 2), RangeError);
      assert.throws(() => stream.permutation(n), RangeError);
    }
  });

  test("empty and too wide ranges", () => {
    assert.throws(() => stream.integer(3, 3), /low < high/);
    assert.throws(() => stream.integer(4, 3), RangeError);
    assert.throws(() => stream.integer(0, 2 ** 32 + 1), RangeError);
    assert.throws(() => stream.integer(0.5, 3), /low must be a whole number/);
    assert.throws(() => stream.integers(1, 0, 2 ** 31 + 1), RangeError);
  });

  test("states that no stream saved", () => {
    const good = stream.save();
    const bad: unknown[] = [
      null,
      {},
      "x",
      { ...good, algorithm: "mt19937" },
      { ...good, position: -1 },
      { ...good, position: 2 ** 34 + 1 },
      { ...good, position: 0.5 },
      { ...good, seed: -1 },
      { ...good, purpose: 3 },
      { ...good, pendingNormal: "1" },
      { ...good, pendingNormal: 100 },
      { ...good, pendingNormal: NaN },
    ];
    for (const state of bad)
      assert.throws(() => RandomStream.restore(state as RandomState), Error, JSON.stringify(state));
  });
});
