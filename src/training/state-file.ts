import { createHash } from "node:crypto";
import { readSafetensors, SafetensorsError, writeSafetensors, type NamedTensor, type Parameters } from "../nn/index.js";

export interface TrainingState {
  readonly parameters: readonly string[];
  readonly values: Float32Array;
  readonly mean: Float32Array;
  readonly meanSquare: Float32Array;
  readonly average: Float32Array;
  readonly losses: Float64Array;
}

const ARRAYS = ["values", "mean", "meanSquare", "average"] as const;

/** One file, so that one rename replaces the whole state; a digest tells a damaged one. */
export function writeTrainingState(path: string, state: TrainingState): void {
  const tensors: [string, NamedTensor][] = ARRAYS.map((name) => [name, vector(state[name])]);
  // Losses are float64 here: their bytes travel as pairs of float32.
  tensors.push(["losses", vector(new Float32Array(state.losses.slice().buffer))]);
  writeSafetensors(path, tensors, {
    metadata: { parameters: namesDigest(state.parameters), digest: valuesDigest(tensors) },
  });
}

export function readTrainingState(path: string, parameters: Parameters): TrainingState {
  return readSafetensors(path, (file) => {
    const missing = [...ARRAYS, "losses"].filter((name) => !file.entries.has(name));
    if (missing.length > 0) throw new SafetensorsError(`${path} is not a training state: it lacks ${missing.join(", ")}`);
    if (file.metadata["parameters"] !== namesDigest(parameters.names) || file.entries.get("values")!.shape[0] !== parameters.count) {
      throw new RangeError(`${path} is the state of another network: delete it, or train the network it was made with`);
    }
    const tensors = [...ARRAYS, "losses"].map((name): [string, NamedTensor] => [name, file.read(name)]);
    if (file.metadata["digest"] !== valuesDigest(tensors)) {
      throw new SafetensorsError(`${path} is damaged: its contents do not match its digest`);
    }
    const [values, mean, meanSquare, average, losses] = tensors.map(([, tensor]) => tensor.values);
    return {
      parameters: parameters.names,
      values,
      mean,
      meanSquare,
      average,
      losses: new Float64Array(losses.slice().buffer),
    };
  });
}

function vector(values: Float32Array): NamedTensor {
  return { shape: [values.length], values };
}

function namesDigest(names: readonly string[]): string {
  return createHash("sha256").update(names.join("\n")).digest("hex");
}

function valuesDigest(tensors: readonly [string, NamedTensor][]): string {
  const hash = createHash("sha256");
  for (const [name, { values }] of tensors) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}
