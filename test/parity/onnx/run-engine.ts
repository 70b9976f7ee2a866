/**
 * By hand, after `npm run doctor -- --install onnxruntime`: `node --import tsx test/parity/onnx/run-engine.ts` evaluates
 * networks with the engines "graph" and "onnxruntime", assigns parameters in between, and counts what 2000 calls leave in
 * memory; writes engine-result.json.
 */
import { writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { linearSchedule } from "../../../src/diffusion/index.js";
import { networkDenoiser, type TimeNetwork } from "../../../src/families/index.js";
import { ONNXRUNTIME_VERSION } from "../../../src/onnx/runtime-package.js";
import * as tf from "../../../src/runtime/tf.js";
import { cases, inputsOf, networkOf } from "./cases.js";

const CALLS = 2000;
const NAMES: Readonly<Record<string, string>> = { class_labels: "label", encoder_hidden_states: "context" };

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** The largest difference, in units of the largest value. */
function difference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => {
    const [most, whole] = [tf.max(tf.abs(tf.sub(a, b))), tf.max(tf.abs(b))].map((one) => one.dataSync()[0]);
    return most / Math.max(1e-3, whole);
  });
}

const rounded = (value: number): number => Number(value.toExponential(1));
const path = linearSchedule();
const timed = Object.keys(cases).filter((name) => /^(unet|dit|uvit|mlp|assets)/.test(name));
const seen: Record<string, { before: number; afterAssigning: number }> = {};
let flat: object | undefined;
for (const name of timed) {
  const one = networkOf(name);
  const network = one.network as unknown as TimeNetwork;
  const [graph, runtime] = (["graph", "onnxruntime"] as const).map((engine) =>
    networkDenoiser(network, path, { engine }),
  );
  const worst = (): number =>
    Math.max(
      ...[1, 3, 7].map((batch) => {
        const { sample, timestep, ...rest } = inputsOf(one, batch);
        const condition = Object.fromEntries(Object.entries(rest).map(([key, tensor]) => [NAMES[key], tensor]));
        const time = tf.add(tf.floor(timestep), 1) as tf.Tensor1D;
        return tf.tidy(() =>
          difference(runtime.predict(sample, time, condition), graph.predict(sample, time, condition)),
        );
      }),
    );
  const before = worst();
  const { parameters } = network;
  parameters.assignFlat(parameters.toFlat().map((value) => 0.9 * value));
  seen[name] = { before: rounded(before), afterAssigning: rounded(worst()) };
  if (name === "unet with classes") {
    const { sample, timestep, class_labels: label } = inputsOf(one, 3);
    const time = tf.add(tf.floor(timestep), 1) as tf.Tensor1D;
    const call = (): void => runtime.predict(sample, time, { label }).dispose();
    for (let i = 0; i < 200; i++) call();
    collect();
    const [tensors, rss] = [tf.memory().numTensors, process.memoryUsage.rss()];
    for (let i = 0; i < CALLS; i++) call();
    collect();
    const grown = (process.memoryUsage.rss() - rss) / 1e6;
    flat = { calls: CALLS, tensors: tf.memory().numTensors - tensors, megabytes: Math.round(grown) };
  }
  graph.dispose();
  runtime.dispose();
  process.stdout.write(`${name}: ${seen[name].before} ${seen[name].afterAssigning}\n`);
}
const result = { onnxruntime: ONNXRUNTIME_VERSION, memory: flat, cases: seen };
writeFileSync(new URL("engine-result.json", import.meta.url), `${JSON.stringify(result, null, 2)}\n`);
process.stdout.write(`${JSON.stringify(flat)}\n`);
