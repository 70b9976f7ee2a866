/** `npm run train`: trains a recipe's model, saves as it goes, and goes on where it stopped. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as tf from "../runtime/tf.js";
import { type Precision } from "../compile/index.js";
import { requirePrecision } from "../compile/precision.js";
import { requireWritableFolder } from "../files/index.js";
import { Trainer, TrainingDivergedError, type StepReport } from "../training/index.js";
import { wholeNumber } from "../base/arguments.js";
import { ProgressLine } from "../base/progress-line.js";
import { counted } from "../base/words.js";
import { recipeLines, recipeNamed } from "../families/recipes.js";
import { runMain } from "../base/run-main.js";
import { fromCaller, readCommand } from "./command-line.js";
import { commandOf, openRun, recordOf, saveRun, type RunFile } from "./training-run.js";

const HELP = `npm run train -- RECIPE [options]

Trains a model, saves as it goes, and goes on where an earlier run of the same recipe stopped.
Ctrl-C saves and ends; the same command, without --fresh, continues to the same numbers.

Recipes
${recipeLines(({ steps }) => ` (${counted(steps, "step")})`).join("\n")}

Options
  --steps N        steps in total (default: the recipe's); more than an earlier run's, finished or not, lengthen it
  --batch N        examples a step (default: the recipe's)
  --seed N         default 0
  --precision P    float32 (default), or bf16: convolutions and products with operands of 8 bits, about a quarter
                   faster, on processors with AVX512_BF16 or AMX_BF16
  --run DIR        where the state lies (default runs/RECIPE)
  --fresh          forget an earlier run and start again
  --export DIR     write the finished model there, weights in float16 (default: the run's folder, float32)
  --save-every N   steps between saves (default 250)
`;

await runMain(HELP, async () => {
  const { values, name = "" } = readCommand("recipe", {
    steps: { type: "string" },
    batch: { type: "string" },
    seed: { type: "string" },
    precision: { type: "string", default: "float32" },
    run: { type: "string" },
    fresh: { type: "boolean" },
    export: { type: "string" },
    "save-every": { type: "string" },
  });
  const recipe = recipeNamed(name || undefined);
  const folder = values.run === undefined ? join("runs", name) : fromCaller(values.run);
  const exported = values.export === undefined ? undefined : fromCaller(values.export);
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
  for (const place of [folder, exported]) if (place !== undefined) requireWritableFolder(place);
  const places = { ...(values.run !== undefined && { run: values.run }), ...(exported && { export: values.export }) };
  const run = values.fresh ? { ...asked, seconds: 0 } : openRun(runPath, asked, places);
  const made = recipe.make({ ...run, note: (line) => process.stdout.write(`${line}\n`) });
  const trainer = new Trainer(made.task, { ...recipe.trainerOptions(run.steps), precision: run.precision });
  // Everything that was asked for is possible: only now may an earlier run be forgotten.
  if (values.fresh) for (const path of [statePath, runPath]) rmSync(path, { force: true });
  if (existsSync(statePath)) {
    trainer.restore(statePath);
    const done = trainer.step >= run.steps ? `: it is finished, and a larger --steps goes on` : "";
    process.stdout.write(`continuing ${folder} at step ${trainer.step} of ${run.steps}${done}\n`);
  }

  const save = (): void => {
    // A state without its run would go on with any numbers that are asked for.
    if (!existsSync(runPath)) saveRun(runPath, run);
    trainer.save(statePath);
    saveRun(runPath, run);
  };
  const finished = await trainWithProgress(trainer, run, saveEvery, save);
  if (!finished) {
    process.stdout.write(
      `stopped at step ${trainer.step} of ${run.steps}, saved in ${folder}; to go on: ${commandOf(run, places)}\n`,
    );
    return;
  }
  const record = recordOf(run, trainer.losses, made.examples, values.export);
  const target = { folder: exported ?? folder, format: exported ? "F16" : "F32" } as const;
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
