/** CLIP's networks as clip.py calls them: everything a class gives as one tensor. */
import * as tf from "../../../src/runtime/tf.js";
import {
  ClipModel,
  ClipTextModel,
  ClipTextModelWithProjection,
  ClipVisionModel,
  ClipVisionModelWithProjection,
  contrastiveLoss,
  networkClasses,
  type NetworkClassName,
  type StoredNetwork,
} from "../../../src/networks/index.js";
import { fromTorch, signal } from "./formula.js";

export const buildClip = (name: string, config: object): StoredNetwork => {
  return networkClasses[name as NetworkClassName].build(config as Record<string, unknown>, {});
};

/** What clip.py's `probe_of` gives. */
export function probeOf(network: StoredNetwork): tf.Tensor {
  if (network instanceof ClipTextModel) return signal("input", [3, network.config.hidden_size]);
  if (network instanceof ClipTextModelWithProjection) return signal("input", [3, network.config.projection_dim]);
  const { config } = network as ClipVisionModel | ClipModel;
  const { num_channels: channels, image_size: side } = "vision_config" in config ? config.vision_config : config;
  return signal("input", [3, channels, side, side]);
}

/** What clip.py's `outputs` gives. */
export function clipOutputs(network: StoredNetwork, x: tf.Tensor, tokens: tf.Tensor2D): tf.Tensor1D {
  const flat = (...parts: tf.Tensor[]) => tf.concat1d(parts.map((part) => tf.reshape(part, [-1]) as tf.Tensor1D));
  if (network instanceof ClipModel) {
    const similarity = network.apply(fromTorch(x), tokens);
    return flat(similarity, contrastiveLoss(similarity));
  }
  if (network instanceof ClipTextModel) {
    const { hidden, pooled } = network.outputs(tokens);
    return flat(hidden, tf.mul(pooled, x));
  }
  if (network instanceof ClipTextModelWithProjection) {
    const { hidden, embedding } = network.outputs(tokens);
    return flat(hidden, tf.mul(embedding, x));
  }
  if (network instanceof ClipVisionModel) {
    const { hidden, pooled } = network.outputs(fromTorch(x));
    return flat(hidden, pooled);
  }
  const { hidden, embedding } = (network as ClipVisionModelWithProjection).outputs(fromTorch(x));
  return flat(hidden, embedding);
}
