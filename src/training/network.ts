import type * as tf from "../tf.js";
import { compile } from "../compile/index.js";
import { networkTime, type Denoiser, type Prediction } from "../diffusion/index.js";
import type { Parameters } from "../nn/index.js";

/** A network of noisy data and time: `UNet2D` and its kin. */
export interface TimeNetwork {
  readonly parameters: Parameters;
  /** @param x [N, …] @param timestep [N], the network's own time @param labels int32 [N] if class-conditional */
  apply(x: tf.Tensor, timestep: tf.Tensor1D, labels?: tf.Tensor1D): tf.Tensor;
}

/** A denoiser that holds a graph for each shape it has met. */
export interface NetworkDenoiser extends Denoiser {
  /** Frees the graphs; the network stays. */
  dispose(): void;
}

/**
 * A network as samplers see it; a condition is `{ label }`, int32 [N]. Each evaluation runs as one recorded graph, made
 * at the first call with new shapes (one to two seconds for a small U-Net).
 */
export function networkDenoiser(network: TimeNetwork, predicts: Prediction = "noise"): NetworkDenoiser {
  const evaluate = compile(
    ({ xt, t, label }: { xt: tf.Tensor; t: tf.Tensor; label?: tf.Tensor }) => ({
      output: network.apply(xt, networkTime(t as tf.Tensor1D), label as tf.Tensor1D | undefined),
    }),
    { name: "denoiser", captures: network.parameters.tensors },
  );
  return {
    predicts,
    predict: (xt, t, condition) => {
      const label = condition?.["label"];
      return evaluate(label ? { xt, t, label } : { xt, t }).output;
    },
    dispose: () => evaluate.dispose(),
  };
}
