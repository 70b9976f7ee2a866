import type * as tf from "../tf.js";
import { networkTime, type Denoiser, type Prediction } from "../diffusion/index.js";
import type { Parameters } from "../nn/index.js";

/** A network of noisy data and time: `UNet2D` and its kin. */
export interface TimeNetwork {
  readonly parameters: Parameters;
  /** @param x [N, …] @param timestep [N], the network's own time @param labels int32 [N] if class-conditional */
  apply(x: tf.Tensor, timestep: tf.Tensor1D, labels?: tf.Tensor1D): tf.Tensor;
}

/** A network as samplers see it; a condition is `{ label }`, int32 [N]. */
export function networkDenoiser(network: TimeNetwork, predicts: Prediction = "noise"): Denoiser {
  return {
    predicts,
    predict: (xt, t, condition) => {
      const time = networkTime(t);
      const output = network.apply(xt, time, condition?.["label"] as tf.Tensor1D | undefined);
      time.dispose();
      return output;
    },
  };
}
