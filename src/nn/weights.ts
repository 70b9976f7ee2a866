/** Weights to a safetensors file and back, with the names, shapes and layout of PyTorch. */
import { requireText, requireLike } from "../base/values.js";
import { requireView } from "./parameter-view.js";
import { requireKnownKeys, described } from "../base/check.js";
import { sizeOf } from "../base/shape.js";
import * as tf from "../runtime/tf.js";
import type { FloatFormat } from "../files/float-formats.js";
import type { ParameterKind, ParameterView } from "./parameter-view.js";
import { commitTogether, type StagedFile } from "../files/atomic-file.js";
import { stageShardedSafetensors, writeShardedSafetensors } from "../files/sharded-safetensors.js";
import { readSafetensors, stageSafetensors, type NamedTensor, type TensorSource } from "../files/safetensors.js";

export interface SaveOptions {
  /** Default F32. */
  readonly format?: FloatFormat;
  /** Other numbers for the same parameters, flat as {@link ParameterView.toFlat} orders them (an average, say). */
  readonly values?: Float32Array;
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a network's parameters, constants and buffers with the names and shapes PyTorch gives them.
 *
 * @throws RangeError if `values` has another length, or a number is not finite or too large for the format; nothing is
 *   written then
 */
export function saveParameters(path: string, parameters: ParameterView, options: SaveOptions = {}): void {
  requireText("path", path, "the name of a file");
  requireView(parameters);
  requireKnownKeys("saveParameters", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    metadata: "an object",
  });
  commitTogether([stageParameters(path, parameters, options)]);
}

/** As {@link saveParameters}, beside its place. */
export function stageParameters(path: string, parameters: ParameterView, options: SaveOptions = {}): StagedFile {
  return stageSafetensors(path, onDisk(parameters, options.values), options);
}

/** As {@link saveParameters}, in several files and an index: see {@link writeShardedSafetensors}. */
export function saveShardedParameters(
  path: string,
  parameters: ParameterView,
  options: SaveOptions & { readonly maxBytes: number },
): void {
  requireText("path", path, "the name of a file");
  requireView(parameters);
  requireKnownKeys("saveShardedParameters", options, {
    format: ["F32", "F16", "BF16"],
    values: "a list",
    metadata: "an object",
    maxBytes: "a number",
  });
  const { values, ...rest } = options;
  writeShardedSafetensors(path, [...onDisk(parameters, values)], rest);
}

/** The files of {@link saveShardedParameters}, each beside its place; the index comes last. */
export function* stageShardedParameters(
  path: string,
  parameters: ParameterView,
  options: SaveOptions & { readonly maxBytes: number },
): Generator<StagedFile> {
  yield* stageShardedSafetensors(path, [...onDisk(parameters, options.values)], options);
}

/**
 * Reads parameters written by {@link saveParameters}, or by diffusers.
 *
 * @throws SafetensorsError if the file is damaged
 * @throws RangeError if names or shapes differ from the network's, or a value is not finite; nothing is assigned then
 */
export function loadParameters(path: string, parameters: ParameterView): void {
  requireText("path", path, "the name of a file");
  requireView(parameters);
  readSafetensors(path, (file) => {
    for (const { variable, values } of [...valuesFor(parameters, file)]) assign(variable, values);
  });
}

/**
 * As {@link loadParameters}, but each parameter is set as soon as it is read, so that no second copy of the network is
 * needed. After an error some parameters are new and some old: throw the network away.
 */
export function streamParameters(source: TensorSource, parameters: ParameterView): void {
  requireLike("source", source, ["entries", "read"], "new SafetensorsFile(path)");
  requireView(parameters);
  for (const { variable, values } of valuesFor(parameters, source)) assign(variable, values);
}

/**
 * The most numbers a network may have whose weights are to come from `source` (`maxNumbers` of a network): with room
 * enough to say which tensors are missing, and no more to allocate than a multiple of what the files really hold.
 */
export function roomFor(source: TensorSource): number {
  let held = 0;
  for (const { shape } of source.entries.values()) held += sizeOf(shape);
  return 2 * held + 1e6;
}

function assign(variable: tf.Variable, values: Float32Array): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
}

