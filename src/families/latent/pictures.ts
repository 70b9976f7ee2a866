/** The picture and the mask of a request, checked and brought to latents. */
import { requireFinite } from "../../runtime/finite.js";
import * as tf from "../../runtime/tf.js";
import type { LatentAutoencoder } from "./parts.js";

/**
 * A picture [H, W, C] or [count, H, W, C] in [−1, 1], as [1 or count, H, W, C]; the caller disposes it.
 *
 * @throws RangeError naming what does not fit: shape, size or range
 */
export function requirePicture(image: tf.Tensor, { config, factor }: LatentAutoencoder, count: number): tf.Tensor4D {
  const { in_channels: channels } = config;
  const given = image instanceof tf.Tensor ? image.shape : [];
  const [n, height, width, depth] = given.length === 3 ? [1, ...given] : given;
  if ((given.length !== 3 && given.length !== 4) || depth !== channels || (n !== 1 && n !== count)) {
    throw new RangeError(
      `image must be a tensor [H, W, ${channels}] for all examples or [${count}, H, W, ${channels}], got [${given}]`,
    );
  }
  requireSides("the image", height, width, factor);
  requireFinite("image", image, "pixels lie in −1 … 1");
  const largest = tf.tidy(() => tf.max(tf.abs(image)).dataSync()[0]);
  if (largest > 1 + 1e-5) {
    throw new RangeError(
      `image must lie in −1 … 1, but reaches ${largest}: new Normaliser().encode(bytes) brings 0 … 255 there`,
    );
  }
  return tf.reshape(image, [n, height, width, channels]);
}

/** @throws RangeError unless the autoencoder can halve both sides as often as it does */
export function requireSides(what: string, height: number, width: number, factor: number): void {
  for (const [name, side] of Object.entries({ height, width })) {
    if (Number.isInteger(side) && side >= factor && side % factor === 0) continue;
    const near = Math.max(factor, Math.round(side / factor) * factor);
    throw new RangeError(
      `${what} needs a ${name} that is a multiple of ${factor}, got ${side}` +
        (Number.isFinite(near) ? `: ${near} is the nearest` : ""),
    );
  }
}

/**
 * A mask as 0 and 1, [1, H, W, 1]: 1 where the picture is drawn anew. What is at least ½ counts as 1, as in diffusers.
 *
 * @throws RangeError for another size than the picture's, or values outside 0 … 1
 */
export function requireMask(mask: tf.Tensor, { shape: [, height, width] }: tf.Tensor4D): tf.Tensor4D {
  const shape = mask instanceof tf.Tensor ? mask.shape : [];
  const flat = shape.length === 3 && shape[2] === 1 ? shape.slice(0, 2) : shape;
  if (flat.length !== 2 || flat[0] !== height || flat[1] !== width) {
    throw new RangeError(`mask must have the image's size, [${height}, ${width}], got [${shape}]: resize one of them`);
  }
  const [least, most, painted] = tf.tidy(() => {
    const bounds = [tf.min(mask), tf.max(mask), tf.sum(tf.cast(tf.greaterEqual(mask, 0.5), "int32"))];
    return bounds.map((bound) => bound.dataSync()[0]);
  });
  if (!(least >= 0 && most <= 1)) {
    throw new RangeError(`mask must lie in 0 … 1, 1 where the image is drawn anew, got ${least} … ${most}`);
  }
  if (painted === 0) {
    throw new RangeError("mask is 0 everywhere, so nothing is to be drawn: put 1 where the image is drawn anew");
  }
  return tf.tidy(() => tf.reshape(tf.cast(tf.greaterEqual(mask, 0.5), "float32"), [1, height, width, 1]));
}

/** The mask at the latents' size: that of the first pixel of each, [1, h, w, 1]. */
export function latentMask(mask: tf.Tensor4D, factor: number): tf.Tensor4D {
  return tf.tidy(() => tf.stridedSlice(mask, [0, 0, 0, 0], mask.shape, [1, factor, factor, 1]) as tf.Tensor4D);
}

/** z = μ + σ·ε of pictures [n, …] for noise [N, …], scaled as the U-Net sees latents; n is 1 or N. */
export function encoded(vae: LatentAutoencoder, images: tf.Tensor4D, noise: tf.Tensor): tf.Tensor4D {
  return tf.tidy(() => {
    const { mean, logVariance } = vae.encode(images);
    const deviation = tf.exp(tf.div(logVariance, 2));
    return vae.scaleLatents(tf.add(mean, tf.mul(deviation, noise)) as tf.Tensor4D);
  });
}

/** Latents as a picture in [−1, 1]. */
export function decoded(vae: LatentAutoencoder, latents: tf.Tensor4D): tf.Tensor4D {
  return tf.tidy(() => tf.clipByValue(vae.decode(vae.unscaleLatents(latents)), -1, 1));
}
