/** Engines: the same numbers, parameters never stale, nothing left behind, and a reason where ONNX Runtime is not there. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, test } from "node:test";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { networkDenoiser } from "../../../src/families/index.js";
import { PointMlp } from "../../../src/networks/index.js";
import { ones, Parameters, zeros } from "../../../src/nn/index.js";
import { evaluated } from "../../../src/onnx/engine.js";
import type { EngineName } from "../../../src/onnx/engine-names.js";
import { OnnxError } from "../../../src/onnx/index.js";
import { measurePace } from "../../../src/onnx/pace.js";
import { RuntimeFunction } from "../../../src/onnx/runtime-function.js";
import {
  loadOnnxruntime,
  onnxruntimeFolder,
  replaceOnnxruntime,
  whyNoOnnxruntime,
} from "../../../src/onnx/runtime-package.js";
import * as tf from "../../../src/runtime/tf.js";
import { addonStandIn, type StandIn } from "./addon-stand-in.js";

const cache = mkdtempSync(join(tmpdir(), "diffusion-lab-test-"));
const kept = process.env["DIFFUSION_LAB_CACHE"];
process.env["DIFFUSION_LAB_CACHE"] = cache;
after(() => {
  if (kept === undefined) delete process.env["DIFFUSION_LAB_CACHE"];
  else process.env["DIFFUSION_LAB_CACHE"] = kept;
  rmSync(cache, { recursive: true, force: true });
});

let standIn: StandIn;
beforeEach(() => {
  standIn = addonStandIn();
  replaceOnnxruntime(standIn.addon);
});
afterEach(() => replaceOnnxruntime(undefined));

type Inputs = { x: tf.Tensor };

/** y = x·w + b, of which w starts as ones and b as zeros. */
function affine(width = 2) {
  const parameters = new Parameters();
  const scope = parameters.scope("affine");
  const [w, b] = [scope.create("weight", "plain", [width], ones), scope.create("bias", "plain", [width], zeros)];
  const fn = ({ x }: Inputs): { y: tf.Tensor } => ({ y: tf.add(tf.mul(x, w), b) });
  return { parameters, w, b, fn };
}

const values = (tensor: tf.Tensor): number[] => {
  const numbers = [...tensor.dataSync()];
  tensor.dispose();
  return numbers;
};

test("a function gives in ONNX Runtime what it gives by the graph, at any batch from one recording", () => {
  const { parameters, fn, w, b } = affine();
  w.assign(tf.tensor1d([2, 3]));
  b.assign(tf.tensor1d([0.5, -1]));
  const runtime = new RuntimeFunction(fn, { name: "affine", parameters });
  for (const batch of [1, 2, 5]) {
    const x = tf.reshape(tf.range(0, 2 * batch), [batch, 2]);
    const expected = fn({ x }).y;
    const actual = runtime.call({ x }).y;
    assert.deepEqual(actual.shape, [batch, 2]);
    assert.deepEqual(values(actual), values(expected));
  }
  assert.deepEqual([runtime.graphs, standIn.counts.loaded], [1, 1]);
  runtime.dispose();
  assert.equal(standIn.counts.disposed, 1);
  parameters.dispose();
});

test("a parameter that is assigned is seen by the next call, and is exported once", () => {
  const { parameters, fn, w } = affine();
  const runtime = new RuntimeFunction(fn, { name: "affine", parameters });
  const x = tf.tensor2d([[1, 1]]);
  assert.deepEqual(values(runtime.call({ x }).y), [1, 1]);
  for (const next of [5, 7]) {
    w.assign(tf.tensor1d([next, next]));
    assert.deepEqual(values(runtime.call({ x }).y), [next, next]);
    assert.deepEqual(values(runtime.call({ x }).y), [next, next]);
  }
  assert.deepEqual(standIn.counts, { loaded: 3, runs: 5, disposed: 2 });
  runtime.dispose();
  parameters.dispose();
});

test("2000 calls leave no tensors, and no more than four graphs are held", () => {
  const { parameters, fn } = affine(1);
  const runtime = new RuntimeFunction(fn, { name: "affine", parameters });
  const x = tf.tensor2d([[1]]);
  values(runtime.call({ x }).y);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 2000; i++) runtime.call({ x }).y.dispose();
  assert.equal(tf.memory().numTensors, before);
  for (const length of [1, 2, 3, 4, 5, 6]) tf.tidy(() => runtime.call({ x: tf.ones([1, length]) }));
  assert.deepEqual([runtime.graphs, standIn.counts.loaded - standIn.counts.disposed], [4, 4]);
  runtime.dispose();
  assert.equal(standIn.counts.loaded, standIn.counts.disposed);
  parameters.dispose();
});

test("where a gradient is taken, the function runs by itself", () => {
  const { parameters, fn } = affine();
  const call = evaluated(fn, { name: "affine", parameters, engine: "onnxruntime" });
  const gradient = tf.grad((x) => call({ x }).y)(tf.ones([1, 2]));
  assert.deepEqual([values(gradient), standIn.counts.runs], [[1, 1], 0]);
  call.dispose();
  parameters.dispose();
});

