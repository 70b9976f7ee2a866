/** The work whose cost is compared: one step of a guided drawing, the decoding of a picture, a step of training. */
import { compile, loadedGraphs } from "diffusion-lab/compile";
import { scaledLinearSchedule } from "diffusion-lab/diffusion";
import { contextColumn, DiffusionTask, networkDenoiser } from "diffusion-lab/families";
import { RandomStream } from "diffusion-lab/random";
import { tf } from "diffusion-lab/runtime";
import { Trainer } from "diffusion-lab/training";
import type { Work } from "../work.js";
import { autoencoder, CONTEXT, FACTOR, gridOf, unetOf, type Space } from "./networks.js";

/** What to do, as JSON on a worker's command line. */
export interface LatentOrder {
  readonly space: Space;
  /** Of a picture, in pixels. */
  readonly side: number;
  /**
   * "evaluation": the network once for a prompt and once without, of one picture. "decoding": one picture. "training": a
   * step of `TRAINED` pictures.
   */
  readonly part: "evaluation" | "decoding" | "training";
}

/** Pictures of a training step. */
export const TRAINED = 32;

const flops = (): number => loadedGraphs().reduce((sum, graph) => sum + graph.flops, 0);
const path = () => scaledLinearSchedule({ T: 1000, betaStart: 0.00085, betaEnd: 0.012 });
const sizeOf = (shape: readonly number[]): number => shape.reduce((product, n) => product * n, 1);

export function latentWork({ space, side, part }: LatentOrder): Work {
  if (part === "decoding") return decoding(side);
  return part === "training" ? training(space, side) : evaluation(space, side);
}

function evaluation(space: Space, side: number): Work {
  const network = unetOf(space);
  const denoiser = networkDenoiser(network, path(), { predicts: "velocity" });
  const stream = new RandomStream(0, "latent against pixels");
  const shape = [2, ...gridOf(space, side)];
  const x = tf.tensor(stream.normals(sizeOf(shape)), shape);
  const t = tf.fill([2], 500) as tf.Tensor1D;
  const context = tf.tensor(stream.normals(2 * sizeOf(CONTEXT)), [2, ...CONTEXT]);
  return {
    parameters: network.parameters.count,
    step: () => {
      const output = denoiser.predict(x, t, { context });
      output.dataSync();
      output.dispose();
    },
    flops,
  };
}

function decoding(side: number): Work {
  const network = autoencoder();
  const decode = compile(({ z }: { z: tf.Tensor4D }) => ({ x: network.decode(z) }), {
    captures: network.parameters.tensors,
    frozen: true,
  });
  const shape: [number, number, number, number] = [1, side / FACTOR, side / FACTOR, 4];
  const z = tf.tensor4d(new RandomStream(0, "latents").normals(sizeOf(shape)), shape);
  return {
    parameters: network.parameters.count,
    step: () => {
      const { x } = decode({ z });
      x.dataSync();
      x.dispose();
    },
    flops,
  };
}

function training(space: Space, side: number): Work {
  const network = unetOf(space);
  const shape = gridOf(space, side);
  const stream = new RandomStream(0, "training");
  const count = 2 * TRAINED;
  const task = new DiffusionTask({
    network,
    path: path(),
    data: Float32Array.from(stream.normals(count * sizeOf(shape)), (value) => Math.max(-1, Math.min(1, value))),
    shape,
    prediction: "velocity",
    batchSize: TRAINED,
    conditions: { context: contextColumn(Float32Array.from(stream.normals(count * sizeOf(CONTEXT))), CONTEXT) },
  });
  const steps = new Trainer(task, { learningRate: 1e-4 }).steps(Number.MAX_SAFE_INTEGER);
  return {
    parameters: network.parameters.count,
    step: () => {
      steps.next();
    },
    flops,
  };
}
