/** Where a training's examples come from: an array, or whatever makes them step by step. */
import { requireWhole } from "../../base/values.js";
import { sizeOf } from "../../base/shape.js";
import * as tf from "../../runtime/tf.js";
import type { ConditionPlan } from "../../nn/index.js";
import { ShuffledOrder } from "../../training/shuffled-order.js";
import { conditionTensors, requireColumns, type ConditionOptions } from "../conditions.js";
import { requireExamples, requireFloats, warnOfRange } from "../require-examples.js";

/** The examples of one step. Whoever asked disposes them. */
export interface ExampleBatch {
  /** [N, …shape] */
  readonly x0: tf.Tensor;
  /** Noise that belongs to each example; left out it is drawn afresh. */
  readonly noise?: tf.Tensor;
  /** By the names that the network knows, [N, …]. */
  readonly condition: Readonly<Record<string, tf.Tensor>>;
}

/** Examples made step by step: latents drawn from their posterior, captions in other words each time. */
export interface ExampleSource {
  /** How many there are, for the record of a training. */
  readonly count: number;
  /** A pure function of the step, from 1, and of the number of examples. */
  batch(step: number, size: number): ExampleBatch;
}

/** What an array of examples may have beside it. */
export interface FixedExamples extends ConditionOptions {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly noise?: Float32Array;
  readonly seed: number;
}

/** @throws TypeError, RangeError unless this is a source of examples, or an array of them that fits the network */
export function examplesOf(
  data: Float32Array | ExampleSource,
  options: Omit<FixedExamples, "data">,
  plan?: ConditionPlan,
): ExampleSource {
  if (typeof (data as Partial<ExampleSource> | undefined)?.batch === "function") {
    const source = data as ExampleSource;
    requireWhole("the count of examples", source.count);
    const { noise, conditions, unconditional } = options;
    if (noise ?? conditions ?? unconditional) {
      throw new RangeError("a source of examples brings noise and conditions itself: leave them out");
    }
    return source;
  }
  return fixedExamples({ ...options, data: data as Float32Array }, plan);
}

function fixedExamples(options: FixedExamples, plan?: ConditionPlan): ExampleSource {
  const { data, noise, shape, seed } = options;
  requireFloats("data", data);
  if (noise) requireFloats("noise", noise);
  const size = sizeOf(shape);
  const count = data.length / size;
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`${data.length} numbers are no whole count of examples of shape [${shape}] (${size} each)`);
  }
  if (noise && noise.length !== data.length) {
    throw new RangeError(`noise that belongs to the data needs its ${data.length} numbers, got ${noise.length}`);
  }
  requireExamples("data", data, size);
  warnOfRange("data", data, shape);
  if (noise) requireExamples("noise", noise, size);
  requireColumns(options, count, plan);
  const order = new ShuffledOrder(count, seed);
  const gather = (values: Float32Array, indices: Int32Array): tf.Tensor => {
    const gathered = new Float32Array(indices.length * size);
    indices.forEach((index, i) => gathered.set(values.subarray(index * size, (index + 1) * size), i * size));
    return tf.tensor(gathered, [indices.length, ...shape]);
  };
  return {
    count,
    batch: (step, n) => {
      const indices = order.indices(step, n);
      return {
        x0: gather(data, indices),
        ...(noise && { noise: gather(noise, indices) }),
        condition: conditionTensors(options, indices, { seed, step }),
      };
    },
  };
}
