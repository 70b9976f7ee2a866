/** Folders of before there was an index: `config.json` and weights of a U-Net, and `diffusion.json`. They still open. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { predictions, pathFromConfig } from "../../diffusion/index.js";
import { readFields } from "../json-files.js";
import { loadNetwork } from "../network-folder.js";
import type { DiffusionModelParts } from "./model.js";

export const OLD_INDEX = "diffusion.json";

export function isOldFolder(folder: string): boolean {
  return existsSync(join(folder, OLD_INDEX));
}

/** @throws RangeError naming what is wrong with `diffusion.json`; as `loadNetwork` does for the others */
export function readOldFolder(folder: string): DiffusionModelParts {
  const path = join(folder, OLD_INDEX);
  const fields = readFields(path, "it says what the network was trained on");
  const schedule = fields.object("schedule");
  const kind = schedule.oneOf("kind", ["linear", "cosine"]);
  const T = schedule.number("T", { whole: true, least: 1 });
  schedule.finish();
  const prediction = fields.oneOf("prediction", predictions);
  const shape = fields.numbers("shape", { whole: true, least: 1 });
  const none = fields.has("unconditionalLabel") ? { unconditionalLabel: fields.number("unconditionalLabel") } : {};
  fields.finish();
  const network = loadNetwork(folder, { expect: "UNet2DModel" });
  return { network, path: pathFromConfig({ kind, T }, path), config: { prediction, shape, ...none } };
}

/** Takes away what such a folder held, once a model with an index stands in its place. */
export function removeOldFolder(folder: string): void {
  if (!isOldFolder(folder)) return;
  for (const name of [OLD_INDEX, "config.json", "diffusion_pytorch_model.safetensors"]) {
    rmSync(join(folder, name), { force: true });
  }
}
