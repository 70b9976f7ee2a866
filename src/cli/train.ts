/** `npm run train`: trains a recipe's model, saves as it goes, and goes on where it stopped. */
import { existsSync, rmSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import * as tf from "../runtime/tf.js";
import { type Precision } from "../compile/index.js";
import { requirePrecision } from "../compile/precision.js";
import { writeFileAtomically } from "../files/index.js";
import { readTextFile } from "../files/text-file.js";
import type { TrainingRecord } from "../families/index.js";
import { Trainer, TrainingDivergedError, type StepReport } from "../training/index.js";
import { wholeNumber } from "../base/arguments.js";
import { Fields, parseJson } from "../base/fields.js";
import { ProgressLine } from "../base/progress-line.js";
import { recipeNamed, recipes } from "../families/recipes.js";
import { runMain } from "../base/run-main.js";

const HELP = `npm run train -- RECIPE [options]

Trains a model, saves as it goes, and goes on where an earlier run of the same recipe stopped.
Ctrl-C saves and ends; the same command continues to the same numbers.

Recipes
${Object.entries(recipes)
  .map(([name, recipe]) => `  ${name.padEnd(18)}${recipe.description} (${recipe.steps} steps)`)
  .join("\n")}

Options
  --steps N        steps in total (default: the recipe's)
  --batch N        examples a step (default: the recipe's)
  --seed N         default 0
  --precision P    float32 (default), or bf16: convolutions and products with operands of 8 bits, about a quarter
                   faster, on processors with AVX512_BF16 or AMX_BF16
  --run DIR        where the state lies (default runs/RECIPE)
  --fresh          forget an earlier run and start again
  --export DIR     write the finished model there, weights in float16 (default: the run's folder, float32)
  --save-every N   steps between saves (default 250)
`;

interface RunFile {
  readonly recipe: string;
  readonly seed: number;
  readonly batchSize: number;
  readonly steps: number;
  readonly precision: Precision;
  /** Seconds spent training so far. */
  seconds: number;
}

await runMain(HELP, async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      steps: { type: "string" },
      batch: { type: "string" },
      seed: { type: "string" },
      precision: { type: "string", default: "float32" },
      run: { type: "string" },
      fresh: { type: "boolean" },
      export: { type: "string" },
      "save-every": { type: "string" },
    },
  });
  const name = positionals[0];
  const recipe = recipeNamed(name);
  const folder = values.run ?? join("runs", name);
  const statePath = join(folder, "state.safetensors");
  const runPath = join(folder, "run.json");

  const asked = {
    recipe: name,
    seed: wholeNumber("--seed", values.seed, 0, 0),
    batchSize: wholeNumber("--batch", values.batch, recipe.batchSize),
    steps: wholeNumber("--steps", values.steps, recipe.steps),
    precision: precisionNamed(values.precision),
  };
  const saveEvery = wholeNumber("--save-every", values["save-every"], 250);
  const run = values.fresh ? { ...asked, seconds: 0 } : openRun(runPath, asked);
  const made = recipe.make(run);
  const trainer = new Trainer(made.task, { ...recipe.trainerOptions(run.steps), precision: run.precision });
  // Everything that was asked for is possible: only now may an earlier run be forgotten.
  if (values.fresh) for (const path of [statePath, runPath]) rmSync(path, { force: true });
  if (existsSync(statePath)) {
    trainer.restore(statePath);
    process.stdout.write(`continuing ${folder} at step ${trainer.step} of ${run.steps}\n`);
  }

  const saveRun = (): void => writeFileAtomically(runPath, `${JSON.stringify(run, null, 2)}\n`);
  const save = (): void => {
    // A state without its run would go on with any numbers that are asked for.
    if (!existsSync(runPath)) saveRun();
    trainer.save(statePath);
    saveRun();
  };
  const finished = await trainWithProgress(trainer, run, saveEvery, save);
  if (!finished) {
    process.stdout.write(
      `stopped at step ${trainer.step} of ${run.steps}, saved in ${folder}; the same command goes on\n`,
    );
    return;
  }
  const record = recordOf(run, trainer, made.examples, values.export);
  const target = { folder: values.export ?? folder, format: values.export ? "F16" : "F32" } as const;
  const result = await made.save({ ...target, trainer, record });
  process.stdout.write(`${result ? `${result}\n` : ""}the model (average of the parameters) is in ${target.folder}\n`);
});

