/** The work that is timed, of this library: a training step, an evaluation, a matrix product. */
import { tf } from "diffusion-lab/runtime";
import { loadedGraphs, type Precision } from "diffusion-lab/compile";
import { linearSchedule } from "diffusion-lab/diffusion";
import type { EngineName } from "diffusion-lab/onnx";
import { RandomStream } from "diffusion-lab/random";
import { DiffusionTask, networkDenoiser, type TimeNetwork } from "diffusion-lab/families";
import { Trainer } from "diffusion-lab/training";
import { makeNetwork } from "../networks.js";
import type { Work } from "../work.js";
import type { Task } from "./measure.js";

/** What to do, as JSON on a worker's command line. */
export interface SpeedOrder extends Task {
  readonly precision: Precision;
  /** What evaluates the network. */
  readonly engine: EngineName;
}

/** Training or sampling with a network, or the product of two square matrices of side `batchSize`. */
export function speedWork({ model, mode, batch: batchSize, precision, engine }: SpeedOrder): Work {
  if (model === "matmul") return product(batchSize);
  const { network, shape } = makeNetwork(model);
  const step =
    mode === "train" ? training(network, shape, batchSize, precision) : sampling(network, shape, batchSize, engine);
  return {
    parameters: network.parameters.count,
    step,
    flops: () => loadedGraphs().reduce((sum, { flops }) => sum + flops, 0),
  };
}

/** The whole step of the trainer: a batch of data and noise, loss, gradients, clip, AdamW, moving average. */
function training(network: TimeNetwork, shape: readonly number[], batchSize: number, precision: Precision): () => void {
  const size = shape.reduce((product, n) => product * n, 1);
  const data = new RandomStream(0, "bench").uniforms(2048 * size);
  const task = new DiffusionTask({ network, path: linearSchedule({}), data, shape, batchSize });
  const steps = new Trainer(task, { learningRate: 5e-4, precision }).steps(Number.MAX_SAFE_INTEGER);
  return () => {
    steps.next();
  };
}

/** One evaluation of the network, as a sampler's step asks for it. */
function sampling(network: TimeNetwork, shape: readonly number[], batchSize: number, engine: EngineName): () => void {
  const size = shape.reduce((product, n) => product * n, 1);
  const denoiser = networkDenoiser(network, linearSchedule(), { engine });
  const xt = tf.tensor(new RandomStream(0, "bench").normals(batchSize * size), [batchSize, ...shape]);
  const t = tf.fill([batchSize], 500) as tf.Tensor1D;
  return () => {
    const output = denoiser.predict(xt, t);
    output.dataSync();
    output.dispose();
  };
}

/** What the machine does best: one large product, 2n³ operations. */
function product(side: number): Work {
  const a = tf.tensor2d(new RandomStream(0, "bench").uniforms(side * side), [side, side]);
  return {
    parameters: 0,
    step: () => {
      tf.matMul(a, a).dispose();
    },
    flops: () => 2 * side ** 3,
  };
}
