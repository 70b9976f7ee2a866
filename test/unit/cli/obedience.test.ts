/** The study of obedience: who draws what is asked reaches the ceiling, who draws anything else gets nothing. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { askedPairs, askedSet, type AskedSet } from "../../../src/cli/obedience/asked.js";
import { obedienceReport, obedienceSentence } from "../../../src/cli/obedience/report.js";
import { digestOf, fileStore } from "../../../src/cli/obedience/store.js";
import { costOf, studyObedience, type CellStore, type Studied } from "../../../src/cli/obedience/study.js";
import {
  type Composition,
  digitPlaces,
  heldOutColourPlaces,
  heldOutDigitColours,
  type PlacedDigit,
} from "../../../src/data/index.js";
import * as tf from "../../../src/runtime/tf.js";

const [n, seed] = [12, 5];
const SIZE = 32 * 32 * 3;
const options = { n, seed, scales: [1, 3], batchSize: 5 };
const memory = (): CellStore & { readonly names: string[] } => {
  const cells = new Map();
  return {
    names: [],
    get: (name) => cells.get(name),
    keep(name, cell) {
      cells.set(name, cell);
      this.names.push(name);
    },
  };
};

/** Every picture of the study by its caption, and every composition by its picture. */
const pairs = askedPairs(n / 2, seed);
const sets: AskedSet[] = [
  askedSet("trained", n, seed),
  askedSet("new digit and colour", n, seed),
  askedSet("new colour and place", n, seed),
  pairs.plain,
  pairs.swapped,
];
const pictureOf = new Map<string, Float32Array>();
const shownIn = new Map<string, Composition>();
const key = (values: ArrayLike<number>): string => Buffer.from(Float32Array.from(values).buffer).toString("base64");
for (const set of sets) {
  set.captions.forEach((caption, i) => {
    const picture = set.pictures(i, i + 1);
    pictureOf.set(caption, picture);
    shownIn.set(key(picture), set.compositions[i]);
  });
}

/** A judge without fault: it knows each picture. */
function read(pictures: tf.Tensor4D): Composition[] {
  const values = pictures.dataSync();
  return Array.from({ length: pictures.shape[0] }, (_, i) => {
    return shownIn.get(key(values.subarray(i * SIZE, (i + 1) * SIZE))) ?? { ground: "black", digits: [] };
  });
}

/** An oracle in the place of a model. */
function oracle(change: Partial<Studied> = {}): Studied & { readonly asked: { guidance: number; seed: number }[] } {
  const asked: { guidance: number; seed: number }[] = [];
  return {
    asked,
    draw: async (captions, { guidance, seed: first, onProgress }) => {
      asked.push({ guidance, seed: first });
      onProgress(1);
      const values = captions.flatMap((caption) => [...pictureOf.get(caption)!]);
      return tf.tensor4d(values, [captions.length, 32, 32, 3]);
    },
    reconstruct: (pictures) => tf.clone(pictures),
    read,
    ...change,
  };
}

/** Nothing of a digit is as it was, and none stands where one did. */
function otherwise({ ground, digits }: Composition): Composition {
  const free = digitPlaces.filter((place) => digits.every((one) => one.place !== place));
  const turned = digits.map((one, i): PlacedDigit => {
    return {
      digit: (one.digit + 1) % 10,
      colour: one.colour === "red" ? "blue" : "red",
      place: free[i],
      size: "small",
    };
  });
  return { ground: ground === "navy" ? "brown" : "navy", digits: turned };
}

