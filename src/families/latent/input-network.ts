/** The U-Net with pictures among its conditions: they enter by concatenation. */
import * as tf from "../../runtime/tf.js";
import type { TimeNetwork } from "../diffusion/network-denoiser.js";
import type { LatentUNet } from "./parts.js";

/** A network whose input has channels for more than x_t: a U-Net on latents, or on pixels. */
type WithInput = TimeNetwork & { readonly config: Pick<LatentUNet["config"], "in_channels"> };

/** Channels beside those of x_t. */
export function pictureChannels({ config }: Pick<WithInput, "config">, own: number): number {
  return config.in_channels - own;
}

/**
 * A network of x_t whose condition `picture`, [N, h, w, channels], is laid behind the channels of x_t: the mask and the
 * masked picture of an inpainting U-Net, the enlarged picture of one for super-resolution.
 *
 * @param own channels of x_t
 * Source: Rombach et al. 2022, section 3.3 and 4.5.
 */
export function withPicture(unet: WithInput, own: number): TimeNetwork {
  const channels = pictureChannels(unet, own);
  if (channels === 0) return unet;
  return {
    parameters: unet.parameters,
    conditions: { ...unet.conditions, picture: { dtype: "float32", shape: [null, null, channels] } },
    apply: (x, timestep, condition = {}, training) => {
      const { picture, ...rest } = condition;
      return tf.tidy(() => unet.apply(tf.concat([x, picture], -1), timestep, rest, training));
    },
  };
}
