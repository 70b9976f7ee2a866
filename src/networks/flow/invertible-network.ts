/** What a normalising flow is to all who train it, draw from it or ask for its likelihood. */
import type { Parameters } from "../../nn/index.js";
import type * as tf from "../../runtime/tf.js";

/** FlowLatents z = f(x), and ln |det ∂z/∂x|. */
export interface FlowLatents {
  /** [N, D] with D numbers an example. */
  readonly z: tf.Tensor2D;
  /** [N] */
  readonly logDeterminant: tf.Tensor1D;
}

/** A bijection f between examples x and latents z, which are to be N(0, I). */
export interface InvertibleNetwork {
  readonly config: object;
  readonly parameters: Parameters;
  /** Shape of one example x: [2] of a point, [H, W, C] of an image. */
  readonly shape: readonly number[];
  /** Where x lies: anywhere, or between 0 and 1 as grey values do. */
  readonly domain: "real" | "unit";
  /** Whether {@link initialise} was done, here or before the network was saved. */
  readonly initialised: boolean;
  /**
   * Sets every {@link ActNorm} in its turn so that it gives mean 0 and variance 1 on these examples.
   *
   * @param x [N, …shape]
   */
  initialise(x: tf.Tensor): void;
  /** @param x [N, …shape] */
  forward(x: tf.Tensor): FlowLatents;
  /** @param z [N, D]; @returns [N, …shape] */
  inverse(z: tf.Tensor2D): tf.Tensor;
  dispose(): void;
}
