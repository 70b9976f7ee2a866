import * as tf from "../tf.js";
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
 * @param xT start, [N, …], left untouched
 * @param times decreasing, one more than there are steps
 * @returns the state at the last time, owned by the caller
 */
export function* march(
  xT: tf.Tensor,
  times: readonly number[],
  rule: StepRule,
): Generator<SamplerStep, tf.Tensor> {
  checkStart(xT);
  const steps = times.length - 1;
  let x = tf.keep(xT.clone());
  let memory: readonly tf.Tensor[] = [];
  let live = new Set<tf.Tensor>([x]);
  try {
    for (let i = 0; i < steps; i++) {
      const [x0, next, ...remembered] = tf.tidy(() => {
        const advance = rule(x, i, memory);
        return [advance.x0, advance.next, ...(advance.memory ?? [])];
      });
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
export function checkStart(xT: tf.Tensor): void {
  if (xT.rank < 2) {
    throw new RangeError(`xT must be a batch [N, …], got shape [${xT.shape}]: add a leading dimension`);
  }
  const finite = tf.tidy(() => tf.all(tf.isFinite(xT)).dataSync()[0]);
  if (!finite) throw new RangeError("xT holds NaN or infinite values: sampling starts from finite noise");
}
