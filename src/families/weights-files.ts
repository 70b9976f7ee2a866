/** The files that a network's weights lie in: one or several, plain or a variant, under the name of their library. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SafetensorsFile, ShardedSafetensors } from "../files/index.js";
import { shardIndex } from "../files/sharded-safetensors.js";
import type { Library } from "../networks/index.js";

/** What the weights of a library's networks are called. */
export function weightsFile(library: Library): string {
  return library === "transformers" ? "model.safetensors" : "diffusion_pytorch_model.safetensors";
}

/**
 * Opens the weights of a folder.
 *
 * @param weights {@link weightsFile} of the library
 * @throws RangeError for a variant that is no word, Error if there are no such weights
 */
export function openWeights(
  folder: string,
  weights: string,
  variant: string | undefined,
): SafetensorsFile | ShardedSafetensors {
  if (variant !== undefined && !/^[\w.-]+$/.test(variant)) {
    throw new RangeError(`variant is a word in a file's name, such as fp16, got ${JSON.stringify(variant)}`);
  }
  const name = variant === undefined ? weights : weights.replace("safetensors", `${variant}.safetensors`);
  // diffusers writes the variant before "safetensors" in one file and before "json" in an index, formerly before "index".
  const indices =
    variant === undefined
      ? [shardIndex(weights)]
      : [`${weights}.index.${variant}.json`, `${weights}.${variant}.index.json`, shardIndex(name)];
  for (const index of indices) {
    if (existsSync(join(folder, index))) return new ShardedSafetensors(join(folder, index));
  }
  if (existsSync(join(folder, name))) return new SafetensorsFile(join(folder, name));
  const pickles = [weights.replace("safetensors", "bin"), "pytorch_model.bin"];
  const pickled = pickles.some((file) => existsSync(join(folder, file)));
  throw new Error(
    `${folder} has no ${name}${variantsIn(folder, weights)}` +
      (pickled
        ? `; its .bin file is a Python pickle: save it again with save_pretrained(…, safe_serialization=True)`
        : ""),
  );
}

/** The variant that stands in the place of the plain weights. */
export function onlyVariant(folder: string, weights = weightsFile("diffusers")): string | undefined {
  if ([weights, shardIndex(weights)].some((name) => existsSync(join(folder, name)))) return undefined;
  const variants = weightVariants(folder, weights);
  return variants.length === 1 ? variants[0] : undefined;
}

/** What a message says about the variants of the weights that are there. */
function variantsIn(folder: string, weights: string): string {
  const found = weightVariants(folder, weights);
  return found.length === 0
    ? ""
    : `, but the variant ${found.map((one) => `"${one}"`).join(", ")}: name it in options.variant`;
}

/** The variants a folder has its weights in, besides the plain ones. */
function weightVariants(folder: string, weights: string): string[] {
  const stem = weights.replace(".safetensors", "");
  const forms = [
    new RegExp(`^${stem}\\.([a-zA-Z]\\w*)\\.safetensors$`),
    new RegExp(`^${stem}\\.safetensors\\.index\\.(\\w+)\\.json$`),
  ];
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((file) => forms.flatMap((form) => form.exec(file)?.[1] ?? []));
}
