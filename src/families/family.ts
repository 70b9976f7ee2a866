/** What a family of models brings: its recipes, how its folders are opened, and its options of drawing. */
import type { FloatFormat } from "../files/index.js";
import type { Trainer, TrainerOptions, TrainingTask } from "../training/index.js";
import type { GenerativeModel } from "./model.js";
import type { TrainingRecord } from "./record.js";

/** What `npm run train` needs to train a model; it knows no family. */
export interface Recipe {
  /** One line for the list of recipes. */
  readonly description: string;
  readonly steps: number;
  /** Examples a step. */
  readonly batchSize: number;
  /** @param steps the whole length of the training, for schedules of the learning rate */
  trainerOptions(steps: number): TrainerOptions;
  /**
   * @param run.steps the whole length, for a loss that changes over it
   * @param run.note told a line before what takes longer than a second or two
   */
  make(run: {
    readonly seed: number;
    readonly batchSize: number;
    readonly steps: number;
    readonly note?: (line: string) => void;
  }): RecipeRun;
}

/** A recipe made ready to run. */
export interface RecipeRun {
  readonly task: TrainingTask;
  /** Examples in the training data. */
  readonly examples: number;
  /** Writes the finished model. Resolves with a line to print, such as a measured accuracy, or with nothing. */
  save(target: SaveTarget): Promise<string | void>;
}

/** Where and how a finished training is written: its averaged parameters, which `trainer` holds. */
export interface SaveTarget {
  readonly folder: string;
  readonly trainer: Trainer;
  readonly record: TrainingRecord;
  readonly format: FloatFormat;
}

/** An option of drawing, as a command line offers it. */
export interface DrawOption {
  /**
   * "whole" numbers and "numbers" are parsed; a "name" is handed on as it is. A "picture" is a file, read as a tensor [H, W, 3]
   * in [−1, 1]; a "mask" one, [H, W] in [0, 1].
   */
  readonly kind: "whole" | "number" | "name" | "picture" | "mask";
  /** Its name in the request, where that is another than on the command line. */
  readonly key?: string;
  /** What the help shows for the value: "N", "NAME". */
  readonly placeholder: string;
  /** One or more lines of help. */
  readonly about: string;
}

/** A family of generative models. Adding one is adding its folder and a line in `families/list.ts`. */
export interface Family {
  readonly name: string;
  /** The `_class_name`s of `model_index.json` that it opens. */
  readonly pipelines: readonly string[];
  readonly recipes: Readonly<Record<string, Recipe>>;
  /** Options of {@link GenerativeModel.draw} besides those of every family, by name. */
  readonly options: Readonly<Record<string, DrawOption>>;
  /** @throws RangeError, SafetensorsError or Error if the folder holds no such model, before anything is drawn */
  open(folder: string): GenerativeModel;
}
