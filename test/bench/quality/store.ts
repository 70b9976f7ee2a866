/** What a study has found, kept in files so that it can be interrupted. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadDigits, Normaliser } from "diffusion-lab/data";
import { Fields, parseJson } from "diffusion-lab/base";
import { writeFileAtomically } from "diffusion-lab/files";
import { CONTESTANTS, type ContestantName, type JudgeSettings } from "./recipe.js";

/** When a training ended: after its minutes, or at the step at which the faster precision ended. */
export type Ending = "minutes" | "equal steps";

/** Which network of the study. */
export interface NetworkKey {
  readonly seed: number;
  readonly contestant: ContestantName;
  readonly ending: Ending;
}

/** How fast a contestant is on a machine of its own. */
export interface Pace {
  /** The fastest of those that were timed: whatever else runs can only slow a step down. */
  readonly stepMs: number;
  /** From the start of the process to the end of its first step. */
  readonly startSeconds: number;
  readonly version: string;
}

export type Paces = Readonly<Partial<Record<ContestantName, Pace>>>;

export interface Training {
  readonly steps: number;
  /** By its own clock, without start-up. */
  readonly seconds: number;
  /** From the start of the process to the end of its first step. */
  readonly startSeconds: number;
  /** See `TrainingClock`. */
  readonly paceMs: number;
  /** Milliseconds of each step but the first. */
  readonly durations: readonly number[];
  readonly version: string;
}

export interface Judgement {
  /** Of the classifier's features, to those of the held-out digits. */
  readonly frechet: number;
  /** Share recognised with a probability above 0.9. */
  readonly recognised: number;
  /** How many fall to each class. */
  readonly histogram: readonly number[];
}

/**
 * What a study has found so far, in a folder, so that it goes on where it was interrupted: for each network a file of
 * weights, one on how it was trained and one for each way it was judged.
 */
export class StudyStore {
  constructor(readonly folder: string) {}

  weights(key: NetworkKey): string {
    return join(this.folder, `${fileName(key)}.safetensors`);
  }

  /** Known only if the weights are there, too. */
  training(key: NetworkKey): Training | undefined {
    if (!existsSync(this.weights(key))) return undefined;
    return readFields(join(this.folder, `${fileName(key)}.training.json`), trainingOf);
  }

  /** The weights come first: see {@link training}. */
  keepTraining(key: NetworkKey, training: Training): void {
    writeJson(join(this.folder, `${fileName(key)}.training.json`), training);
  }

  judgement(key: NetworkKey, settings: JudgeSettings): Judgement | undefined {
    return readFields(this.judgementFile(key, settings), judgementOf);
  }

  keepJudgement(key: NetworkKey, settings: JudgeSettings, judgement: Judgement): void {
    writeJson(this.judgementFile(key, settings), judgement);
  }

  /** Where it was measured beforehand. */
  pace(contestant: ContestantName): Pace | undefined {
    const paces = readFields(this.paceFile, pacesOf);
    return paces?.[contestant];
  }

  keepPaces(paces: Paces): void {
    writeJson(this.paceFile, paces);
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get paceFile(): string {
    // A pace is the same whatever the length of the study.
    return join(dirname(this.folder), "paces.json");
  }

  private judgementFile(key: NetworkKey, { count, sampler, steps, seed }: JudgeSettings): string {
    return join(this.folder, `${fileName(key)}.${sampler}-${steps}-seed-${seed}-n-${count}.json`);
  }
}

/** The training digits in [−1, 1] as raw float32, for those who do not read the library's; written once. */
export function digitsFile({ folder }: StudyStore): string {
  const path = resolve(folder, "digits.f32");
  if (!existsSync(path)) {
    const values = new Normaliser().encode(loadDigits({ split: "train" }).images);
    writeFileAtomically(path, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  }
  return path;
}

function fileName({ seed, contestant, ending }: NetworkKey): string {
  return `seed-${seed}-${contestant}${ending === "minutes" ? "" : "-equal-steps"}`;
}

const notNegative = { least: 0 };
const whole = { whole: true, least: 0 };

function trainingOf(fields: Fields): Training {
  return {
    steps: fields.number("steps", whole),
    seconds: fields.number("seconds", notNegative),
    startSeconds: fields.number("startSeconds", notNegative),
    paceMs: fields.number("paceMs", { above: 0 }),
    durations: fields.numbers("durations", notNegative),
    version: fields.string("version"),
  };
}

function judgementOf(fields: Fields): Judgement {
  return {
    frechet: fields.number("frechet", notNegative),
    recognised: fields.number("recognised", { least: 0, most: 1 }),
    histogram: fields.numbers("histogram", whole),
  };
}

function pacesOf(fields: Fields): Paces {
  return Object.fromEntries(
    CONTESTANTS.filter((name) => fields.has(name)).map((name): [string, Pace] => [name, paceOf(fields.object(name))]),
  );
}

function paceOf(fields: Fields): Pace {
  const pace = {
    stepMs: fields.number("stepMs", { above: 0 }),
    startSeconds: fields.number("startSeconds", notNegative),
    version: fields.string("version"),
  };
  fields.finish();
  return pace;
}

/** What a file holds, or undefined if it is not there. @throws RangeError naming the file and the key that is wrong */
function readFields<T>(path: string, parse: (fields: Fields) => T): T | undefined {
  if (!existsSync(path)) return undefined;
  const fields = new Fields(path, parseJson(path, readFileSync(path, "utf8")));
  const value = parse(fields);
  fields.finish("--fresh forgets what an earlier study has found");
  return value;
}

function writeJson(path: string, value: unknown): void {
  writeFileAtomically(path, `${JSON.stringify(value)}\n`);
}
