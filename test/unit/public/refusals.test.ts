/** What computes refuses what is no tensor, path, denoiser, list or function by a sentence of its own, argument by argument. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { call } from "./call.js";
import { calls } from "./calls-theory.js";

/** What V8 and TensorFlow's insides say where nobody looked. */
const RAW =
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|a constructor|defined)|undefined is not|Invalid (array|typed array)|Reduce of empty|Class constructor|Spread syntax/;

function disposed(): tf.Tensor {
  const x = tf.zeros([2, 2]);
  x.dispose();
  return x;
}

/** Things of other kinds than the argument. */
function wrong(value: unknown): [string, unknown][] {
  const other: [string, unknown][] = [
    ["null", null],
    ["a text", "tensor"],
    ["an object", { mine: 1 }],
  ];
  if (value instanceof tf.Tensor) return [...other, ["an array", [1, 2]], ["a disposed tensor", disposed()]];
  return Array.isArray(value) || ArrayBuffer.isView(value) ? other : [...other, ["an array", [1, 2]]];
}

/** A tensor, a path, a denoiser, a list or a function; names are for messages, and options are looked at elsewhere. */
function judged(value: unknown): boolean {
  if (value instanceof tf.Tensor || typeof value === "function" || Array.isArray(value)) return true;
  return typeof value === "object" && value !== null && ["signal", "predict"].some((name) => name in value);
}

describe("what is wrong is refused by a sentence", () => {
  for (const of of Object.keys(calls)) {
    test(of, async () => {
      const found: string[] = [];
      for (const [at, valid] of calls[of]().entries()) {
        if (!judged(valid)) continue;
        for (const [name, other] of wrong(valid)) {
          const args = calls[of]().map((arg, i) => (i === at ? other : arg));
          const said = await call(of, args).then(
            () => "accepted",
            (error: Error) => error.message,
          );
          if (said === "accepted" || RAW.test(said)) found.push(`argument ${at + 1}, ${name}: ${said}`);
        }
      }
      assert.deepEqual(found, []);
    });
  }
});