describe("what is asked", () => {
  test("is half English, half Chinese, and never twice the same", () => {
    const { captions, languages, compositions } = sets[0];
    assert.deepEqual(languages.slice(0, 4), ["en", "zh", "en", "zh"]);
    captions.forEach((caption, i) => assert.equal(/[一-龥]/.test(caption), languages[i] === "zh", caption));
    assert.equal(new Set(compositions.map((one) => JSON.stringify(one))).size, n);
  });

  test("exchanges two colours, in the same words, without a pair that training never shows", () => {
    const colours = /red|orange|yellow|green|cyan|blue|purple|white/g;
    pairs.plain.captions.forEach((caption, i) => {
      const other = pairs.swapped.captions[i];
      assert.notEqual(caption, other);
      if (pairs.plain.languages[i] === "en") assert.equal(caption.replace(colours, "…"), other.replace(colours, "…"));
      const sorted = ({ digits }: Composition): string =>
        digits
          .map(({ colour }) => colour)
          .sort()
          .join();
      assert.equal(sorted(pairs.plain.compositions[i]), sorted(pairs.swapped.compositions[i]));
    });
    for (const { digits } of pairs.swapped.compositions.concat(pairs.plain.compositions)) {
      for (const one of digits) {
        assert.ok(!heldOutDigitColours.some(({ digit, colour }) => digit === one.digit && colour === one.colour));
        assert.ok(!heldOutColourPlaces.some(({ colour, place }) => colour === one.colour && place === one.place));
      }
    }
  });
});

describe("the study", () => {
  test("gives a model that draws the composition itself exactly the ceiling, in everything", async () => {
    const model = oracle();
    const found = await studyObedience(model, options, memory());
    for (const { drawn } of found.byGuidance) assert.deepEqual(drawn, found.real);
    assert.deepEqual(found.reconstructed, found.real);
    for (const set of [found.newDigitColour, found.newColourPlace, found.swapped]) {
      assert.deepEqual(set.drawn, set.real);
      assert.equal(set.real.all.whole.right, set.real.all.whole.of);
    }
    assert.deepEqual(found.swapped.drawn.binding, { right: n / 2, of: n / 2 });
    assert.deepEqual([found.real.byLanguage.en.whole.of, found.real.byLanguage.zh.whole.of], [n / 2, n / 2]);
    // Exchanged colours are drawn from the same noise, and nothing else is.
    const seeds = model.asked.slice(-4).map(({ seed: first }) => first);
    assert.deepEqual(seeds, [seed, seed + 5, seed, seed + 5]);
  });

  test("gives a judge that errs the same errors on real pictures and on those of a perfect model", async () => {
    const shortsighted = (pictures: tf.Tensor4D): Composition[] =>
      read(pictures).map((one) => ({ ...one, digits: one.digits.filter(({ digit }) => digit !== 3) }));
    const found = await studyObedience(oracle({ read: shortsighted }), options, memory());
    assert.ok(found.real.all.whole.right < n);
    for (const { drawn } of found.byGuidance) assert.deepEqual(drawn, found.real);
  });

  test("gives a model that draws another composition nothing", async () => {
    const wrong = oracle({
      draw: async (captions) => tf.zeros([captions.length, 32, 32, 3]),
      read: (pictures) => {
        const drawn = tf.max(pictures).dataSync()[0] === 0;
        return drawn
          ? Array.from({ length: pictures.shape[0] }, () => otherwise(sets[0].compositions[0]))
          : read(pictures);
      },
    });
    const one = { ...options, n: 4, scales: [1] };
    const found = await studyObedience(wrong, one, memory());
    const { bound, whole } = found.byGuidance[0].drawn.all;
    assert.equal(found.real.all.whole.right, 4);
    // Only the first caption is sure to be missed in each fact; of the others nothing can be whole by chance.
    assert.equal(whole.right, 0);
    assert.ok(bound.right <= 1);
    const empty = oracle({
      read: (pictures) => (tf.max(pictures).dataSync()[0] === 0 ? emptyOnes(pictures) : read(pictures)),
      draw: wrong.draw,
    });
    const none = await studyObedience(empty, one, memory());
    for (const cell of [
      none.byGuidance[0].drawn,
      none.newDigitColour.drawn,
      none.newColourPlace.drawn,
      none.swapped.drawn,
    ]) {
      for (const fact of ["bound", "place", "digit", "colour", "size", "whole"] as const)
        assert.equal(cell.all[fact].right, 0);
    }
    assert.equal(none.swapped.drawn.binding!.right, 0);
  });

  test("chooses the best scale, and draws the rest with it", async () => {
    const model = oracle();
    const draw: Studied["draw"] = (captions, asked) =>
      asked.guidance === 3 ? model.draw(captions, asked) : Promise.resolve(tf.zeros([captions.length, 32, 32, 3]));
    const found = await studyObedience({ ...model, draw }, { ...options, scales: [1, 3, 7] }, memory());
    assert.equal(found.best, 3);
    assert.equal(found.newDigitColour.drawn.all.whole.right, n);
  });

  test("goes on where it was stopped, and its progress ends at its cost", async () => {
    const store = memory();
    let drawn = 0;
    const stopped = oracle();
    const breaking: Studied = {
      ...stopped,
      draw: async (captions, asked) => {
        if (++drawn > 4) throw new Error("stopped");
        return stopped.draw(captions, asked);
      },
    };
    await assert.rejects(studyObedience(breaking, options, store), /stopped/);
    assert.deepEqual(store.names, ["captions, real", "captions, reconstructed", "captions, guidance 1"]);
    const rest = oracle();
    let last = 0;
    const found = await studyObedience(rest, options, store, (done) => {
      assert.equal(Math.max(done, last), done);
      last = done;
    });
    // Scale 1 was there; scale 3 is drawn, and the rest by the best, which is the first of equals.
    const batches = Math.ceil(n / options.batchSize);
    assert.deepEqual(
      rest.asked.slice(0, batches + 1).map(({ guidance }) => guidance),
      [...Array<number>(batches).fill(3), 1],
    );
    assert.deepEqual(found, await studyObedience(oracle(), options, memory()));
    assert.equal(last, costOf(options));
    assert.equal(costOf(options), n + 2 * n + 2 * (n + n + n));
  });

  test("leaves no tensor behind", async () => {
    const before = tf.memory().numTensors;
    await studyObedience(oracle(), options, memory());
    assert.equal(tf.memory().numTensors, before);
  });
});

