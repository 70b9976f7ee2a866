import * as tf from "../tf.js";
import type { FloatFormat } from "./float-formats.js";
import type { Parameter, ParameterKind, Parameters } from "./parameters.js";
import { readSafetensors, writeSafetensors, type NamedTensor, type SafetensorsFile } from "./safetensors.js";

/**
 * Writes a network's parameters with the names and shapes PyTorch gives them.
 *
 * @param values other numbers for the same parameters, flat as {@link Parameters.toFlat} orders them (an average, say)
 */
export function saveParameters(
  path: string,
  parameters: Parameters,
  options: { format?: FloatFormat; values?: Float32Array; metadata?: Readonly<Record<string, string>> } = {},
): void {
  const flat = options.values ?? parameters.toFlat();
  if (flat.length !== parameters.count) {
    throw new RangeError(`got ${flat.length} values for ${parameters.count} parameters`);
  }
  writeSafetensors(path, onDisk(parameters, flat), options);
}

/**
 * Reads parameters written by {@link saveParameters}, or by diffusers.
 *
 * @throws RangeError if names or shapes differ from the network's, or a value is not finite; nothing is assigned then
 */
export function loadParameters(path: string, parameters: Parameters): void {
  readSafetensors(path, (file) => {
    const constants = parameters.constants;
    const expected = new Set([...parameters.names, ...constants.map(({ name }) => name)]);
    const unknown = [...file.entries.keys()].filter((name) => !expected.has(name));
    const missing = [...expected].filter((name) => !file.entries.has(name));
    if (missing.length > 0 || unknown.length > 0) {
      throw new RangeError(
        `${path} is of another network: ${missing.length} parameters missing (${missing.slice(0, 3).join(", ")}), ` +
          `${unknown.length} unknown (${unknown.slice(0, 3).join(", ")})`,
      );
    }
    const flat = new Float32Array(parameters.count);
    let offset = 0;
    for (const parameter of parameters) {
      flat.set(inMemory(parameter, file), offset);
      offset += parameter.variable.size;
    }
    const fixed = constants.map((constant) => inMemory(constant, file));
    parameters.assignFlat(flat);
    constants.forEach(({ variable }, i) => tf.tidy(() => variable.assign(tf.tensor(fixed[i], variable.shape, "float32"))));
  });
}

function* onDisk(parameters: Parameters, flat: Float32Array): Generator<[string, NamedTensor]> {
  let offset = 0;
  for (const { name, kind, variable } of parameters) {
    const values = flat.subarray(offset, offset + variable.size);
    yield [name, permuted(values, variable.shape, toDisk(kind))];
    offset += variable.size;
  }
  for (const { name, variable } of parameters.constants) {
    yield [name, { shape: variable.shape, values: variable.dataSync() as Float32Array }];
  }
}

function inMemory({ name, kind, variable }: Parameter, file: SafetensorsFile): Float32Array {
  const expected = diskShape(variable.shape, kind);
  const { shape } = file.entries.get(name)!;
  if (shape.length !== expected.length || shape.some((n, i) => n !== expected[i])) {
    throw new RangeError(`"${name}" has shape [${shape}] in ${file.path}, the network has [${expected}]`);
  }
  const { values } = permuted(file.read(name).values, shape, toMemory(kind));
  if (!values.every(Number.isFinite)) throw new RangeError(`"${name}" in ${file.path} has a value that is not finite`);
  return values;
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
