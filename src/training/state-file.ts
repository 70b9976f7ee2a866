import { createHash } from "node:crypto";
import { readSafetensors, SafetensorsError, writeSafetensors, type NamedTensor } from "../files/index.js";
import { type Parameters } from "../nn/index.js";
import type { StepState } from "./step.js";
import type { TrainingTask } from "./task.js";

/** A training as it is saved: the step's state, and the loss of every step so far. */
export interface TrainingState extends StepState {
  readonly losses: Float64Array;
}

const ARRAYS = ["values", "mean", "meanSquare", "average", "memory"] as const;

/**
 * One file, so that one rename replaces the whole state; a digest tells a damaged one, another whose it is: the network's
 * names and shapes, and its numbers that are not trained.
 */
export function writeTrainingState(path: string, network: Parameters, state: TrainingState): void {
  const tensors: [string, NamedTensor][] = ARRAYS.map((name) => [name, vector(state[name])]);
  // Losses are float64 here: their bytes travel as pairs of float32.
  tensors.push(["losses", vector(new Float32Array(state.losses.slice().buffer))]);
  writeSafetensors(path, tensors, {
    metadata: { network: networkDigest(network), digest: valuesDigest(tensors) },
  });
}

/**
 * Reads what {@link writeTrainingState} wrote.
 *
 * @throws SafetensorsError if the file is damaged or no training state; RangeError if it is of another network, or of
 *   times that remember other losses; Error if it is missing
 */
export function readTrainingState(path: string, { parameters, feedback }: TrainingTask): TrainingState {
  return readSafetensors(path, (file) => {
    // Files of before tasks had a memory have none.
    const names = [...ARRAYS, "losses"].filter((name) => name !== "memory" || file.entries.has(name));
    const missing = names.filter((name) => !file.entries.has(name));
    if (missing.length > 0)
      throw new SafetensorsError(`${path} is not a training state: it lacks ${missing.join(", ")}`);
    if (!isOf(parameters, file.metadata) || file.entries.get("values")!.shape[0] !== parameters.count) {
      throw new RangeError(`${path} is the state of another network: delete it, or train the network it was made with`);
    }
    const remembered = file.entries.get("memory")?.shape[0] ?? 0;
    const memorySize = feedback?.save().length ?? 0;
    if (remembered !== memorySize) {
      throw new RangeError(
        `${path} remembers losses in ${remembered} numbers, this task in ${memorySize}: train with the same times as before`,
      );
    }
    const tensors = names.map((name): [string, NamedTensor] => [name, file.read(name)]);
    if (file.metadata["digest"] !== valuesDigest(tensors)) {
      throw new SafetensorsError(`${path} is damaged: its contents do not match its digest`);
    }
    const array = new Map(tensors.map(([name, tensor]) => [name, tensor.values]));
    const get = (name: string): Float32Array => array.get(name) ?? new Float32Array(0);
    return {
      values: get("values"),
      mean: get("mean"),
      meanSquare: get("meanSquare"),
      average: get("average"),
      memory: get("memory"),
      losses: new Float64Array(get("losses").slice().buffer),
    };
  });
}

function vector(values: Float32Array): NamedTensor {
  return { shape: [values.length], values };
}

function isOf(network: Parameters, metadata: Readonly<Record<string, string>>): boolean {
  // Files of earlier versions know the names only.
  if (metadata["network"] === undefined) return metadata["parameters"] === namesDigest(network.names);
  return metadata["network"] === networkDigest(network);
}

function namesDigest(names: readonly string[]): string {
  return createHash("sha256").update(names.join("\n")).digest("hex");
}

function networkDigest(network: Parameters): string {
  const hash = createHash("sha256");
  for (const { name, variable } of network) hash.update(`${name} [${variable.shape}]\n`);
  for (const { name, variable } of network.constants) {
    const values = variable.dataSync();
    hash
      .update(`${name} [${variable.shape}] constant\n`)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}

function valuesDigest(tensors: readonly [string, NamedTensor][]): string {
  const hash = createHash("sha256");
  for (const [name, { values }] of tensors) {
    hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest("hex");
}
