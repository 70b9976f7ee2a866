/** The recorded runs of diffusers' schedulers, as types, and the network that they all share. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as tf from "../../../src/runtime/tf.js";
import {
  networkTime,
  splitLearnedVariance,
  type GaussianPath,
  type LearnedVarianceDenoiser,
  type NoiseSource,
  type Prediction,
  type Spacing,
} from "../../../src/index.js";

export interface Config {
  readonly prediction?: "epsilon" | "sample" | "v_prediction" | "flow";
  readonly path?: "flow";
  readonly spacing?: Spacing;
  /** How the levels are made here too, or "given" (and "beta", which is not made here): upstream's are taken as they are. */
  readonly grid?: "karras" | "exponential" | "beta" | "given";
  readonly finish?: "last";
  readonly schedule?: string;
  readonly order?: 1 | 2 | 3;
  readonly variant?: "bh1" | "bh2" | "sde";
  readonly variance?: "beta" | "learned";
  readonly clip?: "static" | "dynamic";
  readonly start?: "plms" | "runge-kutta";
  readonly eta?: number;
  readonly churn?: number;
  readonly shift?: number;
  readonly mu?: number;
  readonly how?: "exponential" | "linear";
  readonly corrections?: number;
  readonly correctionSnr?: number;
}

/** One run of one of upstream's schedulers. */
export interface Case {
  readonly scheduler: string;
  /** Key of the run that must give the same. */
  readonly sampler: string;
  readonly name: string;
  readonly config: Config;
  readonly times?: readonly number[];
  readonly levels?: readonly number[];
  readonly alphaBars?: readonly number[];
  readonly result: readonly number[];
}

interface Fixtures {
  /** Every scheduler that upstream exports. */
  readonly schedulers: readonly string[];
  /** Those that gave the same numbers as another one when the fixtures were made. */
  readonly twins: Readonly<Record<string, string>>;
  readonly zeroTerminalSnr: Readonly<Record<string, number>>;
  readonly laplaceAlphaBar: Readonly<Record<string, number>>;
  readonly upstream3M: readonly number[];
  readonly cases: readonly Case[];
}

export const fixtures = JSON.parse(readFileSync(new URL("fixtures.json", import.meta.url), "utf8")) as Fixtures;

export const shape = [2, 3];
export const start = tf.tensor(
  Float32Array.from({ length: 6 }, (_, i) => 1.3 * Math.sin(i + 1)),
  shape,
);
export const replayed: NoiseSource = (step) =>
  tf.tensor(
    Float32Array.from({ length: 6 }, (_, i) => 1.2 * Math.cos(1.7 * i + step)),
    shape,
  );

/** o = sin(x)/2 + 0.3·(t/1000)·x with t = 0 … 999 as networks are fed it. */
export function network(x: tf.Tensor, time: tf.Tensor): tf.Tensor {
  return tf.add(tf.mul(tf.sin(x), 0.5), tf.mul(tf.mul(x, 0.3), tf.reshape(tf.div(time, 1000), [-1, 1])));
}

/** The network as a denoiser on a schedule; its variance, where one is asked for, is cos(x). */
export function denoiserFor(path: GaussianPath, prediction: Prediction): LearnedVarianceDenoiser {
  const output = (xt: tf.Tensor, t: tf.Tensor1D): tf.Tensor => network(xt, networkTime(t));
  return {
    path,
    predicts: prediction,
    predict: (xt, t) => tf.tidy(() => output(xt, t)),
    predictWithVariance: (xt, t) => splitLearnedVariance(tf.concat([output(xt, t), tf.cos(xt)], 1)),
  };
}

export const names = { epsilon: "noise", sample: "sample", v_prediction: "velocity", flow: "flow" } as const;

export function finalOf(generator: Generator<unknown, tf.Tensor>): tf.Tensor {
  let step = generator.next();
  while (!step.done) step = generator.next();
  return step.value;
}

/** Upstream's tables are float32: ᾱ near t = T is off by 2e-5, and σ samplers multiply that by σ_T = 157. */
export function agrees(got: tf.Tensor, { result, scheduler, name }: Case, tolerance = 3e-4): void {
  const values = got.dataSync();
  const scale = Math.max(1, ...result.map(Math.abs));
  result.forEach((expected, i) => {
    assert.ok(
      Math.abs(values[i] - expected) <= tolerance * scale,
      `${scheduler} ${name}: [${values}], upstream [${result}]`,
    );
  });
}

export function sameLevels(ours: readonly number[], theirs: readonly number[]): void {
  assert.equal(ours.length, theirs.length);
  ours.forEach((level, i) => assert.ok(Math.abs(level / theirs[i] - 1) < 1e-4, `σ ${ours}, upstream ${theirs}`));
}
