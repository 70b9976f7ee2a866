/** The loop that every sampler is, with a step rule of its own. */
import { requireKind } from "../../base/kinds.js";
import { requireNumbers, requireFunction } from "../../base/values.js";
import { requireFinite, locating } from "../../runtime/finite.js";
import { requireTensor } from "../../runtime/tensor.js";
import * as tf from "../../runtime/tf.js";
import type { SamplerStep } from "./sampler.js";

/** What one step makes: the estimate it used, the next state, and what later steps want to remember. */
export interface Advance {
  readonly x0: tf.Tensor;
  readonly next: tf.Tensor;
  readonly memory?: readonly tf.Tensor[];
}

/**
 * One step of a sampler as a pure function, run inside `tf.tidy`: from the state at `times[i]` (and what earlier
 * steps remembered) to the state at `times[i + 1]`.
 */
export type StepRule = (x: tf.Tensor, i: number, memory: readonly tf.Tensor[]) => Advance;

/**
 * Walks a step rule down a grid of times and owns the tensors on the way: every sampler is this loop with its own rule.
 * Ending the generator early frees everything.
 *
 * @param name of the sampler, for messages
 * @param xT start, [N, …], left untouched
 * @param times decreasing, one more than there are steps
 * @returns a generator whose result is the state at the last time, owned by the caller
 * @throws RangeError unless xT is a batch of finite numbers
 */
export function march(
  name: string,
  xT: tf.Tensor,
  times: readonly number[],
  rule: StepRule,
): Generator<SamplerStep, tf.Tensor> {
  requireKind("name", name, "a text");
  requireNumbers("times", times);
  requireFunction("rule", rule, "(x, i) => ({ x0, next })");
  requireStart("xT", xT);
  return walk(name, xT, times, rule);
}

function* walk(
  name: string,
  xT: tf.Tensor,
  times: readonly number[],
  rule: StepRule,
): Generator<SamplerStep, tf.Tensor> {
  const steps = times.length - 1;
  let x = tf.keep(xT.clone());
  let memory: readonly tf.Tensor[] = [];
  let live = new Set<tf.Tensor>([x]);
  try {
    for (let i = 0; i < steps; i++) {
      const [x0, next, ...remembered] = locating(`${name}, step ${i + 1} of ${steps}`, () =>
        tf.tidy(() => {
          const advance = rule(x, i, memory);
          return [advance.x0, advance.next, ...(advance.memory ?? [])];
        }),
      );
      const made = [x0, next, ...remembered];
      made.forEach((tensor) => live.add(tf.keep(tensor)));
      yield { step: i + 1, steps, t: times[i], xt: x, x0 };
      live = release(live, [next, ...remembered]);
      x = next;
      memory = remembered;
    }
    return x.clone();
  } finally {
    release(live, []);
  }
}

function release(live: Set<tf.Tensor>, kept: readonly tf.Tensor[]): Set<tf.Tensor> {
  const keep = new Set(kept);
  live.forEach((tensor) => {
    if (!keep.has(tensor)) tensor.dispose();
  });
  return keep;
}

/** Throws a RangeError unless the start is a batch of finite numbers. */
export function requireStart(name: string, x: tf.Tensor): void {
  requireTensor(name, x);
  if (x.size === 0) throw new RangeError(`${name} has shape [${x.shape}], which holds no example: give at least one`);
  if (x.rank < 2)
    throw new RangeError(`${name} must be a batch [N, …], got shape [${x.shape}]: add a leading dimension`);
  requireFinite(name, x, "sampling starts from finite numbers");
}