/** @throws RangeError for an unknown precision, or one this machine cannot compute in */
function precisionNamed(name: string): Precision {
  requirePrecision(name as Precision);
  const graphs = tf.getBackend() === "tensorflow" && process.env["DIFFUSION_LAB_COMPILE"] !== "0";
  if (name === "bf16" && !graphs) {
    throw new RangeError(
      "--precision bf16 is for steps recorded as a graph: it needs native TensorFlow (npm run doctor) and no DIFFUSION_LAB_COMPILE=0",
    );
  }
  return name as Precision;
}

/** The run as it was begun, if there is one: other numbers than it was begun with are refused. */
function openRun(path: string, asked: Omit<RunFile, "seconds">): RunFile {
  if (!existsSync(path)) return { ...asked, seconds: 0 };
  const begun = readRun(path);
  for (const key of ["recipe", "seed", "batchSize", "steps", "precision"] as const) {
    if (begun[key] !== asked[key]) {
      throw new RangeError(
        `${path} was begun with ${key} ${begun[key]}, asked is ${asked[key]}: give --fresh to start again, or another --run`,
      );
    }
  }
  return begun;
}

/** @throws RangeError naming the file and the key that is no part of a run */
function readRun(path: string): RunFile {
  const fields = new Fields(path, parseJson(path, readTextFile(path)));
  const run: RunFile = {
    recipe: fields.string("recipe"),
    seed: fields.number("seed", { whole: true, least: 0 }),
    batchSize: fields.number("batchSize", { whole: true, least: 1 }),
    steps: fields.number("steps", { whole: true, least: 1 }),
    // Runs that are older than bf16 do not name it.
    precision: fields.oneOf("precision", ["float32", "bf16"], "float32"),
    seconds: fields.number("seconds", { least: 0 }),
  };
  fields.finish("give --fresh to start again, or another --run");
  return run;
}

/** What a step tells besides its loss: the loss of each further player, and each player's metrics. */
function partsOfLoss(phases: StepReport["phases"]): string[] {
  return Object.entries(phases).flatMap(([name, { loss, metrics }], i) => [
    ...(i === 0 ? [] : [`${name} ${loss.toPrecision(4)}`]),
    ...Object.entries(metrics).map(([metric, value]) => `${metric} ${value.toPrecision(4)}`),
  ]);
}

/** Resolves with false if Ctrl-C stopped it. The state is saved every `saveEvery` steps and at the end. */
async function trainWithProgress(
  trainer: Trainer,
  run: RunFile,
  saveEvery: number,
  save: () => void,
): Promise<boolean> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGINT", onSignal).once("SIGTERM", onSignal);
  const line = new ProgressLine(run.steps, trainer.step);
  let last = performance.now();
  let smoothed = trainer.losses.at(-1) ?? NaN;
  try {
    await trainer.run(Math.max(0, run.steps - trainer.step), {
      signal: stop.signal,
      onStep: ({ step, loss, learningRate, phases }) => {
        const now = performance.now();
        run.seconds += (now - last) / 1000;
        last = now;
        smoothed = Number.isNaN(smoothed) ? loss : 0.98 * smoothed + 0.02 * loss;
        const rate = line.rate(step) * run.batchSize;
        const speed = `${rate.toFixed(0)} examples/s  rate ${learningRate.toExponential(1)}`;
        line.show(step, [`loss ${smoothed.toFixed(4)}`, ...partsOfLoss(phases), speed].join("  "));
        if (step % saveEvery === 0) save();
      },
    });
  } catch (error) {
    // The trainer still holds the last good step.
    if (error instanceof TrainingDivergedError) save();
    throw error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
    line.end();
  }
  save();
  return trainer.step >= run.steps;
}

function recordOf(run: RunFile, trainer: Trainer, examples: number, exported: string | undefined): TrainingRecord {
  const { recipe, seed, batchSize, steps, precision, seconds } = run;
  const stride = Math.max(1, Math.ceil(steps / 200));
  const means: number[] = [];
  for (let i = 0; i < trainer.losses.length; i += stride) {
    const stretch = trainer.losses.slice(i, i + stride);
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
    batchSize,
    precision,
    examples,
    seconds: Math.round(seconds),
    machine: `${cpus().length} cores, ${cpus()[0]?.model ?? "unknown"}`,
    date: new Date().toISOString().slice(0, 10),
    lossCurve: { stride, means },
  };
}
