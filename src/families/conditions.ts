/** What each example is trained with besides its data: columns of values, and how often "no condition" stands for them. */
import { requireKind } from "../base/kinds.js";
import { described, requireKnownKeys } from "../base/check.js";
import { sizeOf, requireShape } from "../base/shape.js";
import * as tf from "../runtime/tf.js";
import { requireCondition, type ConditionPlan } from "../nn/index.js";
import { RandomStream } from "../random/index.js";

/** One condition of all examples. */
export interface Column {
  readonly dtype: "float32" | "int32";
  /** Shape of one example's entry: [] of a label, [words, channels] of a text's tokens. */
  readonly shape: readonly number[];
  /** The entries of all examples one after another. */
  readonly values: Float32Array | Int32Array | Uint8Array;
  /** The entry that stands for "no condition", flat. */
  readonly none?: ArrayLike<number>;
}

/**
 * The class of each example, for a network that takes `label`.
 *
 * @param none the class that stands for none: a row of its own in the network's table, for `DiT` the number
 *   `num_embeds_ada_norm`
 */
export function labelColumn(labels: Uint8Array | Int32Array, options: { readonly none?: number } = {}): Column {
  requireKind("labels", labels, "a list");
  requireKnownKeys("labelColumn", options, { none: "a number" });
  const { none } = options;
  return { dtype: "int32", shape: [], values: labels, none: none === undefined ? undefined : [none] };
}

/**
 * The context of each example, such as the tokens of its text.
 *
 * @param values flat: count examples of `shape`
 * @param shape [words, channels]
 * @param none the tokens that stand for no text, flat: those of an empty text, or zeros
 */
export function contextColumn(
  values: Float32Array,
  shape: readonly number[],
  options: { readonly none?: Float32Array } = {},
): Column {
  requireShape(shape);
  requireKind("values", values, "a list");
  requireKnownKeys("contextColumn", options, { none: "a list" });
  const { none } = options;
  return { dtype: "float32", shape, values, none };
}

/** What a task takes about conditions. */
export interface ConditionOptions {
  /** What the examples are conditioned on, under the names that the network knows. */
  readonly conditions?: Readonly<Record<string, Column>>;
  /**
   * Trains a share of the examples with what stands for "no condition", so that one network knows both branches of
   * classifier-free guidance.
   *
   * Source: Ho & Salimans 2022, algorithm 1.
   */
  readonly unconditional?: {
    /** Share of examples, 0 … 1; 0.1 is common. */
    readonly rate: number;
    /** The conditions that are left out, all at once; default: all there are. */
    readonly names?: readonly string[];
  };
}

/**
 * Refuses columns that do not fit `count` examples or the network.
 *
 * @param plan what the network takes; without one only the columns themselves are looked at
 * @throws RangeError naming the column, the example and what would fit
 */
export function requireColumns(
  { conditions = {}, unconditional }: ConditionOptions,
  count: number,
  plan?: ConditionPlan,
): void {
  for (const [name, column] of Object.entries(conditions)) requireColumn(name, column, count);
  if (plan) requireFit(conditions, plan);
  if (!unconditional) return;
  requireKnownKeys("unconditional training", unconditional, { rate: true, names: true });
  const { rate, names = Object.keys(conditions) } = unconditional;
  if (!(rate >= 0 && rate <= 1)) {
    throw new RangeError(`the rate of unconditional training is a share 0 … 1, got ${rate}`);
  }
  if (names.length === 0)
    throw new RangeError("unconditional training needs conditions to leave out: give `conditions`");
  for (const name of names) {
    if (!Object.hasOwn(conditions, name)) {
      const known = Object.keys(conditions).join(", ") || "none";
      throw new RangeError(`unconditional training is to leave out "${name}", but the conditions are ${known}`);
    }
    if (conditions[name].none === undefined) {
      throw new RangeError(
        `unconditional training leaves out "${name}", so its column needs \`none\`: what stands for no condition`,
      );
    }
  }
}

function requireColumn(name: string, column: Column, count: number): void {
  requireKnownKeys(`the condition "${name}"`, column, { dtype: true, shape: true, values: true, none: true });
  const { shape, values, none } = column;
  if (!ArrayBuffer.isView(values)) {
    throw new TypeError(
      `the values of condition "${name}" must be a typed array, got ${described(values)}: labelColumn and contextColumn make columns`,
    );
  }
  const size = sizeOf(shape);
  if (values.length !== count * size) {
    const entries = size === 1 ? "" : ` of shape [${shape}] (${size} numbers each)`;
    throw new RangeError(`the condition "${name}" has ${values.length} numbers for ${count} examples${entries}`);
  }
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new RangeError(`the condition "${name}" of example ${Math.floor(bad / size)} holds ${values[bad]}`);
  }
  if (none && none.length !== size) {
    throw new RangeError(`\`none\` of the condition "${name}" needs ${size} numbers [${shape}], got ${none.length}`);
  }
}

/** Names, types and shapes by the network's own check, on one example; labels one by one. */
function requireFit(conditions: Readonly<Record<string, Column>>, plan: ConditionPlan): void {
  tf.tidy(() => {
    const first = Object.entries(conditions).map(([name, column]) => [name, gathered(column, Int32Array.of(0))]);
    requireCondition("network", withoutRanges(plan), 1, Object.fromEntries(first));
  });
  for (const [name, { below }] of Object.entries(plan)) {
    if (below === undefined) continue;
    const { values, none = [] } = conditions[name];
    values.forEach((label, example) => requireLabel(name, label, below, `example ${example}`));
    Array.from(none, (label) => requireLabel(name, label, below, "its `none`"));
  }
}

function withoutRanges(plan: ConditionPlan): ConditionPlan {
  return Object.fromEntries(Object.entries(plan).map(([name, { dtype, shape }]) => [name, { dtype, shape }]));
}

function requireLabel(name: string, label: number, below: number, of: string): void {
  if (Number.isInteger(label) && label >= 0 && label < below) return;
  throw new RangeError(`the condition "${name}" of ${of} must be one of the network's 0 … ${below - 1}, got ${label}`);
}

/**
 * The conditions of the examples at `indices`, a share of them replaced by what stands for none: by name, [N, …shape].
 * Which examples those are depends on seed, step and place in the batch alone. The caller disposes.
 */
export function conditionTensors(
  { conditions = {}, unconditional }: ConditionOptions,
  indices: Int32Array,
  { seed, step }: { readonly seed: number; readonly step: number },
): Record<string, tf.Tensor> {
  const { rate = 0, names = Object.keys(conditions) } = unconditional ?? {};
  const draws = new RandomStream(seed, "unconditional", step).uniforms(indices.length);
  const dropped = Array.from(draws, (u) => u < rate);
  return Object.fromEntries(
    Object.entries(conditions).map(([name, column]) => [
      name,
      gathered(column, indices, names.includes(name) ? dropped : undefined),
    ]),
  );
}

/** The entries at `indices`, [N, …shape], with `none` in those places that are dropped. */
function gathered(
  { dtype, shape, values, none }: Column,
  indices: Int32Array,
  dropped?: readonly boolean[],
): tf.Tensor {
  const size = sizeOf(shape);
  const entries = new (dtype === "int32" ? Int32Array : Float32Array)(indices.length * size);
  indices.forEach((index, i) =>
    entries.set(dropped?.[i] ? none! : values.subarray(index * size, (index + 1) * size), i * size),
  );
  return tf.tensor(entries, [indices.length, ...shape], dtype);
}