test("inputs of different batches are refused", () => {
  const { parameters } = affine();
  const fn = ({ x, z }: Inputs & { z: tf.Tensor }): { y: tf.Tensor } => ({ y: tf.add(x, z) });
  const runtime = new RuntimeFunction(fn, { name: "sum", parameters });
  assert.throws(
    () => runtime.call({ x: tf.ones([2, 2]), z: tf.ones([1, 2]) }),
    /as many examples, got x \[2,2\], z \[1,2\]/,
  );
  parameters.dispose();
});

/** The paces that are kept, after `change` was made to each. */
function paces(change?: { graph: number; onnxruntime: number }): number {
  const file = join(cache, "engines-2.json");
  const table = JSON.parse(readFileSync(file, "utf8")) as Record<string, object>;
  if (change) writeFileSync(file, JSON.stringify(Object.fromEntries(Object.keys(table).map((key) => [key, change]))));
  return Object.keys(table).length;
}

test("auto measures once, keeps it, and takes what was faster; a damaged table is measured again", () => {
  const { parameters, fn } = affine();
  const x = tf.ones([3, 2]);
  const runsOf = (engine: EngineName): number => {
    const before = standIn.counts.runs;
    const call = evaluated(fn, { name: "affine", parameters, engine });
    assert.deepEqual(values(call({ x }).y), [1, 1, 1, 1, 1, 1]);
    call.dispose();
    return standIn.counts.runs - before;
  };
  assert.ok(runsOf("auto") >= 4);
  assert.equal(paces({ graph: 1, onnxruntime: 2 }), 1);
  assert.equal(runsOf("auto"), 0);
  paces({ graph: 2, onnxruntime: 1 });
  assert.equal(runsOf("auto"), 1);
  writeFileSync(join(cache, "engines-2.json"), '{"cut');
  assert.ok(runsOf("auto") >= 4);
  assert.equal(paces(), 1);
  assert.equal(runsOf("graph"), 0);
  parameters.dispose();
});

test("a busy moment does not choose the engine: each has turns, and its fastest call counts", () => {
  let clock = 0;
  const took: string[] = [];
  // The machine is busy during the first 200 ms.
  const call = (engine: string, ms: number) => () => {
    took.push(engine);
    clock += clock < 200 ? 25 : ms;
  };
  const pace = measurePace({ graph: call("graph", 4), onnxruntime: call("onnxruntime", 1) }, () => clock);
  assert.deepEqual(pace, { graph: 4, onnxruntime: 1 });
  const turns = took.filter((engine, i) => i < 2 || engine !== took[i - 1]);
  assert.deepEqual(turns.slice(2), ["graph", "onnxruntime", "graph", "onnxruntime", "graph", "onnxruntime"]);
});

test("without ONNX Runtime: asked for, it is refused with the remedy; auto takes the graph and says so once", async () => {
  replaceOnnxruntime(undefined);
  const network = new PointMlp({ hidden: [4] });
  const [x, t] = [tf.ones([1, 2]), tf.tensor1d([5])];
  const make = (engine: EngineName) => networkDenoiser(network, linearSchedule(), { engine });
  const asked = make("onnxruntime");
  assert.throws(
    () => asked.predict(x, t),
    (error: Error) =>
      error instanceof OnnxError && /is not installed: npm run doctor -- --install onnxruntime/.test(error.message),
  );
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on("warning", listen);
  const [auto, graph] = [make("auto"), make("graph")];
  for (let i = 0; i < 3; i++) assert.deepEqual(values(auto.predict(x, t)), values(graph.predict(x, t)));
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", listen);
  assert.equal(warnings.length, 1);
  assert.match(
    warnings[0],
    /^engine "auto" evaluates by the graph: ONNX Runtime [\d.]+ is not installed: npm run doctor/,
  );
  assert.throws(() => make("openvino" as EngineName), /unknown engine "openvino": choose graph, onnxruntime, auto/);
  for (const one of [asked, auto, graph]) one.dispose();
  network.dispose();
});

test("a damaged installation is told from a whole one, and what does not load is refused with the remedy", () => {
  replaceOnnxruntime(undefined);
  const folder = onnxruntimeFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "onnxruntime_binding.node"), "no library");
  const manifest = (bytes: number): void =>
    writeFileSync(join(folder, "manifest.json"), JSON.stringify({ files: { "onnxruntime_binding.node": { bytes } } }));
  manifest(11);
  assert.match(
    whyNoOnnxruntime()!,
    /is damaged \(onnxruntime_binding\.node\): npm run doctor -- --install onnxruntime/,
  );
  manifest(10);
  assert.equal(whyNoOnnxruntime(), undefined);
  assert.throws(() => loadOnnxruntime(), /does not load \([^]*\): delete the folder, then npm run doctor/);
  writeFileSync(join(folder, "manifest.json"), "{");
  assert.match(whyNoOnnxruntime()!, /is not installed/);
});

test("a model that ONNX Runtime refuses, damaged or too new, is refused with what it said and a way around", () => {
  const { parameters, fn } = affine();
  const { addon } = addonStandIn();
  class Refusing extends addon.InferenceSession {
    override loadModel(): void {
      throw new Error("Unsupported model opset version");
    }
  }
  replaceOnnxruntime({ ...addon, InferenceSession: Refusing });
  const runtime = new RuntimeFunction(fn, { name: "affine", parameters });
  assert.throws(
    () => runtime.call({ x: tf.ones([1, 2]) }),
    /"affine": ONNX Runtime [\d.]+ refuses the model[^]*Unsupported model opset version[^]*Engine "graph" does without it/,
  );
  parameters.dispose();
});
