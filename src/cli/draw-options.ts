/** What the commands that draw share: options of every model and those its family brings, and progress. */
import { finiteNumber, optional, wholeNumber } from "../base/arguments.js";
import { ProgressLine } from "../base/progress-line.js";
import { percent } from "../base/words.js";
import { families } from "../families/list.js";
import type { DrawOption } from "../families/family.js";
import type { DrawRequest, GenerativeModel } from "../families/model.js";
import type * as tf from "../runtime/tf.js";
import { maskOption, pictureOption } from "./picture-option.js";

const ofFamilies: Readonly<Record<string, DrawOption>> = Object.assign({}, ...families.map(({ options }) => options));

/** What `parseArgs` is told of them. */
export const drawArguments = {
  ...Object.fromEntries(Object.keys(ofFamilies).map((name) => [name, { type: "string" } as const])),
  n: { type: "string" },
  class: { type: "string" },
  prompt: { type: "string" },
  seed: { type: "string" },
  batch: { type: "string" },
} as const;

/** Lines of help for the options that families bring, in the columns of a command's help. */
export const familyOptionsHelp = Object.entries(ofFamilies)
  .map(([name, { placeholder, about }]) => {
    const [first, ...more] = about.split("\n");
    const lines = [`  ${`--${name} ${placeholder}`.padEnd(17)}${first}`, ...more.map((line) => " ".repeat(19) + line)];
    return lines.join("\n");
  })
  .join("\n");

/** What a command was told, as a request; the model refuses what it does not know. */
export function drawRequest(
  values: Readonly<Record<string, string | boolean | undefined>>,
  defaults: { readonly count: number; readonly seed: number },
): DrawRequest {
  const text = (name: string): string | undefined => values[name] as string | undefined;
  const label = optional(text("class"), (given) => wholeNumber("--class", given, 0, 0));
  const prompt = text("prompt");
  const condition = { ...(label !== undefined && { label }), ...(prompt !== undefined && { prompt }) };
  const given = Object.entries(ofFamilies).flatMap(([name, { kind, key = name }]) => {
    const value = text(name);
    return value === undefined ? [] : [[key, read[kind](`--${name}`, value)] as const];
  });
  return {
    // A prompt asks for a picture, a class for a sheet of them.
    count: wholeNumber("--n", text("n"), prompt === undefined ? defaults.count : 1),
    seed: wholeNumber("--seed", text("seed"), defaults.seed, 0),
    ...batchOf(text("batch")),
    ...(Object.keys(condition).length > 0 && { condition }),
    ...Object.fromEntries(given),
  };
}

/** Left to the model where nothing is said: one of large pictures draws few at once. */
function batchOf(given: string | undefined): { readonly batchSize?: number } {
  return given === undefined ? {} : { batchSize: wholeNumber("--batch", given, 1) };
}

const read: Readonly<Record<DrawOption["kind"], (option: string, given: string) => number | string | tf.Tensor>> = {
  whole: (option, given) => wholeNumber(option, given, 0),
  number: (option, given) => finiteNumber(option, given, 0),
  name: (_option, given) => given,
  picture: pictureOption,
  mask: maskOption,
};

/** Draws with a line of progress that moves with every step. The caller disposes the examples. */
export async function drawWithProgress(
  model: GenerativeModel,
  request: DrawRequest,
  title: string,
): Promise<tf.Tensor> {
  const line = new ProgressLine(request.count);
  const onProgress = (done: number): void => line.show(done * request.count, `${percent(done, 0)}  ${title}`);
  try {
    return await model.draw({ ...request, onProgress });
  } finally {
    line.end();
  }
}
