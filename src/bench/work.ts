import * as tf from "../tf.js";
import type { Precision } from "../compile/index.js";
import { linearSchedule } from "../diffusion/index.js";
import { PointMlp, UNet2D, type UNet2DConfig } from "../models/index.js";
import { RandomStream } from "../random.js";
import { DiffusionTask, networkDenoiser, Trainer, type TimeNetwork } from "../training/index.js";

export const MODELS = ["unet", "mlp"] as const;
export type ModelName = (typeof MODELS)[number];

export const MODES = ["train", "sample"] as const;
export type Mode = (typeof MODES)[number];

/** Something to time, one step a call; a step has finished when the call returns. */
export interface Work {
  readonly parameters: number;
  step(): void;
}

/** Three levels of 32, 64 and 64 channels, attention in the middle: 1 062 497 parameters. */
export const UNET: Partial<UNet2DConfig> = {
  sample_size: 28,
  in_channels: 1,
  out_channels: 1,
  block_out_channels: [32, 64, 64],
  layers_per_block: 1,
  down_block_types: ["DownBlock2D", "DownBlock2D", "DownBlock2D"],
  up_block_types: ["UpBlock2D", "UpBlock2D", "UpBlock2D"],
  attention_head_dim: null,
  norm_num_groups: 8,
};

/** The networks of the benchmark; the same are written in test/bench/torch_worker.py. */
export function makeWork(
  model: ModelName,
  mode: Mode,
  batchSize: number,
  precision: Precision = "float32",
): Work {
  const network = (model === "unet" ? new UNet2D(UNET) : new PointMlp()) as TimeNetwork;
  const shape = model === "unet" ? [28, 28, 1] : [2];
  const parameters = network.parameters.count;
  const step =
    mode === "train" ? training(network, shape, batchSize, precision) : sampling(network, shape, batchSize);
  return { parameters, step };
}

/** The whole step of the trainer: a batch of data and noise, loss, gradients, clip, AdamW, moving average. */
function training(
  network: TimeNetwork,
  shape: readonly number[],
  batchSize: number,
  precision: Precision,
): () => void {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = new RandomStream(0, "bench").uniforms(2048 * size);
  const task = new DiffusionTask({ network, schedule: linearSchedule({}), data, shape, batchSize });
  const steps = new Trainer(task, { learningRate: 5e-4, precision }).steps(Number.MAX_SAFE_INTEGER);
  return () => {
    steps.next();
  };
}

/** One evaluation of the network, as a sampler's step asks for it. */
function sampling(network: TimeNetwork, shape: readonly number[], batchSize: number): () => void {
  const size = shape.reduce((product, n) => product * n, 1);
  const denoiser = networkDenoiser(network);
  const xt = tf.tensor(new RandomStream(0, "bench").normals(batchSize * size), [batchSize, ...shape]);
  const t = tf.fill([batchSize], 500) as tf.Tensor1D;
  return () => {
    const output = denoiser.predict(xt, t);
    output.dataSync();
    output.dispose();
  };
}
