/** The file a training continues from. */
import { createHash } from "node:crypto";
import {
  readSafetensors,
  SafetensorsError,
  writeSafetensors,
  type NamedTensor,
  type SafetensorsFile,
} from "../files/index.js";
import type { ParameterView } from "../nn/index.js";
import type { PhaseState } from "./phase-step.js";
import type { StepState } from "./step.js";
import type { TrainingTask } from "./task.js";

/** A training as it is saved: the step's state, and the loss of every step so far. */
export interface TrainingState extends StepState {
  readonly losses: Float64Array;
}

type Vectors = ReadonlyMap<string, Float32Array>;

/**
 * One file for all phases, so that one rename replaces the whole state. A digest tells a damaged file; one for each phase
 * tells whose it is: the names and shapes of what the phase trains, and the numbers that never change.
 *
 * | tensor | |
 * |---|---|
 * | `PHASE/values`, `PHASE/average` | the parameters, flat, and their moving average |
 * | `PHASE/optimiser/NAME` | each vector of the optimiser's state |
 * | `PHASE/buffer/NAME` | each buffer |
 * | `memory`, `losses` | of the task's feedback; of every step so far (float64 as pairs of float32) |
 */
export function writeTrainingState(path: string, { phases }: TrainingTask, state: TrainingState): void {
  const vectors = new Map<string, Float32Array>();
  const metadata: Record<string, string> = {};
  for (const { name, trains } of phases) {
    const { values, average, optimiser, buffers } = state.phases[name];
    vectors.set(`${name}/values`, values).set(`${name}/average`, average);
    for (const [key, vector] of Object.entries(optimiser)) vectors.set(`${name}/optimiser/${key}`, vector);
    for (const [key, vector] of Object.entries(buffers)) vectors.set(`${name}/buffer/${key}`, vector);
    metadata[`network/${name}`] = networkDigest(trains);
  }
  vectors.set("memory", state.memory).set("losses", new Float32Array(state.losses.slice().buffer));
  const sorted = [...vectors.keys()].sort().map((name) => [name, vectors.get(name)!] as const);
  metadata.digest = valuesDigest(sorted);
  const tensors = sorted.map(([name, values]): [string, NamedTensor] => [name, { shape: [values.length], values }]);
  writeSafetensors(path, tensors, { metadata });
}

/**
 * Reads what {@link writeTrainingState} wrote, and what versions before tasks had phases did.
 *
 * @throws SafetensorsError if the file is damaged or no training state; RangeError if it is of another network, of other
 *   phases, or of times that remember other losses; Error if it is missing
 */
export function readTrainingState(path: string, { phases, feedback }: TrainingTask): TrainingState {
  return readSafetensors(path, (file) => {
    if (file.entries.has("values")) return readFormer(path, file, { phases, feedback });
    const names = [...file.entries.keys()].sort();
    const saved = new Set(names.filter((name) => name.includes("/")).map((name) => name.split("/", 1)[0]));
    const needed = ["losses", "memory", ...[...saved].flatMap((phase) => [`${phase}/values`, `${phase}/average`])];
    requireAll(path, file, saved.size === 0 ? ["values", ...needed] : needed);
    const expected = phases.map(({ name }) => name);
    if (saved.size !== expected.length || expected.some((name) => !saved.has(name))) {
      throw new RangeError(
        `${path} is the state of a training with the phases ${[...saved].join(", ")}, this one has ${expected.join(", ")}`,
      );
    }
    for (const { name, trains } of phases) {
      requireSame(path, file.metadata[`network/${name}`] === networkDigest(trains));
    }
    requireMemory(path, file, feedback);
    const vectors = readAll(path, file, names);
    return {
      phases: Object.fromEntries(expected.map((name) => [name, phaseState(name, vectors)])),
      memory: vectors.get("memory")!,
      losses: float64(vectors.get("losses")!),
    };
  });
}

