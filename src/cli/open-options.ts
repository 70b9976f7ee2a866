/** Options of how a pipeline is opened: LoRA files, learned words, and what a checkpoint in one file does not say. */
import { existsSync } from "node:fs";
import { wholeNumber } from "../base/arguments.js";
import { requireChoice } from "../base/values.js";
import { loadLatent, type LoadLatentOptions } from "../families/index.js";
import { familyOf, loadModel } from "../families/list.js";
import type { GenerativeModel } from "../families/model.js";
import { fromCaller } from "./command-line.js";

/** What `parseArgs` is told of them. */
export const openArguments = {
  lora: { type: "string", multiple: true },
  inversion: { type: "string", multiple: true },
  prediction: { type: "string" },
  heads: { type: "string" },
} as const;

/** Lines of help, in the columns of a command's. */
export const openOptionsHelp = `  --lora FILE[=X]  adds a LoRA's updates to the weights, X times (default 1); may be given several times
  --inversion F[=W]  adds the word of a textual inversion, under the name W; may be given several times
  --prediction P   of a checkpoint in one file that does not say it: noise or velocity
  --heads N[,N…]   of such a file with other widths than Stable Diffusion's: heads of attention, of all levels or of each`;

/** The values of {@link openArguments}. */
export interface OpenValues {
  readonly lora?: readonly string[];
  readonly inversion?: readonly string[];
  readonly prediction?: string;
  readonly heads?: string;
}

/** @throws RangeError for an option that is given to another family than latent diffusion, or one that cannot be read */
export function openModel(folder: string, values: OpenValues): GenerativeModel {
  const options = loadOptions(values);
  const [first] = Object.keys(options);
  if (first === undefined) return loadModel(folder);
  const { name } = familyOf(folder);
  if (name !== "latent") {
    const given = (Object.keys(openArguments) as (keyof OpenValues)[]).find((one) => values[one] !== undefined)!;
    throw new RangeError(`--${given} is of a model that reads prompts; ${folder} is of family ${name}: leave it out`);
  }
  return loadLatent(folder, options);
}

function loadOptions({ lora, inversion, prediction, heads }: OpenValues): LoadLatentOptions {
  if (prediction !== undefined) requireChoice("--prediction", prediction, ["noise", "velocity"]);
  const levels = heads?.split(",").map((given) => wholeNumber("--heads", given, 1));
  return {
    ...(lora && { loras: lora.map((given) => loraOf(given)) }),
    ...(inversion && { inversions: inversion.map((given) => inversionOf(given)) }),
    ...(prediction !== undefined && { prediction: prediction as "noise" | "velocity" }),
    ...(levels && { heads: levels.length === 1 ? levels[0] : levels }),
  };
}

function loraOf(given: string): { readonly file: string; readonly scale?: number } {
  const { file, after } = fileAndMore(given);
  if (after === undefined) return { file };
  const scale = Number(after);
  if (after.trim() === "" || !Number.isFinite(scale)) {
    throw new RangeError(`--lora takes FILE or FILE=SCALE with a number, got "${given}"`);
  }
  return { file, scale };
}

function inversionOf(given: string): { readonly file: string; readonly token?: string } {
  const { file, after } = fileAndMore(given);
  return after === undefined ? { file } : { file, token: after };
}

/** A file whose name has a "=" itself is meant whole where it is there. */
function fileAndMore(given: string): { readonly file: string; readonly after?: string } {
  const at = given.lastIndexOf("=");
  if (at < 0 || existsSync(fromCaller(given))) return { file: fromCaller(given) };
  return { file: fromCaller(given.slice(0, at)), after: given.slice(at + 1) };
}
