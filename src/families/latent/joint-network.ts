/** Text encoder and U-Net as one network, which learns from tokens. */
import * as tf from "../../runtime/tf.js";
import { Parameters } from "../../nn/index.js";
import type { TrainedTimeNetwork } from "../diffusion/network-denoiser.js";
import type { LatentTextEncoder, LatentUNet } from "./parts.js";

/** Names of the two parts among the joint parameters. */
export const JOINT_PARTS = ["unet", "text_encoder"] as const;

/**
 * A network of latents, time and the condition `tokens`, int32 [N, positions]: the U-Net, attending to the text encoder's
 * last states. Training it trains both; each keeps its own parameters, so that they are saved as two folders.
 *
 * Source: Rombach et al. 2022, section 3.3: τ_θ and ε_θ are optimised jointly, equation 3.
 */
export function jointNetwork(unet: LatentUNet, textEncoder: LatentTextEncoder): TrainedTimeNetwork {
  const positions = textEncoder.config.max_position_embeddings;
  return {
    parameters: Parameters.join({ unet: unet.parameters, text_encoder: textEncoder.parameters }),
    conditions: { tokens: { dtype: "int32", shape: [positions], below: textEncoder.config.vocab_size } },
    apply: (x, timestep, condition = {}, training) =>
      tf.tidy(() => {
        const context = textEncoder.apply(condition["tokens"] as tf.Tensor2D);
        return unet.apply(x, timestep, { context }, training);
      }),
  };
}

/** Joint values, flat (an average, say), as those of each part. @throws RangeError for another number of them */
export function partsOfJoint(
  { unet, textEncoder }: { readonly unet: LatentUNet; readonly textEncoder: LatentTextEncoder },
  values: Float32Array,
): Readonly<Record<(typeof JOINT_PARTS)[number], Float32Array>> {
  const [first, second] = [unet.parameters.count, textEncoder.parameters.count];
  if (values.length !== first + second) {
    throw new RangeError(
      `got ${values.length} values for ${first} parameters of the U-Net and ${second} of the text encoder`,
    );
  }
  return { unet: values.subarray(0, first), text_encoder: values.subarray(first) };
}
