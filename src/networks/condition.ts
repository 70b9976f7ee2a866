import { valuesExist } from "../runtime/recording.js";
import type * as tf from "../runtime/tf.js";

/** What a network is told besides image and time. It takes exactly what its configuration has a place for. */
export interface NetworkCondition {
  /** Class of each example, int32 [N]. */
  readonly label?: tf.Tensor;
  /** Tokens, of a text say, [N, words, channels]. */
  readonly context?: tf.Tensor;
}

/** What a configuration has a place for; null for none. */
export interface ConditionPlan {
  /** Rows of the table of classes: labels are 0 … labels − 1. */
  readonly labels: number | null;
  /** Channels of a token, and their number where it is fixed. */
  readonly context: { readonly channels: number; readonly words?: number } | null;
}

/** A condition that fits. */
export interface CheckedCondition {
  readonly label?: tf.Tensor1D;
  readonly context?: tf.Tensor3D;
}

/**
 * @throws RangeError if a part of the condition is missing, has no place in the network, or has another shape, or a label
 *   is none of the network's
 */
export function checkCondition(
  network: string,
  plan: ConditionPlan,
  count: number,
  condition: NetworkCondition = {},
): CheckedCondition {
  const unknown = Object.keys(condition).filter((name) => name !== "label" && name !== "context");
  if (unknown.length > 0) {
    throw new RangeError(
      `this ${network} does not know the condition ${unknown.join(", ")}: it may have label and context`,
    );
  }
  const { label, context } = condition;
  if (plan.labels === null && label) throw new RangeError(`this ${network} knows no classes: leave the label out`);
  if (plan.labels !== null && (label?.rank !== 1 || label.shape[0] !== count)) {
    throw new RangeError(`this ${network} is class-conditional: give a label, int32 of shape [${count}]`);
  }
  if (plan.labels !== null && label) requireLabels(network, plan.labels, label);
  if (plan.context === null && context) {
    throw new RangeError(`this ${network} takes no context, got shape [${context.shape}]: leave it out`);
  }
  if (plan.context !== null) {
    const { channels, words } = plan.context;
    const fits =
      context?.rank === 3 &&
      context.shape[0] === count &&
      context.shape[2] === channels &&
      (words === undefined || context.shape[1] === words);
    if (!fits) {
      const got = context ? `shape [${context.shape}]` : "none";
      throw new RangeError(`this ${network} takes a context [${count}, ${words ?? "words"}, ${channels}], got ${got}`);
    }
  }
  return { label: label as tf.Tensor1D | undefined, context: context as tf.Tensor3D | undefined };
}

/**
 * Throws unless every label has a row in a table of `labels`: any other would mean no class at all. Left out while
 * `compile` records, where there are no values to look at.
 */
export function requireLabels(network: string, labels: number, label: tf.Tensor): void {
  if (!valuesExist()) return;
  const strange = Array.from(label.dataSync()).find((value) => !(value >= 0 && value < labels));
  if (strange !== undefined) throw new RangeError(`this ${network} knows the labels 0 … ${labels - 1}, got ${strange}`);
}
