/** Every public call refuses what is of another kind than its argument by a sentence of its own, argument by argument. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as library from "../../../src/index.js";
import * as notebook from "../../../src/notebook/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { call } from "./call.js";
import { calls } from "./calls.js";
import { calls as theory } from "./calls-theory.js";

/** What V8, Node and TensorFlow's insides say where nobody looked. */
const RAW =
  /Cannot (read|set|destructure|convert|mix)|is not (a function|iterable|a constructor|defined)|undefined is not|object null is not|Invalid (array|typed array)|Reduce of empty|Class constructor|Spread syntax|passed to '|The "[\w.]+" (argument|property)|The first argument must be|iterator/;

/** A network whose configuration is left out is one of full size: nothing is refused, and minutes are spent. */
const LEFT_OUT =
  /^(new )?(UNet2D|UNet2DCondition|ClipTextModel|ClipTextModelWithProjection|ClipModel|ClipVisionModel.*)$/;

/** Errors are made by the library. */
const MADE_HERE = ["TrainingDivergedError"];

class Other {}

function disposed(): tf.Tensor {
  const x = tf.zeros([2, 2]);
  x.dispose();
  return x;
}

/** Things of other kinds than the argument. */
function wrong(value: unknown): [string, unknown][] {
  const other: [string, unknown][] = [
    ["undefined", undefined],
    ["null", null],
  ];
  if (typeof value !== "string") other.push(["a text", "tensor"]);
  if (typeof value === "number") return [...other, ["NaN", NaN], ["-1", -1], ["0.5", 0.5], ["an array", [1, 2]]];
  other.push(["a number", 5], ["an object of another class", new Other()]);
  if (value instanceof tf.Tensor) return [...other, ["an array", [1, 2]], ["a disposed tensor", disposed()]];
  return Array.isArray(value) || ArrayBuffer.isView(value)
    ? [...other, ["a list of null", [null]]]
    : [...other, ["an array", [1, 2]]];
}

/** A tensor, a path, a denoiser, a list or a function: what is taken for one would be computed with. */
function judged(value: unknown): boolean {
  if (value instanceof tf.Tensor || typeof value === "function" || Array.isArray(value)) return true;
  return typeof value === "object" && value !== null && ["signal", "predict"].some((name) => name in value);
}

/** How many arguments a call must have: those before the first with a default. A method's object counts. */
function needed(of: string): number {
  const [name, method] = of.split(".");
  const found = ({ ...library, ...notebook } as Record<string, unknown>)[name] as {
    length: number;
    prototype: Record<string, { length: number } | undefined>;
  };
  // A method that is bound stands in the object alone.
  return method ? (found.prototype[method]?.length ?? 0) + 1 : found.length;
}

async function said(of: string, args: readonly unknown[]): Promise<string> {
  tf.engine().startScope();
  try {
    await call(of, args);
    return "accepted";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    tf.engine().endScope();
  }
}

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "refusals-"));
before(() => process.chdir(folder));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

describe("what is wrong is refused by a sentence", () => {
  for (const of of Object.keys(calls).filter((one) => !MADE_HERE.includes(one))) {
    test(of, async () => {
      const found: string[] = [];
      for (const [at, valid] of calls[of]().entries()) {
        if (of.includes(".") && at === 0) continue;
        for (const [name, other] of wrong(valid)) {
          if (other === undefined && at >= needed(of)) continue;
          if (at === 0 && LEFT_OUT.test(of) && (other === undefined || other instanceof Other)) continue;
          const message = await said(
            of,
            calls[of]().map((arg, i) => (i === at ? other : arg)),
          );
          const accepted = message === "accepted" && Object.hasOwn(theory, of) && judged(valid) && other !== undefined;
          if (accepted || RAW.test(message)) found.push(`argument ${at + 1}, ${name}: ${message}`);
        }
      }
      assert.deepEqual(found, []);
    });
  }
});
