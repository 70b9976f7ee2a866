/** What all samplers take and what they yield. */
import type * as tf from "../../runtime/tf.js";
import type { Condition } from "../../nn/condition.js";
import type { Threshold } from "../../diffusion/thresholds.js";
import type { Spacing } from "./time-grid.js";

/**
 * One step of a sampler as its caller sees it. The tensors belong to the sampler and live until the next `next()`:
 * clone what you keep.
 */
export interface SamplerStep {
  /** 1 … steps. */
  readonly step: number;
  readonly steps: number;
  /** The time of `xt`, from T down. */
  readonly t: number;
  /** The state at time t. */
  readonly xt: tf.Tensor;
  /** The estimate x̂_0 made from it. */
  readonly x0: tf.Tensor;
}

/**
 * Noise ε ~ N(0, I) for a draw of the given number: samplers never draw noise themselves.
 * Draw 0 is x_T; a sampler with one draw a step asks for draw 1, 2, … at step 1, 2, …
 */
export type NoiseSource = (draw: number, shape: readonly number[]) => tf.Tensor;

/** What every sampler takes. */
export interface SamplerOptions {
  /** Number of steps, 1 … T for a discrete schedule. Default 50, or T where that is less. */
  readonly steps?: number;
  /**
   * How the steps are spread over 1 … T. Default "trailing": it starts at T whatever the number of steps; where the
   * variance explodes (VE, EDM), and on the Laplace schedule, "karras". Heun and PNDM start below T where σ would fall too
   * far in the first step (the cosine schedule).
   */
  readonly spacing?: Spacing;
  /** The decreasing times themselves, in place of `steps` and `spacing`. */
  readonly times?: readonly number[];
  /** The decreasing noise levels σ = b/a, in place of `steps` and `times`: for instance `karrasLevels(…)`. */
  readonly levels?: readonly number[];
  /** `"data"` (default) steps from the last time to 0; `"last"` ends at the last time itself. */
  readonly finish?: "data" | "last";
  readonly condition?: Condition;
  /** Bounds x̂_0 at each step, for instance `clipStatic()`. Default: none. */
  readonly clip?: Threshold;
  /** Clipping leaves ε̂ as it was: see `EstimateOptions`. */
  readonly clipKeepsNoise?: boolean;
}

/** What every sampler that adds noise takes besides. */
export interface StochasticOptions extends SamplerOptions {
  readonly noise: NoiseSource;
}