const emptyOnes = ({ shape }: tf.Tensor4D): Composition[] =>
  Array.from({ length: shape[0] }, () => ({ ground: "black", digits: [] }));

describe("what is kept and said", () => {
  const folder = mkdtempSync(join(tmpdir(), "obedience-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test("cells come back from their file; a damaged one counts as none; other weights have another", async () => {
    const path = join(folder, "cells.json");
    const store = fileStore(path);
    const found = await studyObedience(oracle(), options, store);
    const again = fileStore(path);
    assert.equal(again.size, store.size);
    const untouched = oracle({ draw: () => Promise.reject(new Error("nothing is left to draw")) });
    assert.deepEqual(await studyObedience(untouched, options, again), found);
    writeFileSync(path, '{"captions, real": {"all": 3}}');
    assert.equal(fileStore(path).size, 0);

    writeFileSync(join(folder, "unet.safetensors"), "a");
    const first = digestOf([folder], { n });
    assert.equal(digestOf([folder], { n }), first);
    assert.notEqual(digestOf([folder], { n: n + 1 }), first);
    writeFileSync(join(folder, "evaluation.json"), "{}");
    assert.equal(digestOf([folder], { n }), first);
    writeFileSync(join(folder, "unet.safetensors"), "b");
    assert.notEqual(digestOf([folder], { n }), first);
  });

  test("the report has the ceiling beside every scale, both languages, and says that the world is closed", async () => {
    const found = await studyObedience(oracle(), options, memory());
    assert.match(obedienceSentence(found), /^A closed world: of the digits asked for at guidance 1, 100\.0 % \(/);
    const page = obedienceReport(found, { n, seed, by: "ddim, 20 steps" });
    assert.match(page, /^\|  \| real \| reconstructed \| guidance 1 \| guidance 3 \|$/m);
    assert.match(page, /^\|  \| English \| Chinese \|$/m);
    assert.match(page, /^\| colours swapped \| 100\.0 % \(61\.0–100\.0\) \|/m);
    assert.match(page, /12 captions of each set, of exchanged colours 6 pairs, drawn by ddim, 20 steps, seed 5/);
    assert.equal(page.match(/^\*\*/gm)?.length, 5);
  });
});