/** A state of before tasks had phases: one network, trained by AdamW. */
function readFormer(
  path: string,
  file: SafetensorsFile,
  { phases, feedback }: Pick<TrainingTask, "phases" | "feedback">,
): TrainingState {
  // Files of before tasks had a memory have none.
  const memory = file.entries.has("memory") ? ["memory"] : [];
  const names = ["values", "mean", "meanSquare", "average", ...memory, "losses"];
  requireAll(path, file, names);
  const [{ name, trains }] = phases;
  requireSame(path, phases.length === 1 && isFormerOf(trains, file));
  requireMemory(path, file, feedback);
  const vectors = readAll(path, file, names);
  const [values, mean, meanSquare, average] = names.map((key) => vectors.get(key)!);
  return {
    phases: { [name]: { values, average, optimiser: { mean, meanSquare }, buffers: {} } },
    memory: vectors.get("memory") ?? new Float32Array(0),
    losses: float64(vectors.get("losses")!),
  };
}

function isFormerOf(network: ParameterView, { metadata, entries }: SafetensorsFile): boolean {
  if (entries.get("values")!.shape[0] !== network.count) return false;
  if (metadata["network"] !== undefined) return metadata["network"] === networkDigest(network);
  // Files of still earlier versions know the names only.
  return metadata["parameters"] === createHash("sha256").update(network.names.join("\n")).digest("hex");
}

function phaseState(phase: string, vectors: Vectors): PhaseState {
  const below = (prefix: string): Record<string, Float32Array> => {
    const entries = [...vectors].filter(([name]) => name.startsWith(prefix));
    return Object.fromEntries(entries.map(([name, vector]) => [name.slice(prefix.length), vector]));
  };
  return {
    values: vectors.get(`${phase}/values`)!,
    average: vectors.get(`${phase}/average`)!,
    optimiser: below(`${phase}/optimiser/`),
    buffers: below(`${phase}/buffer/`),
  };
}

function requireAll(path: string, { entries }: SafetensorsFile, names: readonly string[]): void {
  const missing = names.filter((name) => !entries.has(name));
  if (missing.length === 0) return;
  throw new SafetensorsError(`${path} is not a training state: it lacks ${missing.join(", ")}`);
}

function requireSame(path: string, same: boolean): void {
  if (same) return;
  throw new RangeError(`${path} is the state of another network: delete it, or train the network it was made with`);
}

function requireMemory(path: string, { entries }: SafetensorsFile, feedback: TrainingTask["feedback"]): void {
  const remembered = entries.get("memory")?.shape[0] ?? 0;
  const expected = feedback?.save().length ?? 0;
  if (remembered === expected) return;
  throw new RangeError(
    `${path} remembers losses in ${remembered} numbers, this task in ${expected}: train with the same times as before`,
  );
}

function readAll(path: string, file: SafetensorsFile, names: readonly string[]): Vectors {
  const vectors = new Map(names.map((name) => [name, file.read(name).values]));
  if (file.metadata["digest"] === valuesDigest(vectors)) return vectors;
  throw new SafetensorsError(`${path} is damaged: its contents do not match its digest`);
}

function float64(pairs: Float32Array): Float64Array {
  return new Float64Array(pairs.slice().buffer);
}

function networkDigest(network: ParameterView): string {
  const hash = createHash("sha256");
  for (const { name, variable } of network) hash.update(`${name} [${variable.shape}]\n`);
  for (const { name, variable } of network.constants) {
    hash.update(`${name} [${variable.shape}] constant\n`).update(bytesOf(variable.dataSync() as Float32Array));
  }
  for (const { name, variable } of network.buffers) hash.update(`${name} [${variable.shape}] buffer\n`);
  return hash.digest("hex");
}

function valuesDigest(vectors: Iterable<readonly [string, Float32Array]>): string {
  const hash = createHash("sha256");
  for (const [name, values] of vectors) hash.update(name).update(bytesOf(values));
  return hash.digest("hex");
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
