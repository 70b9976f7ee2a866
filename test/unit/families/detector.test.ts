/** The detector's loss is the cross-entropy of the facts, its readings are its likeliest facts, its folder opens to the same. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  CaptionedDigits,
  type Composition,
  DetectionTask,
  digitColours,
  DigitDetector,
  digitPlaces,
  digitSizes,
  groundColours,
  loadClassifier,
  loadDetector,
  readCompositions,
  saveDetector,
  tf,
} from "../../../src/index.js";
import { factTensors } from "../../../src/families/detector/task.js";

const folder = mkdtempSync(join(tmpdir(), "detector-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const small = { channels: [8, 8, 8], features: 8 } as const;
const data = new CaptionedDigits({ split: "heldOut", digits: [0, 9] });
const indices = Array.from({ length: 12 }, (_, i) => i);
const inOrder = ({ ground, digits }: Composition): Composition => ({
  ground,
  digits: digits.toSorted((a, b) => digitPlaces.indexOf(a.place) - digitPlaces.indexOf(b.place)),
});

test("a batch is a pure function of its step; its loss is the cross-entropy of every fact, counted by hand", () => {
  const detector = new DigitDetector(small, { seed: 3 });
  const task = new DetectionTask({ detector, data: [data], batchSize: 4 });
  const batch = task.batch(2);
  const numbers = [8, 9, 10, 11];
  assert.deepEqual(batch.pictures.dataSync(), data.pictures(numbers));

  const logits = tf.tidy(() => {
    const { digit, colour, size, ground } = detector.logits(batch.pictures);
    const rows = (one: tf.Tensor): number[] => [...tf.logSoftmax(one).dataSync()];
    return { digit: rows(digit), colour: rows(colour), size: rows(size), ground: rows(ground) };
  });
  let [ofDigits, ofGrounds, digits] = [0, 0, 0];
  data.compositions(numbers).forEach((composition, i) => {
    ofGrounds -= logits.ground[4 * i + Object.keys(groundColours).indexOf(composition.ground)];
    digitPlaces.forEach((place, k) => {
      const found = composition.digits.find((one) => one.place === place);
      ofDigits -= logits.digit[11 * (9 * i + k) + (found ? found.digit + 1 : 0)];
      if (!found) return;
      digits += 1;
      ofDigits -= logits.colour[8 * (9 * i + k) + Object.keys(digitColours).indexOf(found.colour)];
      ofDigits -= logits.size[2 * (9 * i + k) + digitSizes.indexOf(found.size)];
    });
  });
  const before = tf.memory().numTensors;
  const loss = tf.tidy(() => task.loss(batch).dataSync()[0]);
  assert.equal(tf.memory().numTensors, before);
  assert.ok(Math.abs(loss - (ofDigits / digits + ofGrounds / 4)) < 1e-5 * loss, `${loss}`);
  tf.dispose(batch);
  detector.dispose();
});

test("what is likeliest is read, and only where a digit is likelier than none", () => {
  const compositions = data.compositions(indices);
  const certain = { logits: () => factTensors(compositions) } as unknown as DigitDetector;
  const pictures = tf.zeros([indices.length, 32, 32, 3]) as tf.Tensor4D;
  assert.deepEqual(readCompositions(certain, pictures), compositions.map(inOrder));
  pictures.dispose();
});

test("a folder opens to the same detector, and says what it is to what opens others", () => {
  const detector = new DigitDetector(small, { seed: 4 });
  const place = join(folder, "saved");
  saveDetector(place, { detector, heldOutDigits: 0.5 });
  const opened = loadDetector(place);
  assert.deepEqual(opened.parameters.toFlat(), detector.parameters.toFlat());
  assert.deepEqual(opened.config, detector.config);
  assert.equal(
    (JSON.parse(readFileSync(join(place, "training.json"), "utf8")) as { heldOutDigits: number }).heldOutDigits,
    0.5,
  );
  assert.throws(() => loadClassifier(place), /of class "DigitDetector", a classifier of "Classifier"/);
  assert.throws(() => loadDetector("assets/mnist-classifier"), /of class "Classifier", a detector of "DigitDetector"/);
  assert.throws(() => loadDetector(join(folder, "none")), /none/);
  assert.ok(!existsSync(join(folder, "none")));
  tf.dispose([detector, opened].map((one) => one.parameters.variables));
});

test("what cannot be trained is refused", () => {
  const detector = new DigitDetector(small);
  assert.throws(() => new DetectionTask({ detector, data: [] }), /at least one CaptionedDigits, got an array of 0/);
  assert.throws(
    () => new DetectionTask({ detector, data: [data], batchSize: 0 }),
    /batchSize must be a whole number ≥ 1/,
  );
  assert.throws(() => new DetectionTask({ detector: {} as DigitDetector, data: [data] }), /must be a DigitDetector/);
  detector.dispose();
});
