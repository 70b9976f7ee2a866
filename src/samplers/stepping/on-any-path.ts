/** Runs a sampler on a model of another path. */
import { requireKind } from "../../base/kinds.js";
import { requireLike } from "../../base/values.js";
import { described } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { denoiserOnPath } from "../../diffusion/change-of-path.js";
import { flowPath, vpPath, type SdePath } from "../../diffusion/paths/continuous-paths.js";
import { requirePath, type Denoiser } from "../../diffusion/denoiser.js";
import type { GaussianPath } from "../../diffusion/paths/path.js";
import type { SamplerEntry } from "./entry.js";
import type { SamplerStep, StochasticOptions } from "./sampler.js";
import { timeGrid } from "./time-grid.js";
import { priorDeviation } from "./time-range.js";

/**
 * Runs any sampler of the registry on a model of any path. One that needs an SDE gets the VP SDE, one for flow matching
 * the straight path, unless the model's path is such a one, and the denoiser is carried over ({@link denoiserOnPath}):
 * its steps then show the times and states of that path.
 *
 * @param xT z ~ N(0, I), [N, …], whatever the path: where the variance is not preserved the start is b(t)·z, t the first
 * of the times, so that VE and EDM begin with the noise they end with. To go on from a state use `entry.run`.
 * @throws RangeError for a denoiser of another path than `path`, or `times` where the path changes: they are those of another one; give `levels` or `steps`
 */
export function runOnAnyPath(
  entry: SamplerEntry,
  denoiser: Denoiser,
  path: GaussianPath,
  xT: tf.Tensor,
  options: StochasticOptions,
): Generator<SamplerStep, tf.Tensor> {
  if (typeof (entry as Partial<SamplerEntry> | undefined | null)?.run !== "function") {
    throw new TypeError(`a sampler of the registry is needed, such as samplerNamed("ddim"), got ${described(entry)}`);
  }
  requirePath(denoiser, path);
  const needed = pathFor(entry.paths, path);
  if (needed !== path && options.times) {
    throw new RangeError(
      `"${entry.name}" runs on the path "${needed.name}", not on "${path.name}" whose times are given: ` +
        "give levels or steps instead",
    );
  }
  const carried = needed === path ? denoiser : denoiserOnPath(denoiser, needed);
  const run = (start: tf.Tensor): Generator<SamplerStep, tf.Tensor> => entry.run(carried, needed, start, options);
  const deviation = priorDeviation(needed, timeGrid(needed, options)[0]);
  return deviation === 1 ? run(xT) : runScaled(run, xT, deviation);
}

function* runScaled(
  run: (start: tf.Tensor) => Generator<SamplerStep, tf.Tensor>,
  xT: tf.Tensor,
  deviation: number,
): Generator<SamplerStep, tf.Tensor> {
  const start = tf.keep(tf.mul(xT, deviation));
  try {
    return yield* run(start);
  } finally {
    start.dispose();
  }
}

/** Whether a sampler runs on a path as it is, and its times are the path's. */
export function runsOn(entry: SamplerEntry, path: GaussianPath): boolean {
  requireKind("path", path, "an object");
  requireLike("entry", entry, ["paths", "run"], "samplerNamed(name)");
  const { paths } = entry;
  return pathFor(paths, path) === path;
}

function pathFor(paths: SamplerEntry["paths"], path: GaussianPath): GaussianPath {
  switch (paths) {
    case "any":
      return path;
    case "sde":
      return typeof (path as Partial<SdePath>).drift === "function" ? path : vpPath();
    case "straight":
      return path.name === flowPath().name ? path : flowPath();
  }
}
