import * as tf from "../runtime/tf.js";
import { RandomStream } from "../random/index.js";

/** What each example is trained with besides its data. */
export interface TrainingConditions {
  /** Class of each example. */
  readonly labels?: Uint8Array | Int32Array;
  /** Tokens of each example, a text's say, flat: count examples of `shape` [words, channels]. */
  readonly contexts?: { readonly values: Float32Array; readonly shape: readonly [number, number] };
  /**
   * Trains a share of the examples with what stands for "no condition", so that one network knows both branches of
   * classifier-free guidance.
   *
   * Source: Ho & Salimans 2022, algorithm 1.
   */
  readonly unconditional?: Unconditional;
}

export interface Unconditional {
  /** Share of examples, 0 … 1; 0.1 is common. */
  readonly rate: number;
  /** The class that stands for none: a row of its own in the network's table (for `DiT` number `num_embeds_ada_norm`). */
  readonly label?: number;
  /** The tokens that stand for none, [words, channels] flat: those of an empty text, or zeros. */
  readonly context?: Float32Array;
}

/**
 * @param known how many labels the network knows
 * @throws RangeError if a part does not fit `count` examples or the network, or has nothing that stands for "no condition"
 */
export function checkConditions(
  { labels, contexts, unconditional }: TrainingConditions,
  count: number,
  known = Infinity,
): void {
  if (labels && labels.length !== count) throw new RangeError(`got ${labels.length} labels for ${count} examples`);
  labels?.forEach((label, example) => checkLabel(label, known, `of example ${example}`));
  const size = contexts ? contexts.shape[0] * contexts.shape[1] : 0;
  if (contexts && contexts.values.length !== count * size) {
    throw new RangeError(
      `contexts hold ${contexts.values.length} numbers, ${count} examples of [${contexts.shape}] need ${count * size}`,
    );
  }
  const bad = contexts?.values.findIndex((value) => !Number.isFinite(value)) ?? -1;
  if (bad >= 0) throw new RangeError(`the context of example ${Math.floor(bad / size)} holds ${contexts!.values[bad]}`);
  if (!unconditional) return;
  const { rate, label, context } = unconditional;
  if (!(rate >= 0 && rate <= 1))
    throw new RangeError(`the rate of unconditional training is a share 0 … 1, got ${rate}`);
  if (!labels && !contexts)
    throw new RangeError("unconditional training needs a condition to leave out: give labels or contexts");
  if ((labels === undefined) !== (label === undefined)) {
    throw new RangeError(
      "unconditional.label names the class that stands for none: give it exactly when there are labels",
    );
  }
  if (label !== undefined) checkLabel(label, known, 'that stands for "no class"');
  if (context?.length !== (contexts ? size : undefined)) {
    const wanted = contexts ? `${size} numbers [${contexts.shape}]` : "no numbers, as there are no contexts";
    throw new RangeError(`unconditional.context needs ${wanted}, got ${context?.length ?? "none"}`);
  }
}

function checkLabel(label: number, known: number, which: string): void {
  if (Number.isInteger(label) && label >= 0 && label < known) return;
  const range = known === Infinity ? "a whole number ≥ 0" : `one of the network's 0 … ${known - 1}`;
  throw new RangeError(
    `the label ${which} must be ${range}, got ${label}: the network would be told of no class at all`,
  );
}

/** The conditions of the examples at `indices`, those of a share of them left out; the caller disposes. */
export function conditionTensors(
  { labels, contexts, unconditional }: TrainingConditions,
  indices: Int32Array,
  { seed, step }: { readonly seed: number; readonly step: number },
): Record<string, tf.Tensor> {
  const n = indices.length;
  const rate = unconditional?.rate ?? 0;
  const draws = new RandomStream(seed, "unconditional", step).uniforms(n);
  const left = Array.from(draws, (u) => u < rate);
  const tensors: Record<string, tf.Tensor> = {};
  if (labels) {
    const label = Int32Array.from(indices, (index, i) => (left[i] ? unconditional!.label! : labels[index]));
    tensors["label"] = tf.tensor1d(label, "int32");
  }
  if (contexts) {
    const size = contexts.shape[0] * contexts.shape[1];
    const values = new Float32Array(n * size);
    indices.forEach((index, i) => {
      const own = contexts.values.subarray(index * size, (index + 1) * size);
      values.set(left[i] ? unconditional!.context! : own, i * size);
    });
    tensors["context"] = tf.tensor3d(values, [n, ...contexts.shape]);
  }
  return tensors;
}
