import * as tf from "../tf.js";
import { RandomStream } from "../random.js";
import type { NoiseSource } from "./sampler.js";

export interface NormalNoiseOptions {
  /** The number of the batch's first example among all samples of this seed. Default 0. */
  readonly firstSample?: number;
  /** Separates several uses of one seed. Default "sampling". */
  readonly purpose?: string;
}

/**
 * Standard normal noise in which example i has its own stream (seed, purpose, draw, firstSample + i): a sample does not
 * change with the batch it is drawn in, nor with the order in which draws are asked for.
 */
export function normalNoise(seed: number, options: NormalNoiseOptions = {}): NoiseSource {
  const { firstSample = 0, purpose = "sampling" } = options;
  return (draw, shape) => {
    const [count, ...rest] = shape;
    const size = rest.reduce((product, length) => product * length, 1);
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      values.set(new RandomStream(seed, `${purpose}/${draw}`, firstSample + i).normals(size), i * size);
    }
    return tf.tensor(values, [...shape], "float32");
  };
}
