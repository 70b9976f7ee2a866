/** What a network takes besides its data and its time: a plan that it publishes, and the one check against it. */
import { requireKind } from "../base/kinds.js";
import { requireTensor } from "../runtime/tensor.js";
import { requireLike } from "../base/values.js";
import { nearestName } from "../base/check.js";
import { valuesExist } from "../runtime/recording.js";
import type * as tf from "../runtime/tf.js";

/**
 * What examples are conditioned on: named tensors, each with one entry per example, for instance `{ label }` as int32
 * [N] or `{ context }`, the tokens of texts, as float32 [N, words, channels]. Which names there are is for the network
 * to say: see {@link ConditionPlan}.
 */
export type Condition = Readonly<Record<string, tf.Tensor>>;

/** What a network takes under one name. */
export interface ConditionInput {
  readonly dtype: "float32" | "int32";
  /** Shape of one example's entry, null where any length fits: [] of a label, [null, channels] of a text's tokens. */
  readonly shape: readonly (number | null)[];
  /** Of labels: they are whole numbers 0 … below − 1, rows of a table. */
  readonly below?: number;
}

/** All that a network takes, and needs, by name; empty for a network without conditions. */
export type ConditionPlan = Readonly<Record<string, ConditionInput>>;

/** Labels 0 … `rows` − 1, int32 [N]. */
export function labelInput(rows: number): ConditionInput {
  requireKind("rows", rows, "a number");
  return { dtype: "int32", shape: [], below: rows };
}

/** Tokens of a text, float32 [N, words, channels]; without `words` any number of them. */
export function tokensInput(channels: number, words: number | null = null): ConditionInput {
  requireKind("words", words, "a number or null");
  requireKind("channels", channels, "a number");
  return { dtype: "float32", shape: [words, channels] };
}

/** The plan of the inputs that a configuration has; `false` stands for one that it has not. */
export function conditionPlan(inputs: Readonly<Record<string, ConditionInput | false>>): ConditionPlan {
  requireKind("inputs", inputs, "an object");
  requireLike("inputs", inputs, [], "{ label: labelInput(10) }");
  return Object.fromEntries(Object.entries(inputs).filter((entry): entry is [string, ConditionInput] => !!entry[1]));
}

/**
 * Refuses a condition that does not fit. While `compile` records there are no values, so labels out of range are then
 * let through.
 *
 * @param network what the message calls it, "U-Net" for instance
 * @param count N, the number of examples
 * @throws RangeError naming what is unknown (with the nearest known name), missing, of another type or shape, or a label
 *   that the network does not have
 */
export function requireCondition(network: string, plan: ConditionPlan, count: number, condition: Condition = {}): void {
  requireKind("count", count, "a number");
  requireKind("network", network, "a text");
  requireLike("plan", plan, [], "conditionPlan({ label: labelInput(10) })");
  requireLike("condition", condition, [], '{ label: tf.tensor1d([0, 1], "int32") }');
  const known = Object.keys(plan);
  for (const name of Object.keys(condition)) {
    if (Object.hasOwn(plan, name) || condition[name] === undefined) continue;
    const nearest = nearestName(name, known);
    const takes = known.length === 0 ? "it takes none, leave it out" : `it takes ${known.join(" and ")}`;
    const remedy = nearest === undefined ? takes : `did you mean "${nearest}"?`;
    throw new RangeError(`this ${network} does not know the condition "${name}": ${remedy}`);
  }
  for (const [name, input] of Object.entries(plan)) {
    const given = condition[name] as tf.Tensor | undefined;
    const expected = `${input.dtype} [${[count, ...input.shape].map((length) => length ?? "any").join(", ")}]`;
    if (given === undefined) {
      throw new RangeError(`this ${network} needs the condition "${name}", ${expected}, got none: pass { ${name} }`);
    }
    requireTensor(`the condition "${name}"`, given, "numbers");
    if (!fits(given, input, count)) {
      const got = `${given.dtype} [${given.shape.join(", ")}]`;
      throw new RangeError(`the condition "${name}" of this ${network} must be ${expected}, got ${got}`);
    }
    if (input.below !== undefined) requireLabels(network, name, input.below, given);
  }
}

function fits(given: tf.Tensor, { dtype, shape }: ConditionInput, count: number): boolean {
  const expected = [count, ...shape];
  return (
    given.dtype === dtype &&
    given.rank === expected.length &&
    expected.every((length, axis) => length === null || length === given.shape[axis])
  );
}

/** A label without a row in the table would mean no class at all. */
function requireLabels(network: string, name: string, below: number, given: tf.Tensor): void {
  if (!valuesExist()) return;
  const outside = given.dataSync().find((value) => !(value >= 0 && value < below));
  if (outside === undefined) return;
  throw new RangeError(`the condition "${name}" of this ${network} must lie in 0 … ${below - 1}, got ${outside}`);
}
