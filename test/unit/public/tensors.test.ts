/** Every tensor that a public call takes, as one of another type, of other dimensions and without values. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { call } from "./call.js";
import { calls } from "./calls.js";
import { put } from "./put.js";
import { RAW, said } from "./said.js";

type At = readonly (number | string)[];

/** The same values as another type: refused, or what the float tensor of these values gives. */
const TYPES = ["int32", "float32", "bool"] as const;

/**
 * What takes tensors of other dimensions than its call here has, for it goes number by number, along the last axis or
 * example by example, or repeats what is the same for all.
 */
const ANY_RANK = new RegExp(
  `^(${[
    "(gelu|geluTanh|leakyRelu|mish|quickGelu|silu|stopGradient|Dropout\\.apply|clipGlobalNorm|decodedMean) ",
    "(LayerNorm|Dense)\\.apply ",
    "(ActNorm|AffineCoupling)\\.\\w+ \\[1\\] one dimension more",
    "AutoencoderKL\\.(un)?scaleLatents ",
    "(march|marchInSigma|partialStart|dataDenoiser|dormandPrince|featuresOf|meanPairwiseDistance) ",
    "(bitsPerDimension|densityBits) ",
    "splitLearnedVariance ",
    "(boundTerm|discretizedLogLikelihood|gaussianKl|hybridLoss|noised|movingAverage) ",
    'inpaint \\[3,"mask"\\] a single',
    "(attentionOverlay|filmStrip|imageGrid) .* one fewer",
  ].join("|")})`,
);

/** Pictures of int32 are bytes 0 … 255, as their docstrings say: other pictures than floats in −1 … 1. */
const BYTES = /^(attentionOverlay|filmStrip|imageGrid) .* int32/;

/** Places of tensors in arguments, in records and lists too. */
function* tensorsIn(value: unknown, at: At = []): Generator<[At, tf.Tensor]> {
  if (value instanceof tf.Tensor) return yield [at, value];
  const isRecord = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  if (at.length > 3 || !(isRecord || Array.isArray(value))) return;
  for (const [key, held] of Object.entries(value as object)) {
    yield* tensorsIn(held, [...at, Array.isArray(value) ? Number(key) : key]);
  }
}

/** Tensors of other dimensions, and whether they hold a value. */
function otherShapes(x: tf.Tensor): [string, tf.Tensor][] {
  const of = (shape: number[]): tf.Tensor => tf.zeros(shape, x.dtype as "float32");
  const shapes: [string, tf.Tensor][] = [["one dimension more", tf.expandDims(x, 0)]];
  if (x.rank > 1) shapes.push(["one fewer", tf.reshape(x, [-1, ...x.shape.slice(2)])]);
  if (x.rank > 2) shapes.push(["a flat one", tf.reshape(x, [-1])]);
  if (x.rank > 0) shapes.push(["a single number", tf.scalar(1, x.dtype as "float32")]);
  x.shape.forEach((_, axis) =>
    shapes.push([`nothing along axis ${axis}`, of(x.shape.map((n, i) => (i === axis ? 0 : n)))]),
  );
  return shapes;
}

/** What a result holds, in texts that can be compared. */
function shown(result: unknown, depth = 0): string {
  if (result instanceof tf.Tensor) return `${result.shape.join("×")}: ${Array.from(result.dataSync()).join()}`;
  if (ArrayBuffer.isView(result)) return Array.from(result as Float32Array).join();
  if (typeof result !== "object" || result === null) return typeof result === "function" ? "function" : String(result);
  if (depth > 3) return "…";
  return Object.entries(result)
    .map(([key, held]) => `${key}=${shown(held, depth + 1)}`)
    .join(";");
}

async function gives(of: string, args: readonly unknown[]): Promise<string> {
  return shown(await call(of, args));
}

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "tensors-"));
// Valid calls write files, and are made before the first test.
process.chdir(folder);
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

describe("other tensors are refused by a sentence, or are right", () => {
  for (const [of, valid] of Object.entries(calls)) {
    const places = [...tensorsIn(valid())].filter(([at]) => !of.includes(".") || at[0] !== 0);
    if (places.length === 0) continue;
    test(of, async () => {
      tf.engine().startScope();
      const found: string[] = [];
      /** Tries one, and says what was wrong with the answer. */
      const trial = async (name: string, at: At, x: tf.Tensor, same?: tf.Tensor): Promise<void> => {
        const where = `${of} ${JSON.stringify(at)} ${name}`;
        const message = await said(of, put(valid(), at, x)!);
        if (message !== undefined) {
          if (RAW.test(message)) found.push(`${where}: ${message}`);
        } else if (!same) {
          if (!ANY_RANK.test(where) || name.startsWith("nothing")) found.push(`${where}: accepted`);
        } else if (!BYTES.test(where)) {
          const [one, other] = [await gives(of, put(valid(), at, x)!), await gives(of, put(valid(), at, same)!)];
          if (one !== other) found.push(`${where}: other numbers than those of the same in ${same.dtype}`);
        }
      };
      for (const [at, x] of places) {
        const whole = tf.round(tf.cast(x, "float32"));
        for (const type of TYPES.filter((one) => one !== x.dtype)) {
          const cast = tf.cast(whole, type);
          await trial(`as ${type}`, at, cast, tf.cast(cast, x.dtype));
        }
        await trial("as texts", at, tf.fill(x.shape, "a", "string"));
        for (const [name, other] of otherShapes(x)) await trial(name, at, other);
      }
      tf.engine().endScope();
      assert.deepEqual(found, []);
    });
  }
});
