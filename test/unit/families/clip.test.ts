/** CLIP trained on coloured shapes: retrieval far above chance, the folder, the loss and its scale, and what is refused. */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  ClipModel,
  clipPixels,
  ClipTask,
  loadClip,
  openAiSpread,
  plainSpread,
  RandomStream,
  retrieval,
  saveClip,
  Trainer,
  trainTokenizer,
} from "../../../src/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { assertGraphEqualsEager } from "../training/graph-equals-eager.js";

const home = mkdtempSync(join(tmpdir(), "clip-"));
after(() => rmSync(home, { recursive: true }));

const SIDE = 8;
const LENGTH = 8;
const colours: Record<string, number[]> = { red: [1, -1, -1], green: [-1, 1, -1], blue: [-1, -1, 1], white: [1, 1, 1] };
const places = ["top left", "top right", "bottom left", "bottom right"];
const kinds = ["square", "bar"];
const captions = Object.keys(colours).flatMap((colour) =>
  places.flatMap((place) => kinds.map((kind) => `a ${colour} ${kind}, ${place}`)),
);
const tokenizer = trainTokenizer(captions, { size: 600, length: LENGTH });

/** Pictures of the captions, each with noise of its own. */
function draw(stream: RandomStream): Float32Array {
  const images = new Float32Array(captions.length * SIDE * SIDE * 3);
  captions.forEach((caption, i) => {
    const [, colour, kind, place] = /a (\w+) (\w+), (.*)/.exec(caption)!;
    const [top, left] = [place.startsWith("bottom") ? 4 : 0, place.endsWith("right") ? 4 : 0];
    for (let at = 0; at < SIDE * SIDE; at++) {
      const [y, x] = [Math.floor(at / SIDE) - top, (at % SIDE) - left];
      const inside = y >= 1 && y < (kind === "bar" ? 2 : 4) && x >= 0 && x < 4;
      const pixel = inside ? colours[colour] : [-1, -1, -1];
      images.set(
        pixel.map((value) => value + 0.2 * stream.normal()),
        (i * SIDE * SIDE + at) * 3,
      );
    }
  });
  return images;
}

const tower = { hidden_size: 32, intermediate_size: 64, num_attention_heads: 2, num_hidden_layers: 1 };
const small = (more: object = {}): ClipModel =>
  new ClipModel(
    {
      text_config: {
        ...tower,
        vocab_size: tokenizer.size,
        max_position_embeddings: LENGTH,
        eos_token_id: tokenizer.end,
      },
      vision_config: { ...tower, image_size: SIDE, patch_size: 4 },
      projection_dim: 16,
      ...more,
    },
    { seed: 1 },
  );

const { ids } = tokenizer.encode(captions);
const images = draw(new RandomStream(1, "train"));
const heldOut = { images: draw(new RandomStream(2, "held out")), tokens: ids };
const taskOf = (clip: ClipModel, batchSize = 16) => new ClipTask({ clip, images, tokens: ids, batchSize, seed: 3 });

test("a small CLIP learns 32 captions: of new pictures nine in ten are found, both ways; by chance it were one", async () => {
  const clip = small();
  const untrained = await retrieval(clip, heldOut);
  assert.equal(untrained.pairs, 32);
  assert.equal(untrained.chance, 1 / 32);
  assert.ok(untrained.textOfImage <= 0.2 && untrained.imageOfText <= 0.2, JSON.stringify(untrained));
  const trainer = new Trainer(taskOf(clip, 32), { learningRate: 3e-3, averageDecay: 0.9 });
  await trainer.run(220);
  assert.ok(Math.abs(trainer.losses[0] - Math.log(32)) < 1, `the first loss is ${trainer.losses[0]}, not near ln 32`);
  const found = await trainer.withAverage(() => retrieval(clip, heldOut, { batchSize: 10 }));
  assert.ok(found.textOfImage >= 0.9 && found.imageOfText >= 0.9, JSON.stringify(found));

  // The folder gives the same answers, in float16 too.
  const folder = join(home, "shapes");
  saveClip(folder, { clip, tokenizer, spread: plainSpread(3) });
  const opened = loadClip(folder);
  assert.deepEqual(opened.clip.parameters.toFlat(), clip.parameters.toFlat());
  assert.deepEqual(opened.tokenizer.vocabulary, tokenizer.vocabulary);
  assert.deepEqual(opened.spread, plainSpread(3));
  assert.deepEqual(await retrieval(opened.clip, heldOut), await retrieval(clip, heldOut));
  saveClip(folder, { clip, tokenizer, spread: openAiSpread }, { format: "F16" });
  assert.deepEqual(loadClip(folder).spread, openAiSpread);
  assert.deepEqual(readdirSync(folder).sort(), [
    ...["config.json", "merges.txt", "model.safetensors", "preprocessor_config.json"],
    ...["tokenizer.json", "tokenizer_config.json", "vocab.json"],
  ]);
  trainer.dispose();
});

test("the step as a graph is the step operation by operation", async () => {
  await assertGraphEqualsEager(() => taskOf(small(), 6));
});

