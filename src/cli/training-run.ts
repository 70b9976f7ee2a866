/** The run of a recipe as `run.json` keeps it: what it was begun with, how to go on, and the record of a finished one. */
import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { Fields, parseJson } from "../base/fields.js";
import type { Precision } from "../compile/index.js";
import { writeFileAtomically } from "../files/index.js";
import { readTextFile } from "../files/text-file.js";
import type { TrainingRecord } from "../families/index.js";
import { recipes } from "../families/recipes.js";

export interface RunFile {
  readonly recipe: string;
  readonly seed: number;
  readonly batchSize: number;
  readonly steps: number;
  /** Lengths it had before it was lengthened: until then it trained with the learning rates of those. */
  readonly formerSteps?: readonly number[];
  readonly precision: Precision;
  /** Seconds spent training so far. */
  seconds: number;
}

/** Where a run and its model lie, if not where they usually do. */
export interface Places {
  readonly run?: string;
  readonly export?: string;
}

/**
 * The run as it was begun, if there is one, with more steps if more are asked for.
 *
 * @throws RangeError for other numbers than it was begun with, naming the command that goes on
 */
export function openRun(path: string, asked: Omit<RunFile, "seconds">, places: Places): RunFile {
  if (!existsSync(path)) return { ...asked, seconds: 0 };
  const begun = readRun(path);
  for (const key of ["recipe", "seed", "batchSize", "precision"] as const) {
    if (begun[key] !== asked[key]) refuseOther(path, key, begun, asked, places);
  }
  if (asked.steps < begun.steps) refuseOther(path, "steps", begun, asked, places);
  if (asked.steps === begun.steps) return begun;
  return { ...begun, steps: asked.steps, formerSteps: [...(begun.formerSteps ?? []), begun.steps] };
}

function refuseOther(
  path: string,
  key: "recipe" | "seed" | "batchSize" | "steps" | "precision",
  begun: RunFile,
  asked: Omit<RunFile, "seconds">,
  places: Places,
): never {
  throw new RangeError(
    `${path} was begun with ${key} ${begun[key]}, asked is ${asked[key]}: give --fresh to start again, or another --run; ` +
      `to go on: ${commandOf(begun, places)}`,
  );
}

/** @throws RangeError naming the file and the key that is no part of a run */
function readRun(path: string): RunFile {
  const remedy = "give --fresh to start again, or another --run";
  try {
    const fields = new Fields(path, parseJson(path, readTextFile(path)));
    const run: RunFile = {
      recipe: fields.string("recipe"),
      seed: fields.number("seed", { whole: true, least: 0 }),
      batchSize: fields.number("batchSize", { whole: true, least: 1 }),
      steps: fields.number("steps", { whole: true, least: 1 }),
      ...(fields.has("formerSteps") && { formerSteps: fields.numbers("formerSteps", { whole: true, least: 1 }) }),
      // Runs that are older than bf16 do not name it.
      precision: fields.oneOf("precision", ["float32", "bf16"], "float32"),
      seconds: fields.number("seconds", { least: 0 }),
    };
    fields.finish();
    return run;
  } catch (error) {
    throw new RangeError(`${(error as Error).message}; ${remedy}`, { cause: error });
  }
}

export function saveRun(path: string, run: RunFile): void {
  writeFileAtomically(path, `${JSON.stringify(run, null, 2)}\n`);
}

/** The command that goes on with a run: what it was begun with, where that is not the recipe's or the usual. */
export function commandOf({ recipe, steps, batchSize, seed, precision }: RunFile, places: Places): string {
  const usual = recipes[recipe];
  const options = {
    ...(steps !== usual?.steps && { steps }),
    ...(batchSize !== usual?.batchSize && { batch: batchSize }),
    ...(seed !== 0 && { seed }),
    ...(precision !== "float32" && { precision }),
    ...places,
  };
  const words = Object.entries(options).map(([name, value]) => `--${name} ${shellWord(String(value))}`);
  return ["npm run train --", recipe, ...words].join(" ");
}

/** As a shell takes it for one word. */
function shellWord(text: string): string {
  return /^[\w./~-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** How the finished model came to be. */
export function recordOf(
  run: RunFile,
  losses: readonly number[],
  examples: number,
  exported: string | undefined,
): TrainingRecord {
  const { recipe, seed, batchSize, steps, formerSteps, precision, seconds } = run;
  const stride = Math.max(1, Math.ceil(steps / 200));
  const means: number[] = [];
  for (let i = 0; i < losses.length; i += stride) {
    const stretch = losses.slice(i, i + stride);
    means.push(Number((stretch.reduce((sum, loss) => sum + loss, 0) / stretch.length).toPrecision(5)));
  }
  const command = [
    `npm run train -- ${recipe} --steps ${steps} --batch ${batchSize} --seed ${seed}`,
    precision === "float32" ? "" : ` --precision ${precision}`,
    exported ? ` --export ${exported}` : "",
  ].join("");
  return {
    command,
    seed,
    steps,
    ...(formerSteps && { formerSteps }),
    batchSize,
    precision,
    examples,
    seconds: Math.round(seconds),
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown"}`,
    date: new Date().toISOString().slice(0, 10),
    lossCurve: { stride, means },
  };
}
