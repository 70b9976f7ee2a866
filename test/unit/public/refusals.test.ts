/** Every public function refuses what is no tensor, network, path, … by a sentence of its own, argument by argument. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import * as tf from "../../../src/runtime/tf.js";
import { calls as dataCalls } from "./calls-data.js";
import { calls as networkCalls } from "./calls-networks.js";
import { calls as plainCalls } from "./calls-plain.js";
import { calls as theoryCalls } from "./calls-theory.js";
import { call } from "./call.js";
import type { Calls } from "./things.js";

const calls: Calls = { ...theoryCalls, ...networkCalls, ...dataCalls, ...plainCalls };

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "refusals-"));
process.chdir(folder);
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

/** What V8 says where nobody looked. */
const RAW =
  /Cannot (read|set|destructure|convert|mix|use)|is not (a function|iterable|a constructor|defined|an object)|undefined is not|Invalid (array|typed array|count|string)|Reduce of empty|Class constructor|Method .* called on|object null is not|circular structure|Spread syntax|Assignment to constant|must be called with/;

const disposed = (): tf.Tensor => {
  const x = tf.zeros([2, 2]);
  x.dispose();
  return x;
};

/** Things of other kinds than the argument. */
function wrong(value: unknown): Record<string, unknown> {
  const all: Record<string, unknown> = {
    "an array": [1, 2],
    "a text": "tensor",
    "a number": 7.5,
    undefined: undefined,
    null: null,
    "an object": { mine: 1 },
    "a function": () => 1,
  };
  if (value instanceof tf.Tensor) return { ...all, "a disposed tensor": disposed() };
  const without = (...names: string[]): Record<string, unknown> =>
    Object.fromEntries(Object.entries(all).filter(([name]) => !names.includes(name)));
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return without("an array");
  if (typeof value === "string") return without("a text");
  if (typeof value === "number") return without("a number");
  if (typeof value === "function") return without("a function");
  return all;
}

async function outcome(of: string, args: readonly unknown[]): Promise<string> {
  const before = console.log;
  try {
    await call(of, args);
    return "accepted";
  } catch (error) {
    const { message } = error as Error;
    return RAW.test(message) || !message ? `raw: ${message}` : `refused: ${message}`;
  } finally {
    console.log = before;
  }
}

describe("what is wrong is refused by a sentence", () => {
  for (const of of Object.keys(calls)) {
    test(of, async () => {
      const found: string[] = [];
      const valid = calls[of]();
      const first = await outcome(of, calls[of]());
      if (first !== "accepted" && of !== "fetchDataset") found.push(`the valid call: ${first}`);
      for (let at = of.includes(".") ? 1 : 0; at < valid.length; at++) {
        for (const [name, other] of Object.entries(wrong(valid[at]))) {
          const args = calls[of]().map((arg, i) => (i === at ? other : arg));
          const said = await outcome(of, args);
          if (said.startsWith("refused")) continue;
          found.push(`argument ${at + 1}, ${name}: ${said}`);
        }
      }
      assert.deepEqual(found, []);
    });
  }
});
