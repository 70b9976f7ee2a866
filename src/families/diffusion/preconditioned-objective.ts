/** EDM's objective, and the denoiser of a network that was trained by it. */
import { requireKnownKeys } from "../../base/check.js";
import * as tf from "../../runtime/tf.js";
import { pathPreconditioning, preconditioned, type GaussianPath, type RawNetwork } from "../../diffusion/index.js";
import { squaredErrorPerExample } from "../../diffusion/objectives.js";
import type { EngineName } from "../../onnx/index.js";
import { evaluation, type NetworkDenoiser, type TimeNetwork } from "./network-denoiser.js";
import type { Objective } from "./objective.js";

export interface PreconditionedOptions {
  /** Standard deviation of the data, default 0.5. */
  readonly sigmaData?: number;
}

export interface PreconditionedDenoiserOptions extends PreconditionedOptions {
  /** What evaluates the network, default "graph": see {@link EngineName}. */
  readonly engine?: EngineName;
}

/**
 * EDM's loss: the network F sees c_in·x̃ (x̃ = x_t/a) and c_noise = ln(σ)/4, and learns (x_0 − c_skip·x̃)/c_out, which
 * has unit variance at every σ. Sample with {@link preconditionedDenoiser}; draw times with `logNormalLevels`.
 *
 * Source: Karras et al. 2022 (EDM), equations 7 and 8.
 */
export function preconditionedObjective(options: PreconditionedOptions = {}): Objective {
  requireKnownKeys("preconditionedObjective", options, { sigmaData: "a number" });
  const { sigmaData = 0.5 } = options;
  const at = (path: GaussianPath, t: number) => pathPreconditioning(path, t, sigmaData);
  return {
    numbers: (path, times) => ({
      scale: Float32Array.from(times, (t) => at(path, t).in),
      skip: Float32Array.from(times, (t) => at(path, t).skip),
      out: Float32Array.from(times, (t) => at(path, t).out),
    }),
    time: (path, t) => at(path, t).noise,
    loss: ({ x0, xt, numbers: { scale, skip, out }, network }) =>
      tf.tidy(() => {
        // (x_0 − c_skip·x̃)/c_out
        const target = tf.div(tf.sub(x0, tf.mul(skip, xt)), out);
        return squaredErrorPerExample(network(tf.mul(scale, xt)), target);
      }),
  };
}

/** A network trained with {@link preconditionedObjective} as samplers see it, each evaluation one recorded graph. */
export function preconditionedDenoiser(
  network: TimeNetwork,
  path: GaussianPath,
  options: PreconditionedDenoiserOptions = {},
): NetworkDenoiser {
  requireKnownKeys("preconditionedDenoiser", options, { sigmaData: "a number", engine: true });
  const { sigmaData = 0.5, engine } = options;
  const evaluate = evaluation(
    network,
    (time) => time,
    (output) => ({ output }),
    engine,
  );
  const raw: RawNetwork = (scaled, told, condition) => evaluate(scaled, told, condition).output;
  return { ...preconditioned(raw, path, sigmaData), dispose: () => evaluate.dispose() };
}