test("a batch is a function of its step, and takes one of an image's captions", () => {
  const clip = small();
  const both = Int32Array.from([...captions.keys()].flatMap((i) => [...row(i), ...row((i + 1) % captions.length)]));
  const task = new ClipTask({ clip, images, tokens: both, captions: 2, batchSize: 8, seed: 1 });
  const [a, again, other] = [task.batch(5), task.batch(5), task.batch(6)];
  assert.deepEqual(a.tokens.dataSync(), again.tokens.dataSync());
  assert.deepEqual(a.images.dataSync(), again.images.dataSync());
  assert.notDeepEqual(a.tokens.dataSync(), other.tokens.dataSync());
  const taken = new Set<number>();
  for (let step = 1; step <= 4; step++) {
    const { images: seen, tokens } = task.batch(step);
    const [pixels, texts] = [seen.dataSync(), tokens.dataSync()];
    for (let i = 0; i < 8; i++) {
      const size = SIDE * SIDE * 3;
      const image = captions.findIndex((_, k) => images[k * size] === pixels[i * size]);
      const text = [0, 1].find(
        (k) => row((image + k) % captions.length).join() === texts.slice(i * LENGTH, (i + 1) * LENGTH).join(),
      );
      assert.ok(text !== undefined, "the caption of another image");
      taken.add(text);
    }
  }
  assert.equal(taken.size, 2);
  tf.dispose([a, again, other]);
});

test("beyond ln 100 the scale counts as 100, and is pushed back", () => {
  const scaled = (logit_scale_init_value: number) => {
    const clip = small({ logit_scale_init_value });
    const task = taskOf(clip);
    const batch = task.batch(1);
    const { variable } = clip.parameters.get("logit_scale");
    const { value, grads } = tf.variableGrads(() => task.phases[0].loss(batch).loss, [variable]);
    const { metrics } = task.phases[0].loss(batch);
    return {
      loss: value.dataSync()[0],
      slope: grads[variable.name].dataSync()[0],
      scale: metrics!.scale.dataSync()[0],
    };
  };
  const [at, beyond] = [scaled(Math.log(100) - 1e-5), scaled(Math.log(100) + 0.5)];
  assert.ok(Math.abs(beyond.loss - 0.5 - at.loss) < 1e-2);
  assert.ok(Math.abs(beyond.slope - 1) < 1e-3);
  assert.ok(Math.abs(at.scale - 100) < 0.01 && Math.abs(beyond.scale - 100) < 0.01);
});

test("images of one text are all right for it, and chance says so", async () => {
  const clip = small();
  const tokens = Int32Array.from([...row(0), ...row(0), ...row(1), ...row(1)]);
  const found = await retrieval(clip, { images: images.slice(0, 4 * SIDE * SIDE * 3), tokens });
  assert.equal(found.chance, 0.5);
  await assert.rejects(retrieval(clip, { images, tokens }), /are not as many texts of 8 as images of \[8,8,3\]/);
  const stopped = AbortSignal.abort(new Error("stopped"));
  await assert.rejects(retrieval(clip, heldOut, { signal: stopped }), /stopped/);
  const before = tf.memory().numTensors;
  await retrieval(clip, heldOut, { batchSize: 7 });
  assert.equal(tf.memory().numTensors, before);
});

test("pixels of mean and deviation, channel by channel", () => {
  const x = tf.tensor4d([-1, 0, 1], [1, 1, 1, 3]);
  const expected = [0, 0.5, 1].map((value, i) => (value - openAiSpread.mean[i]) / openAiSpread.deviation[i]);
  clipPixels(x)
    .dataSync()
    .forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-6));
  assert.deepEqual([...clipPixels(x, plainSpread(3)).dataSync()], [-1, 0, 1]);
  assert.throws(() => clipPixels(tf.zeros([1, 2, 2, 1])), /mean must be 1 numbers, one a channel/);
  assert.throws(() => clipPixels(x, { mean: [0, 0, 0], deviation: [1, 0, 1] }), /deviation must be positive/);
});

test("pairs and folders that do not fit are refused", () => {
  const clip = small();
  const pairs = { clip, images, tokens: ids };
  assert.throws(() => new ClipTask({ ...pairs, clip: {} as never }), /clip must be a ClipModel/);
  assert.throws(() => new ClipTask({ ...pairs, tokens: [...ids] as never }), /tokens must be an Int32Array/);
  assert.throws(() => new ClipTask({ ...pairs, captions: 2 }), /do not come out of/);
  assert.throws(() => new ClipTask({ ...pairs, batchSize: 1 }), /batchSize must be a whole number from 2/);
  assert.throws(() => new ClipTask({ ...pairs, tokens: ids.map(() => 9999) }), /token 9999 is none of the/);
  assert.throws(() => new ClipTask({ ...pairs, images: images.map(() => NaN) }), /holds NaN/);
  assert.throws(() => new ClipTask({ ...pairs, batchSize: images.length }), /examples, fewer than a batch of/);
  const larger = tokenizer.withTokens(["<toy>"]);
  const spread = plainSpread(3);
  assert.throws(
    () => saveClip(join(home, "none"), { clip, tokenizer: larger, spread }),
    /the text model .*: take those/,
  );
  assert.throws(
    () => saveClip(join(home, "none"), { clip, tokenizer, spread: plainSpread(1) }),
    /mean must be 3 numbers/,
  );
  assert.deepEqual(readdirSync(home).includes("none"), false);
  const folder = join(home, "damaged");
  saveClip(folder, { clip, tokenizer, spread });
  const path = join(folder, "preprocessor_config.json");
  const keys = JSON.parse(readFileSync(path, "utf8")) as object;
  writeFileSync(path, JSON.stringify({ ...keys, image_std: [1, 0, 1] }));
  assert.throws(() => loadClip(folder), /preprocessor_config.json.*> 0/);
  rmSync(path);
  assert.throws(() => loadClip(folder), /cannot read .*preprocessor_config.json/);
});

/** The tokens of caption i. */
function row(i: number): Int32Array {
  return ids.subarray(i * LENGTH, (i + 1) * LENGTH);
}
