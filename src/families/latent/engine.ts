/** The graphs of a pipeline: its U-Net as samplers see it, its decoder, and the rough picture of latents. */
import { compile, type Compiled } from "../../compile/index.js";
import { networkTime, type GaussianPath, type Prediction } from "../../diffusion/index.js";
import * as tf from "../../runtime/tf.js";
import { networkDenoiser, type NetworkDenoiser } from "../diffusion/network-denoiser.js";
import { withPicture } from "./input-network.js";
import type { LatentAutoencoder, LatentUNet } from "./parts.js";
import { fittedPreview, type Preview } from "./preview.js";

/** What a U-Net is asked for: it stays while schedulers change. */
export interface Asked {
  readonly path: GaussianPath;
  readonly predicts: Prediction;
  /** The network is told the nearest whole time. */
  readonly wholeTimes: boolean;
}

/** Graphs are recorded when they are first needed, and shared by all models of the same networks. */
export class LatentEngine {
  private readonly denoisers = new Map<string, NetworkDenoiser>();
  private readonly decoder: Compiled<{ z: tf.Tensor4D }, { x: tf.Tensor4D }>;
  private fitted: Preview | undefined;

  constructor(
    private readonly unet: LatentUNet,
    private readonly vae: LatentAutoencoder,
  ) {
    this.decoder = compile(
      ({ z }: { z: tf.Tensor4D }) => ({ x: tf.clipByValue(vae.decode(vae.unscaleLatents(z)), -1, 1) }),
      { name: "decoder of the latents", captures: vae.parameters.tensors, frozen: true },
    );
  }

  /** The U-Net as samplers see it. */
  denoiser({ path, predicts, wholeTimes }: Asked): NetworkDenoiser {
    const key = JSON.stringify([path.config, predicts, wholeTimes]);
    const known = this.denoisers.get(key);
    if (known) return known;
    const network = withPicture(this.unet, this.vae.config.latent_channels);
    const clock = wholeTimes ? { clock: (t: tf.Tensor1D) => tf.round(networkTime(t)) as tf.Tensor1D } : {};
    const made = networkDenoiser(network, path, { predicts, ...clock });
    this.denoisers.set(key, made);
    return made;
  }

  /** Latents [N, h, w, C] as pictures in [−1, 1], one after the other. The caller disposes them. */
  decode(latents: tf.Tensor4D): tf.Tensor4D {
    return tf.tidy(() => {
      const single = (_: unknown, i: number) => this.decoder({ z: tf.slice(latents, [i, 0, 0, 0], [1, -1, -1, -1]) }).x;
      return tf.concat(Array.from({ length: latents.shape[0] }, single), 0);
    });
  }

  /** {@link fittedPreview}, fitted when it is first asked for. The caller disposes it. */
  preview(latents: tf.Tensor4D): tf.Tensor4D {
    this.fitted ??= fittedPreview(this.vae);
    return this.fitted(latents);
  }

  /** Frees the graphs; the networks stay. */
  dispose(): void {
    for (const denoiser of this.denoisers.values()) denoiser.dispose();
    this.denoisers.clear();
    this.decoder.dispose();
  }
}