/** Checks all names and shapes, then yields what each parameter, constant and buffer is to become, in memory layout. */
function* valuesFor(
  parameters: ParameterView,
  source: TensorSource,
): Generator<{ variable: tf.Variable; values: Float32Array }> {
  const { all } = parameters;
  const names = new Set(all.map(({ name }) => name));
  const missing = [...names].filter((name) => !source.entries.has(name));
  const unknown = [...source.entries.keys()].filter((name) => !names.has(name));
  if (missing.length > 0 || unknown.length > 0) {
    throw new RangeError(
      `${source.path} is of another network: ${missing.length} parameters missing (${missing.slice(0, 3).join(", ")}), ` +
        `${unknown.length} unknown (${unknown.slice(0, 3).join(", ")})`,
    );
  }
  for (const { name, kind, variable } of all) {
    const expected = diskShape(variable.shape, kind);
    const shape = shapeOf(source.entries.get(name)!.shape, kind);
    if (shape.length !== expected.length || shape.some((n, i) => n !== expected[i])) {
      throw new RangeError(`"${name}" has shape [${shape}] in ${source.path}, the network has [${expected}]`);
    }
  }
  for (const { name, kind, variable } of all) {
    const { shape: stored, values } = source.read(name);
    const shape = shapeOf(stored, kind);
    if (!values.every(Number.isFinite)) {
      throw new RangeError(
        `"${name}" in ${source.path} has a value that is not finite: the training diverged, or the file is damaged`,
      );
    }
    yield { variable, values: permuted(values, shape, toMemory(kind)).values };
  }
}

function* onDisk(parameters: ParameterView, flat = parameters.toFlat()): Generator<[string, NamedTensor]> {
  if (!(flat instanceof Float32Array)) throw new TypeError(`values must be a Float32Array, got ${described(flat)}`);
  if (flat.length !== parameters.count) {
    throw new RangeError(`got ${flat.length} values for ${parameters.count} parameters`);
  }
  requireFinite(parameters, flat);
  let offset = 0;
  for (const { name, kind, variable } of parameters) {
    const values = flat.subarray(offset, offset + variable.size);
    yield [name, permuted(values, variable.shape, toDisk(kind))];
    offset += variable.size;
  }
  for (const { name, variable } of [...parameters.constants, ...parameters.buffers]) {
    yield [name, { shape: variable.shape, values: variable.dataSync() as Float32Array }];
  }
}

/** A file that could not be opened again is not worth writing. */
function requireFinite(parameters: ParameterView, flat: Float32Array): void {
  const bad = flat.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return;
  let end = 0;
  const owner = [...parameters].find(({ variable }) => (end += variable.size) > bad);
  throw new RangeError(`"${owner?.name}" holds ${flat[bad]}: the training diverged; nothing was written`);
}

/** The first autoencoders have attention's matrices as 1×1 convolutions, [out, in, 1, 1]: the same numbers. */
function shapeOf(stored: readonly number[], kind: ParameterKind): readonly number[] {
  const pointwise = kind === "dense" && stored.length === 4 && stored[2] === 1 && stored[3] === 1;
  return pointwise ? stored.slice(0, 2) : stored;
}

/** Axes of the layout in memory, in the order they lie in on disk; see {@link ParameterKind}. */
function toDisk(kind: ParameterKind): number[] | undefined {
  return kind === "conv" ? [3, 2, 0, 1] : kind === "dense" ? [1, 0] : undefined;
}

function toMemory(kind: ParameterKind): number[] | undefined {
  return kind === "conv" ? [2, 3, 1, 0] : kind === "dense" ? [1, 0] : undefined;
}

function diskShape(shape: readonly number[], kind: ParameterKind): number[] {
  const axes = toDisk(kind);
  return axes ? axes.map((axis) => shape[axis]) : [...shape];
}

function permuted(values: Float32Array, shape: readonly number[], axes: number[] | undefined): NamedTensor {
  if (!axes) return { shape, values };
  // slice() copies: TensorFlow may keep the buffer it is handed.
  const turned = tf.tidy(() => tf.transpose(tf.tensor(values.slice(), [...shape], "float32"), axes));
  const result = { shape: turned.shape, values: turned.dataSync() as Float32Array };
  turned.dispose();
  return result;
}
