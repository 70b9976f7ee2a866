/** Refuses parts that cannot be one pipeline. */
import type { DiffusionProcess, Prediction, StepRules } from "../../diffusion/index.js";
import type { LatentParts } from "./parts.js";

/**
 * What the scheduler says of the U-Net and of steps, once the parts are found to fit.
 *
 * @throws RangeError naming both parts and the numbers that differ
 */
export function requireFittingParts(
  { unet, vae, textEncoder, tokenizer }: LatentParts,
  { path, prediction, steps }: Pick<DiffusionProcess, "path" | "prediction" | "steps">,
): { readonly predicts: Prediction; readonly rules: StepRules } {
  if (!steps || !path.discrete || prediction === "preconditioned") {
    throw new RangeError(
      `the scheduler has the path "${path.name}"; a latent pipeline needs a discrete one, such as PNDMScheduler's or DDIMScheduler's`,
    );
  }
  const { latent_channels: latents, out_channels: colours } = vae.config;
  const { in_channels: inputs, out_channels: outputs } = unet.config;
  if (outputs !== latents) {
    throw new RangeError(
      `the U-Net gives ${outputs} channels, the autoencoder has latents of ${latents}: they must agree`,
    );
  }
  // Latents; or latents, a mask, and the latents of the masked picture.
  const painting = 2 * latents + 1;
  if (inputs !== latents && inputs !== painting) {
    throw new RangeError(
      `the U-Net takes ${inputs} channels: with latents of ${latents} it must be ${latents}, or ${painting} to paint in a mask`,
    );
  }
  if (vae.config.in_channels !== colours) {
    throw new RangeError(`the autoencoder takes ${vae.config.in_channels} channels and gives ${colours}`);
  }
  const { cross_attention_dim: context } = unet.config;
  const width = textEncoder.config.hidden_size;
  const attended = typeof context === "number" ? [context] : context;
  if (attended.some((channels) => channels !== width)) {
    throw new RangeError(
      `the U-Net attends to ${attended.join(", ")} channels, the text encoder gives ${width}: they are of different pipelines`,
    );
  }
  const { vocab_size: rows } = textEncoder.config;
  if (tokenizer.size > rows) {
    throw new RangeError(
      `the tokenizer has ${tokenizer.size} tokens, the text encoder knows ${rows}: they are of different pipelines`,
    );
  }
  return { predicts: prediction, rules: steps };
}
