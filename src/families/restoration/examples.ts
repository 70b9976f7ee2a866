/** Pictures and what is left of them, as the examples of a training. */
import { sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import type { ExampleSource } from "../diffusion/examples.js";
import { requireExamples, requireFloats } from "../require-examples.js";
import { enlarged, holes, masked, reduced, type RestorationTask } from "./tasks.js";

export interface RestorationExamplesOptions {
  readonly task: RestorationTask;
  /** Pictures in [−1, 1], flat: count of `shape`. */
  readonly data: Float32Array;
  /** [H, W, C] */
  readonly shape: readonly [number, number, number];
  readonly seed: number;
}

/**
 * The examples of each step as a pure function of it: pictures x_0, and as condition `picture` the same at half the
 * resolution, or with a hole that is another one each time.
 *
 * @throws RangeError if the numbers are no whole count of pictures, or not finite
 */
export function restorationExamples({ task, data, shape, seed }: RestorationExamplesOptions): ExampleSource {
  requireFloats("data", data);
  const size = sizeOf(shape);
  const count = data.length / size;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${data.length} numbers are no whole count of pictures of shape [${shape}]`);
  }
  requireExamples("data", data, size);
  const order = new ShuffledOrder(count, seed);
  const [height, width] = shape;
  return {
    count,
    batch: (step, n) => {
      const gathered = new Float32Array(n * size);
      order.indices(step, n).forEach((index, i) => {
        gathered.set(data.subarray(index * size, (index + 1) * size), i * size);
      });
      const x0 = tf.tensor4d(gathered, [n, ...shape]);
      const picture = tf.tidy(() => {
        if (task === "super-resolution") return enlarged(reduced(x0));
        return masked(x0, holes({ count: n, height, width }, { seed, purpose: `hole ${step}`, first: 0 }));
      });
      return { x0, condition: { picture } };
    },
  };
}
