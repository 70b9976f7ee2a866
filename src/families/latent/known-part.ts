/** Keeps what a mask leaves of a picture while the rest is drawn, with any sampler. */
import * as tf from "../../runtime/tf.js";
import { lookUp } from "../../diffusion/coefficients.js";
import type { Denoiser } from "../../diffusion/index.js";
import { conversionRow } from "../../diffusion/predictions.js";

/** A picture in latents, where it is to be drawn anew, and the noise that hides the rest on the way. */
export interface KnownPart {
  /** [N, h, w, C], as the U-Net sees them. */
  readonly latents: tf.Tensor;
  /** 1 where it is drawn anew, 0 where it is kept; [N, h, w, 1]. */
  readonly mask: tf.Tensor;
  /** ε of the kept part at every time, [N, h, w, C]. */
  readonly noise: tf.Tensor;
}

/** m·drawn + (1 − m)·kept. */
export function blended(drawn: tf.Tensor, kept: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.add(tf.mul(drawn, mask), tf.mul(kept, tf.sub(1, mask))));
}

/**
 * The denoiser, shown the noised picture a·x_0 + b·ε where it is kept, and told there that x̂_0 is the picture. A sampler's
 * state then reaches the picture in the kept part, whatever its steps are; what it draws beside it is the same as if the
 * state itself had been replaced after each step, which is how diffusers' inpainting goes.
 *
 * Source: the blend is that of Lugmayr et al. 2022 (RePaint), equation 8, with one noise for all times.
 * @param whole a time at which it is shown the state as it is: the first, where that is pure noise
 */
export function keepingKnown(denoiser: Denoiser, known: KnownPart, whole?: number): Denoiser {
  const { path, predicts } = denoiser;
  return {
    path,
    predicts,
    predict: (xt, t, condition) =>
      tf.tidy(() => {
        const times = Array.from(t.dataSync());
        const at = (f: (time: number) => number): tf.Tensor => lookUp(path, times, xt, f);
        const kept = tf.add(tf.mul(known.latents, at(path.signal)), tf.mul(known.noise, at(path.noise)));
        const shown = times[0] === whole ? xt : blended(xt, kept, known.mask);
        const drawn = denoiser.predict(shown, t, condition);
        // The output that says x̂_0 = x_0 of this state.
        const row = (time: number) => conversionRow("sample", predicts, path.signal(time), path.noise(time));
        const settled = tf.add(
          tf.mul(
            xt,
            at((time) => row(time).state),
          ),
          tf.mul(
            known.latents,
            at((time) => row(time).output),
          ),
        );
        return blended(drawn, settled, known.mask);
      }),
  };
}
