/** Fixtures of networks, read and compared: weights come from a formula that Python and TypeScript share. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as tf from "../../../src/runtime/tf.js";
import type { Parameter, Parameters } from "../../../src/nn/index.js";

/** The same numbers as formula.py computes. */
function fnv1a(text: string): number {
  let h = 0x811c9dc5;
  for (const byte of Buffer.from(text)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}

/** Numbers in [−1, 1) that depend on the name and the index alone. */
export function uniforms(name: string, count: number): Float64Array {
  const offset = fnv1a(name);
  return Float64Array.from({ length: count }, (_, i) => {
    let x = Math.imul((offset + i) >>> 0, 0x9e3779b1) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
    x = (x ^ (x >>> 16)) >>> 0;
    return x / 2 ** 31 - 1;
  });
}

const product = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);

/** PyTorch's shape of a parameter, and the way from its layout to ours. */
function layout({ kind, variable }: Parameter): {
  disk: number[];
  toMemory: number[] | undefined;
  toDisk: number[] | undefined;
} {
  const shape = variable.shape as number[];
  if (kind === "conv") {
    return { disk: [shape[3], shape[2], shape[0], shape[1]], toMemory: [2, 3, 1, 0], toDisk: [3, 2, 0, 1] };
  }
  if (kind === "dense") return { disk: [shape[1], shape[0]], toMemory: [1, 0], toDisk: [1, 0] };
  return { disk: [...shape], toMemory: undefined, toDisk: undefined };
}

/** Fills every parameter and constant as formula.py's `fill` does. */
export function fill(parameters: Parameters): void {
  for (const parameter of [...parameters, ...parameters.constants]) {
    const { name, variable } = parameter;
    const { disk, toMemory } = layout(parameter);
    const u = uniforms(name, variable.size);
    const scale = Math.sqrt(3 / (variable.size / disk[0]));
    const values = u.map((v) => (disk.length > 1 ? v * scale : name.endsWith("weight") ? 1 + 0.5 * v : 0.3 * v));
    tf.tidy(() => {
      const tensor = tf.tensor(Float32Array.from(values), disk);
      variable.assign(toMemory ? tf.transpose(tensor, toMemory) : tensor);
    });
  }
}

/** An input of unit variance. */
export function signal(name: string, shape: number[]): tf.Tensor {
  return tf.tensor(
    Float32Array.from(uniforms(name, product(shape)), (v) => v * Math.sqrt(3)),
    shape,
  );
}

/** NCHW → NHWC */
export const fromTorch = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 2, 3, 1]) as tf.Tensor4D;
/** NHWC → NCHW */
export const toTorch = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x, [0, 3, 1, 2]) as tf.Tensor4D;

/** ‖a − b‖/‖b‖ */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(actual.length, expected.length);
  let [difference, norm] = [0, 0];
  expected.forEach((value, i) => {
    difference += (actual[i] - value) ** 2;
    norm += value ** 2;
  });
  return Math.sqrt(difference / norm);
}

export interface Fixture {
  readonly output: number[];
  readonly inputGradient: number[];
  /** Digest of the gradient of the context, where there is one. */
  readonly contextGradient?: number[];
  readonly gradients: Record<string, number[]>;
}

export function readFixtures<Case extends Fixture>(file: string): [string, Case][] {
  const text = readFileSync(new URL(`fixtures/${file}`, import.meta.url), "utf8");
  return Object.entries((JSON.parse(text) as { cases: Record<string, Case> }).cases);
}

/**
 * Holds outputs to 1e-5 and gradients, of the input, of the context and of every parameter, to 1e-4 of what PyTorch
 * computed in float64.
 *
 * @param f the network as PyTorch sees it: input and output in PyTorch's layout
 */
export function checkAgainst(
  fixture: Fixture,
  parameters: Parameters,
  input: tf.Tensor,
  f: (input: tf.Tensor, context?: tf.Tensor3D) => tf.Tensor,
  context?: tf.Tensor,
): void {
  assert.deepEqual(new Set(parameters.names), new Set(Object.keys(fixture.gradients)), "names of parameters");
  assert.equal(context !== undefined, fixture.contextGradient !== undefined, "the fixture's context");
  const x = tf.variable(input);
  const words = context && (tf.variable(context) as tf.Variable<tf.Rank.R3>);
  const output = f(x, words);
  const outputError = relativeError(output.dataSync(), fixture.output);
  assert.ok(outputError < 1e-5, `output: relative error ${outputError}`);

  const projection = signal("projection", output.shape);
  const { grads } = tf.variableGrads(
    () => tf.sum(tf.mul(f(x, words), projection)) as tf.Scalar,
    [x, ...(words ? [words] : []), ...parameters.variables],
  );
  const inputError = relativeError(grads[x.name].dataSync(), fixture.inputGradient);
  assert.ok(inputError < 1e-4, `gradient of the input: relative error ${inputError}`);
  if (words) checkDigest("context", grads[words.name].dataSync() as Float32Array, fixture.contextGradient!);
  // Some gradients are exactly zero (attention's key biases): there the error is measured against the others.
  const largest = Math.max(...Object.values(fixture.gradients).map(([norm]) => norm));
  for (const parameter of parameters) {
    const { name, variable } = parameter;
    const { toDisk } = layout(parameter);
    const gradient = grads[variable.name];
    const onDisk = gradient && toDisk ? tf.transpose(gradient, toDisk) : gradient;
    const values = onDisk ? (onDisk.dataSync() as Float32Array) : new Float32Array(variable.size);
    checkDigest(name, values, fixture.gradients[name], 1e-3 * largest);
  }
}

/** Holds a gradient to the norm and the products of formula.py's `digest`: to 1e-4 of the norm, or of `least`. */
function checkDigest(name: string, values: Float32Array, [norm, ...products]: readonly number[], least = 0): void {
  const allowed = 1e-4 * Math.max(norm, least);
  const found = Math.hypot(...values);
  assert.ok(Math.abs(found - norm) <= allowed, `gradient of ${name}: norm ${found}, expected ${norm}`);
  products.forEach((expected, k) => {
    const direction = uniforms(`${name}#${k}`, values.length);
    const dot = values.reduce((sum, v, i) => sum + v * direction[i], 0);
    assert.ok(Math.abs(dot - expected) <= allowed, `gradient of ${name}: product ${k} is ${dot}, expected ${expected}`);
  });
}
