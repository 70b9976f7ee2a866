/** Parameters start by seed and name, join as views, and come back from files. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mkdtempSync, rmSync } from "node:fs";
import * as tf from "../../../src/runtime/tf.js";
import { compile } from "../../../src/compile/index.js";
import { readSafetensors, ShardedSafetensors } from "../../../src/files/index.js";
import {
  fanInUniform,
  loadParameters,
  ones,
  Parameters,
  saveParameters,
  saveShardedParameters,
  zeros,
  type ParameterView,
} from "../../../src/nn/index.js";

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

/** Two networks with equal names inside, one with a constant and a buffer. */
function twoNetworks(seed: number): { unet: Parameters; text: Parameters; joined: ParameterView } {
  const [unet, text] = [new Parameters({ seed }), new Parameters({ seed: seed + 1 })];
  const normal = { kind: "normal", deviation: 1 } as const;
  unet.create("out.weight", "dense", [2, 3], normal);
  unet.createBuffer("out.u", [3], normal);
  text.create("out.weight", "conv", [1, 2, 2, 1], normal);
  text.createConstant("frequencies", [2], normal);
  text.create("out.bias", "plain", [1], normal);
  return { unet, text, joined: Parameters.join({ unet, text }) };
}

test("a joined view has the parts' variables under prefixed names, part after part", () => {
  const { unet, text, joined } = twoNetworks(3);
  assert.deepEqual(joined.names, ["unet.out.weight", "text.out.weight", "text.out.bias"]);
  assert.deepEqual(
    joined.all.map(({ name }) => name),
    [...joined.names, "text.frequencies", "unet.out.u"],
  );
  assert.equal(joined.count, unet.count + text.count);
  assert.equal(joined.get("text.out.weight").variable, text.get("out.weight").variable);
  assert.equal(joined.get("text.out.weight").kind, "conv");
  assert.equal(joined.tensors["unet.out.u"], unet.buffers[0].variable);
  assert.ok(joined.has("unet.out.weight") && !joined.has("out.weight"));
  assert.throws(() => joined.get("out.weight"), /no parameter "out.weight"; the first of 3 is "unet.out.weight"/);
  assert.deepEqual([...joined.toFlat()], [...unet.toFlat(), ...text.toFlat()]);
  joined.assignFlat(Float32Array.from({ length: joined.count }, (_, i) => i));
  assert.deepEqual([...text.toFlat()], [6, 7, 8, 9, 10]);
  // The parts keep their names, and a view sees what they create later.
  assert.deepEqual(text.names, ["out.weight", "out.bias"]);
  unet.create("late", "plain", [1], ones);
  assert.deepEqual(Parameters.join({ pair: joined }).names.slice(0, 2), ["pair.unet.out.weight", "pair.unet.late"]);
  unet.dispose();
  assert.deepEqual(joined.names, ["text.out.weight", "text.out.bias"]);
  text.dispose();
});

test("what cannot be joined is refused by name", () => {
  const { unet, text, joined } = twoNetworks(0);
  assert.throws(() => Parameters.join({}), /at least one part/);
  assert.throws(() => Parameters.join({ "": unet }), /not empty/);
  assert.throws(() => Parameters.join({ a: unet, b: unet }), /"a.out.weight" and "b.out.weight" are one variable/);
  assert.throws(() => Parameters.join({ joined, text }), /are one variable: join each network once/);
  const clashing = new Parameters();
  clashing.create("out.weight", "plain", [1], zeros);
  const outer = new Parameters();
  outer.create("b.out.weight", "plain", [1], zeros);
  assert.throws(() => Parameters.join({ "a.b": clashing, a: outer }), /two parts give the name "a.b.out.weight"/);
  for (const part of [unet, text, clashing, outer]) part.dispose();
});

test("one file holds joined networks, with constants and buffers, and opens to the same numbers", () => {
  const folder = mkdtempSync(join(tmpdir(), "joined-"));
  const path = join(folder, "both.safetensors");
  const [saved, loaded] = [twoNetworks(3), twoNetworks(8)];
  saveParameters(path, saved.joined);
  readSafetensors(path, ({ entries }) => assert.deepEqual(entries.get("text.out.weight")?.shape, [1, 2, 1, 2]));
  loadParameters(path, loaded.joined);
  for (const [name, variable] of Object.entries(saved.joined.tensors)) {
    assert.deepEqual(values(loaded.joined.tensors[name] as tf.Variable), values(variable as tf.Variable), name);
  }
  assert.throws(() => loadParameters(path, saved.unet), /is of another network: 2 parameters missing/);
  for (const { unet, text } of [saved, loaded]) for (const part of [unet, text]) part.dispose();
  rmSync(folder, { recursive: true });
});

test("a buffer is no trained parameter, and a compiled function reads what was last assigned to it", () => {
  const parameters = new Parameters();
  const scope = parameters.scope("norm");
  const mean = scope.createBuffer("running_mean", [2], zeros);
  assert.equal(mean.trainable, false);
  assert.deepEqual([parameters.names, parameters.count, parameters.toFlat().length], [[], 0, 0]);
  assert.throws(() => scope.createConstant("running_mean", [2], zeros), /"norm.running_mean" exists already/);
  const centred = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.sub(x, mean) }), { captures: parameters.tensors });
  const x = tf.tensor1d([5, 7]);
  const run = (): number[] => tf.tidy(() => [...centred({ x }).y.dataSync()]);
  assert.deepEqual(run(), [5, 7]);
  tf.tidy(() => mean.assign(tf.tensor1d([1, 2])));
  assert.deepEqual(run(), [4, 5]);
  centred.dispose();
  x.dispose();
  parameters.dispose();
});

test("other values than the parameters' own are written in several files, too", () => {
  const folder = mkdtempSync(join(tmpdir(), "sharded-"));
  try {
    const parameters = new Parameters();
    for (const name of ["a", "b"]) parameters.create(name, "plain", [3], zeros);
    const path = join(folder, "weights.safetensors");
    saveShardedParameters(path, parameters, { values: Float32Array.of(1, 2, 3, 4, 5, 6), maxBytes: 300 });
    const file = new ShardedSafetensors(`${path}.index.json`);
    assert.deepEqual([...file.read("a").values, ...file.read("b").values], [1, 2, 3, 4, 5, 6]);
    file.close();
    parameters.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
