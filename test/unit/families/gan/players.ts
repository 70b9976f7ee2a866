/** Players so small that what they do is known in closed form, and a task of the usual ones that takes milliseconds. */
import {
  GanTask,
  MlpDiscriminator,
  MlpGenerator,
  RandomStream,
  ringModes,
  ringOfGaussians,
  type DiscriminatorNetwork,
  type GanTaskOptions,
  type GeneratorNetwork,
} from "../../../../src/index.js";
import { Parameters } from "../../../../src/nn/index.js";
import * as tf from "../../../../src/runtime/tf.js";

const none = (): Record<string, tf.Tensor> => ({});

/** A generator of one point θ in R^d, whatever z is. */
export function pointGenerator(theta: readonly number[]): GeneratorNetwork {
  const parameters = new Parameters();
  const point = parameters.create("theta", "plain", [theta.length], { kind: "constant", value: 0 });
  parameters.assignFlat(Float32Array.from(theta));
  return {
    config: {},
    parameters,
    latentSize: 1,
    exampleShape: [theta.length],
    // + 0·z: one point for each latent
    apply: (z) => tf.tidy(() => tf.add(tf.mul(z, 0), tf.reshape(point, [1, -1]))),
    dispose: () => parameters.dispose(),
  };
}

/** s(x) = ψ·x in R^d, without offset. */
export function linearDiscriminator(psi: readonly number[]): DiscriminatorNetwork {
  const parameters = new Parameters();
  const slope = parameters.create("psi", "plain", [psi.length, 1], { kind: "constant", value: 0 });
  parameters.assignFlat(Float32Array.from(psi));
  return {
    config: {},
    parameters,
    exampleShape: [psi.length],
    apply: (x) => tf.tidy(() => tf.reshape(tf.matMul(x as tf.Tensor2D, slope as tf.Tensor2D), [-1])),
    buffers: none,
    dispose: () => parameters.dispose(),
  };
}

export const RING = { modes: 8, std: 0.1 } as const;

/** The usual players of points, on the ring of Gaussians. */
export function ringTask(options: Partial<GanTaskOptions> = {}): GanTask {
  const hidden = [16, 16];
  return new GanTask({
    generator: new MlpGenerator({ hidden }, { seed: 1 }),
    discriminator: new MlpDiscriminator({ hidden }, { seed: 2 }),
    data: ringOfGaussians(500, new RandomStream(3, "ring"), RING),
    modes: ringModes(RING),
    batchSize: 16,
    seed: 4,
    ...options,
  });
}
