/** The two players of a GAN, as its task and its model see them, whatever they are made of. */
import type { Parameters } from "../../nn/index.js";
import type * as tf from "../../runtime/tf.js";

/** G: latents to examples. */
export interface GeneratorNetwork {
  readonly config: object;
  readonly parameters: Parameters;
  /** Length of a latent z. */
  readonly latentSize: number;
  /** Of one example: [H, W, C] of an image, [d] of a point. */
  readonly exampleShape: readonly number[];
  /** [N, latentSize] → [N, …exampleShape] */
  apply(z: tf.Tensor2D): tf.Tensor;
  dispose(): void;
}

/** D: an example to one number, without bounds; the loss says what it means. */
export interface DiscriminatorNetwork {
  readonly config: object;
  readonly parameters: Parameters;
  readonly exampleShape: readonly number[];
  /** [N, …exampleShape] → [N] */
  apply(x: tf.Tensor): tf.Tensor1D;
  /** Next values of the buffers, by name: the vectors of spectral normalisation. */
  buffers(): Record<string, tf.Tensor>;
  dispose(): void;
}

/** @throws RangeError unless latents are [N, size] */
export function requireLatents(z: tf.Tensor, size: number): void {
  if (z.rank === 2 && z.shape[1] === size) return;
  throw new RangeError(`this generator takes latents [N, ${size}], got shape [${z.shape}]`);
}

/** @throws RangeError unless examples are [N, …shape] */
export function requireExampleShape(x: tf.Tensor, shape: readonly number[]): void {
  if (x.rank === shape.length + 1 && shape.every((size, i) => x.shape[i + 1] === size)) return;
  throw new RangeError(`this discriminator takes examples [N, ${shape.join(", ")}], got shape [${x.shape}]`);
}
