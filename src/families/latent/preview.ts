/** A rough picture of latents in no time: the linear map that comes nearest to the decoder. */
import * as tf from "../../runtime/tf.js";
import { solveLinear } from "../../numeric/solve-linear.js";
import { RandomStream } from "../../random/index.js";
import { decoded } from "./pictures.js";
import type { LatentAutoencoder } from "./parts.js";

/** Latents to pictures of one pixel a latent, in [−1, 1]. */
export type Preview = (latents: tf.Tensor4D) => tf.Tensor4D;

/** What the map is fitted on: pictures of so many latents a side. */
const SIDE = 8;
const PICTURES = 4;
/** Smooth parts of the latents it is fitted on, so that they are more like a picture's than noise is. */
const COARSE = 3;
/** Keeps the fit from following directions that are hardly seen. */
const RIDGE = 1e-3;

/**
 * Fits rgb ≈ W·z + c by least squares on what the decoder makes of smooth random latents, averaged over the pixels of
 * each latent. It costs one decode of four small pictures, and a preview then one small product.
 */
export function fittedPreview(vae: LatentAutoencoder): Preview {
  const channels = vae.config.latent_channels;
  const colours = vae.config.out_channels;
  const { inputs, outputs } = tf.tidy(() => {
    const z = smoothLatents(channels);
    const pixels = tf.avgPool(decoded(vae, z), vae.factor, vae.factor, "valid");
    return { inputs: z.dataSync() as Float32Array, outputs: pixels.dataSync() as Float32Array };
  });
  const rows = inputs.length / channels;
  const at = (row: number, k: number): number => (k === channels ? 1 : inputs[row * channels + k]);
  const sum = (f: (row: number) => number): number =>
    Array.from({ length: rows }, (_, row) => f(row)).reduce((a, b) => a + b, 0);
  const size = channels + 1;
  const gram = Array.from({ length: size }, (_, i) => {
    return Array.from({ length: size }, (_, j) => sum((row) => at(row, i) * at(row, j)) + (i === j ? RIDGE * rows : 0));
  });
  const columns = Array.from({ length: colours }, (_, c) => {
    return solveLinear(
      gram,
      Array.from({ length: size }, (_, i) => sum((row) => at(row, i) * outputs[row * colours + c])),
    );
  });
  const weights = Float32Array.from(
    { length: size * colours },
    (_, k) => columns[k % colours][Math.floor(k / colours)],
  );
  return (latents) =>
    tf.tidy(() => {
      const [n, h, w] = latents.shape;
      const map = tf.tensor2d(weights.subarray(0, channels * colours), [channels, colours]);
      const offset = tf.tensor1d(weights.slice(channels * colours));
      const flat = tf.add(tf.matMul(tf.reshape(latents, [-1, channels]), map), offset);
      return tf.clipByValue(tf.reshape(flat, [n, h, w, colours]) as tf.Tensor4D, -1, 1);
    });
}

/** Latents of about unit variance: a coarse field, enlarged, and a little noise. */
function smoothLatents(channels: number): tf.Tensor4D {
  const stream = new RandomStream(0, "preview");
  const normals = (side: number): tf.Tensor4D => {
    return tf.tensor4d(stream.normals(PICTURES * side * side * channels), [PICTURES, side, side, channels]);
  };
  const coarse = tf.image.resizeBilinear(normals(COARSE), [SIDE, SIDE], true);
  return tf.add(tf.mul(coarse, 1.2), tf.mul(normals(SIDE), 0.3));
}
