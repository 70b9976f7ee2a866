/** Every family of generative models, and the way to open a model of whichever. A new family needs one line here. */
import { nearestName } from "../base/check.js";
import { autoencoderFamily } from "./autoencoder/index.js";
import { diffusionFamily } from "./diffusion/family.js";
import type { Family } from "./family.js";
import { flowFamily } from "./flow/index.js";
import { hasIndex, INDEX, readIndex } from "./folder.js";
import { ganFamily } from "./gan/index.js";
import { isOneFile, latentFamily } from "./latent/index.js";
import type { GenerativeModel } from "./model.js";
import { restorationFamily } from "./restoration/family.js";
import { vaeFamily } from "./vae/index.js";

export const families: readonly Family[] = [
  diffusionFamily,
  vaeFamily,
  autoencoderFamily,
  flowFamily,
  ganFamily,
  latentFamily,
  restorationFamily,
];

/**
 * Opens a trained model of whatever family: the one that `model_index.json` names. A folder without an index is a
 * diffusion model's: one of the former layout, or of one network with a scheduler beside it. A `.safetensors` file is a
 * whole Stable Diffusion in one: see `loadLatent`, which takes what such a file does not say.
 *
 * @example
 * const model = loadModel("assets/mnist-unet");
 * const images = await model.draw({ count: 10, seed: 7 });
 *
 * @throws RangeError for a class that no family opens, or a file that says what cannot be obeyed; SafetensorsError or
 *   Error for a file that is damaged or missing
 */
export function loadModel(folder: string): GenerativeModel {
  return familyOf(folder).open(folder);
}

/** @throws RangeError for a class that no family opens */
export function familyOf(folder: string): Family {
  if (isOneFile(folder)) return latentFamily;
  if (!hasIndex(folder)) return diffusionFamily;
  const { className, parts } = readIndex(folder);
  const family = families.find(({ pipelines }) => pipelines.includes(className));
  if (family) return family;
  const known = families.flatMap(({ pipelines }) => pipelines);
  const near = nearestName(className, known);
  const network = ["unet", "transformer"].find((name) => parts.has(name));
  throw new RangeError(
    `${folder}/${INDEX} is of class "${className}"${near ? ` (did you mean ${near}?)` : ""}; what can be opened: ` +
      known.join(", ") +
      (network ? `. Its network alone opens as ${folder}/${network}` : ""),
  );
}
