import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import * as tf from "../../../src/runtime/tf.js";
import { fanInUniform, ones, Parameters, zeros } from "../../../src/nn/index.js";

const values = (variable: tf.Variable) => variable.dataSync() as Float32Array;

test("starting values keep to their distribution", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 400 }), (seed, fanIn) => {
      const parameters = new Parameters({ seed });
      const u = values(parameters.create("u", "plain", [2000], fanInUniform(fanIn)));
      const bound = 1 / Math.sqrt(fanIn);
      assert.ok(u.every((v) => Math.abs(v) <= bound));
      assert.ok(Math.max(...u) > 0.98 * bound && Math.min(...u) < -0.98 * bound);
      const mean = u.reduce((sum, v) => sum + v, 0) / u.length;
      assert.ok(Math.abs(mean) < (5 * bound) / Math.sqrt(3 * u.length));
      parameters.dispose();
    }),
    { numRuns: 20 },
  );
  const parameters = new Parameters({ seed: 1 });
  const z = values(parameters.create("n", "plain", [10000], { kind: "normal", deviation: 0.5 }));
  const deviation = Math.sqrt(z.reduce((sum, v) => sum + v * v, 0) / z.length);
  assert.ok(Math.abs(deviation - 0.5) < 0.02);
  assert.ok(values(parameters.create("one", "plain", [3], ones)).every((v) => v === 1));
  assert.ok(values(parameters.create("zero", "plain", [3], zeros)).every((v) => v === 0));
});

test("a parameter's start depends on seed and name, not on what was created before", () => {
  const init = { kind: "normal", deviation: 1 } as const;
  const make = (seed: number, names: string[]) => {
    const parameters = new Parameters({ seed });
    for (const name of names) parameters.create(name, "plain", [5], init);
    return parameters;
  };
  const [ab, ba] = [make(7, ["a", "b"]), make(7, ["b", "c", "a"])];
  for (const name of ["a", "b"]) {
    assert.deepEqual(values(ab.get(name).variable), values(ba.get(name).variable));
  }
  assert.notDeepEqual(values(ab.get("a").variable), values(ab.get("b").variable));
  assert.notDeepEqual(values(ab.get("a").variable), values(make(8, ["a"]).get("a").variable));
});

test("toFlat and assignFlat are inverse, and assignFlat keeps no hold of its array", () => {
  const parameters = new Parameters();
  parameters.create("a", "dense", [2, 3], zeros);
  parameters.create("b", "plain", [2], ones);
  const before = tf.memory().numTensors;
  const flat = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  parameters.assignFlat(flat);
  flat.fill(0);
  assert.deepEqual([...parameters.toFlat()], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...values(parameters.get("b").variable)], [7, 8]);
  const copy = parameters.toFlat();
  copy.fill(9);
  assert.equal(parameters.toFlat()[0], 1);
  assert.equal(tf.memory().numTensors, before);
  assert.throws(() => parameters.assignFlat(new Float32Array(7)), /7 values for 8 parameters/);
});

test("names: scopes join with dots, duplicates and unknown names are refused, disposal frees all", () => {
  const before = tf.memory().numTensors;
  const parameters = new Parameters();
  const scope = parameters.scope("down_blocks").scope(0).scope("resnets.1");
  scope.create("weight", "plain", [1], zeros);
  parameters.scope("").create("top", "plain", [2], zeros);
  assert.deepEqual(parameters.names, ["down_blocks.0.resnets.1.weight", "top"]);
  assert.equal(parameters.count, 3);
  assert.throws(() => scope.create("weight", "plain", [1], zeros), /"down_blocks.0.resnets.1.weight" exists already/);
  assert.throws(() => parameters.get("nothing"), /no parameter "nothing"/);
  // Two networks with equal names live side by side.
  const other = new Parameters();
  other.create("top", "plain", [2], ones);
  assert.deepEqual([...values(parameters.get("top").variable)], [0, 0]);
  parameters.dispose();
  other.dispose();
  assert.equal(tf.memory().numTensors, before);
});
