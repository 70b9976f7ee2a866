/** Noise as diffusers draws it on the CPU, so that one seed gives one picture here and there. */
import { requireKind } from "../../base/kinds.js";
import { requireKnownKeys } from "../../base/check.js";
import { requireNotNegative } from "../../base/values.js";
import * as tf from "../../runtime/tf.js";
import { TorchGenerator } from "../../random/index.js";
import type { NoiseSource } from "./sampler.js";

export interface TorchNoiseOptions {
  /** The number of the batch's first example among all samples of this seed. Default 0. */
  readonly firstSample?: number;
}

/**
 * Standard normal noise of PyTorch's generators on the CPU: example i has one of its own with the seed `seed` +
 * `firstSample` + i, as `generator=[torch.Generator().manual_seed(seed + i) for i in range(n)]` gives diffusers. So a
 * sample does not change with its batch. A generator goes on from draw to draw: draws are asked for in rising order, as
 * samplers do, and the last one may be asked for again.
 *
 * Images are [N, H, W, C] here, and filled channel after channel, as [N, C, H, W] is there.
 *
 * @throws RangeError for a seed that is no whole number, and for an earlier draw than the last
 */
export function torchNoise(seed: number, options: TorchNoiseOptions = {}): NoiseSource {
  requireKind("seed", seed, "a number");
  requireKnownKeys("torchNoise", options, { firstSample: true });
  const { firstSample = 0 } = options;
  requireNotNegative("firstSample", firstSample);
  const generators: TorchGenerator[] = [];
  let last: { readonly draw: number; readonly values: Float32Array } | undefined;
  const drawn = (count: number, size: number): Float32Array => {
    const values = new Float32Array(count * size);
    for (let i = 0; i < count; i++) {
      generators[i] ??= new TorchGenerator(seed + firstSample + i);
      values.set(generators[i].normals(size), i * size);
    }
    return values;
  };
  // A bad seed is refused now, not at the first draw.
  generators.push(new TorchGenerator(seed + firstSample));
  return (draw, shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    if (last && draw < last.draw) {
      throw new RangeError(
        `draw ${draw} of a torch generator is asked for after draw ${last.draw}: it only goes on; make torchNoise(seed) anew`,
      );
    }
    if (last?.draw !== draw || last.values.length !== size) {
      const [count] = shape;
      last = { draw, values: drawn(count, size / count) };
    }
    return channelsLast(last.values, shape);
  };
}

/** Values in the order of [N, C, …space] as a tensor [N, …space, C]. */
function channelsLast(values: Float32Array, shape: readonly number[]): tf.Tensor {
  const [count, ...rest] = shape;
  if (rest.length < 2) return tf.tensor(values.slice(), [...shape]);
  const space = rest.slice(0, -1);
  const order = [0, ...space.map((_, axis) => axis + 2), 1];
  return tf.tidy(() => tf.transpose(tf.tensor(values, [count, rest.at(-1)!, ...space]), order));
}
