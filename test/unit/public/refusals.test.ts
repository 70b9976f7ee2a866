/** Every public call refuses what is of another kind than its argument by a sentence of its own, place by place. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as library from "../../../src/index.js";
import * as notebook from "../../../src/notebook/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { calls } from "./calls.js";
import { kinds } from "./kinds.js";
import { MADE } from "./made-here.js";
import { places, type Place } from "./places.js";
import { put } from "./put.js";
import { RAW, said } from "./said.js";

/** A network whose configuration is left out is one of full size: nothing is refused, and minutes are spent. */
const LEFT_OUT = /^(UNet2D|UNet2DCondition|ClipTextModel|ClipTextModelWithProjection|ClipModel|ClipVisionModel.*) \[0/;

/** Errors that the library makes. */
const MADE_HERE = ["TrainingDivergedError", "DownloadError"];

/** Kinds that a type excludes and a call takes all the same, and why that is right. */
const TAKEN: readonly (readonly [RegExp, string])[] = [
  [/^(torch|zero)Start \[/, "this start does not depend on that size, and does not read it"],
  [/^[Pp]rogress \[0\] (a text|a list)$/, "both can be gone through"],
  [/^unconditionalOf \[0,"config"/, "what it takes is a model, which has its configuration checked"],
  [/^(obedience|colourBinding) \[[13],0,"ground"\] a text$/, "a ground that is no colour was read wrongly"],
  [/^check \[[12]\]/, "an answer may be anything, and a wrong one is told so"],
];

/** Numbers that are seldom meant, for an argument that is one. */
const NUMBERS = { NaN, "-1": -1, "0.5": 0.5 };

const disposed = tf.zeros([2, 2]);
disposed.dispose();

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

/** What is given at a place, and whether taking it is a fault. */
function* wrongThings(
  of: string,
  { at, wrong, kindred }: Place,
  valid: unknown,
): Generator<[string, unknown, boolean]> {
  for (const kind of wrong) {
    // What a function gives is for whoever calls it.
    if (kind === "a function" && kindred.includes(kind)) continue;
    yield [kind, kinds[kind], !kindred.includes(kind)];
  }
  if (at.length > 1) return;
  if ((at[0] as number) < needed(of)) yield ["nothing", undefined, false];
  if (typeof valid === "number") for (const [name, number] of Object.entries(NUMBERS)) yield [name, number, false];
  if (valid instanceof tf.Tensor) yield ["a disposed tensor", disposed, true];
  if (Array.isArray(valid) || ArrayBuffer.isView(valid)) yield ["a list of null", [null], false];
}

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "refusals-"));
before(() => process.chdir(folder));
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

describe("what is wrong is refused by a sentence", () => {
  const placesOf = places(["src/index.ts", "src/notebook/index.ts"], MADE);
  for (const of of Object.keys(calls).filter((one) => !MADE_HERE.includes(one))) {
    test(of, async () => {
      const found: string[] = [];
      let valid = calls[of]();
      for (const place of placesOf.get(of) ?? []) {
        for (const [kind, thing, isFault] of wrongThings(
          of,
          place,
          place.at.length === 1 && valid[place.at[0] as number],
        )) {
          const where = `${of} ${JSON.stringify(place.at)} ${kind}`;
          if (LEFT_OUT.test(where) && ["nothing", "an object", "null"].includes(kind)) continue;
          const args = put(valid, place.at, thing);
          if (!args) continue;
          const message = await said(of, args);
          const accepted = message === undefined;
          // What it was called with may be used up.
          if (accepted) valid = calls[of]();
          if (accepted ? isFault && !TAKEN.some(([taken]) => taken.test(where)) : RAW.test(message)) {
            found.push(`${where}: ${message ?? "accepted"}`);
          }
        }
      }
      assert.deepEqual(found, []);
    });
  }
});
