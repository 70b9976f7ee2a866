/** Weights that say how much the error at each noise level counts. */
import { requireKnownKeys } from "../base/check.js";
import { requireChoice, requireNotNegative, requirePositive } from "../base/values.js";
import { levelAt } from "./posterior.js";
import type { GaussianPath } from "./paths/path.js";
import { predictionRow, type Prediction } from "./predictions.js";
import { requireDetermined } from "./paths/terminal-snr.js";
import { requireTime, timesOfBatch, type Timestep } from "./paths/time.js";

/**
 * How errors at different noise levels count. Each is a weight on ‖x_0 − x̂_0‖² as a function of SNR = a²/b²:
 * - `"simple"`: 1 on the error of whatever is predicted (Ho et al. 2020, equation 14)
 * - `"uniform"`: 1 on the error of x̂_0
 * - `"snr"`: SNR, which is ε-MSE (Salimans & Ho 2022, section 4)
 * - `"truncated-snr"`: max(SNR, 1) (same)
 * - `"snr+1"`: SNR + 1, which is v-MSE (same)
 * - `"min-snr"`: min(SNR, γ), γ = 5 (Hang et al. 2023)
 * - `"p2"`: SNR/(k + SNR)^γ, k = γ = 1 (Choi et al. 2022)
 * - `"edm"`: SNR·(1 + SNR·s²)/(SNR·s²) = (σ² + s²)/(σ·s)², s = 0.5 (Karras et al. 2022, table 1)
 */
export type Weighting = "simple" | "uniform" | "snr" | "truncated-snr" | "snr+1" | "min-snr" | "p2" | "edm";

export interface WeightingOptions {
  /** γ of min-SNR (> 0, default 5) and of P2 (≥ 0, default 1). */
  readonly gamma?: number;
  /** k ≥ 0 of P2. Default 1. */
  readonly k?: number;
  /** σ_data of EDM. Default 0.5. */
  readonly sigmaData?: number;
}

/**
 * Weights for the mean square error of a prediction, so that the loss is the same whatever the network predicts (except
 * `"simple"`). Min-SNR gives min(SNR, γ)/SNR for ε and min(SNR, γ)/(SNR + 1) for v.
 *
 * @param t one time per example, or one for all
 * @returns [count] numbers, looked up in float64, for `simpleLoss(output, target, weight)`
 * @throws RangeError for t outside 0 … T, a γ, k or σ_data out of range, where the weight is infinite or undefined, as SNR at t = 0, and for
 *   ε or score on a schedule with zero terminal SNR
 */
export function lossWeights(
  path: GaussianPath,
  prediction: Prediction,
  weighting: Weighting,
  t: Timestep,
  count: number,
  options: WeightingOptions = {},
): Float32Array {
  requireKnownKeys("lossWeights", options, { gamma: "a number", k: "a number", sigmaData: "a number" });
  requireDetermined(path, prediction);
  predictionRow(prediction, 1, 1);
  requireWeighting(weighting, options);
  return Float32Array.from(timesOfBatch(t, count), (time) => {
    requireTime(path, time);
    if (weighting === "simple") return 1;
    const { signal, noise } = levelAt(path, time);
    const weight = dataWeight(weighting, signal ** 2 / noise ** 2, options) / errorFactor(prediction, signal, noise);
    if (!Number.isFinite(weight)) {
      throw new RangeError(
        `weighting "${weighting}" of "${prediction}" is not finite at t = ${time}: leave this time out, or use "simple"`,
      );
    }
    return weight;
  });
}

const weightings: readonly Weighting[] = ["simple", "uniform", "snr", "truncated-snr", "snr+1", "min-snr", "p2", "edm"];

function requireWeighting(weighting: Weighting, { gamma = 1, k = 1, sigmaData = 0.5 }: WeightingOptions): void {
  requireChoice("weighting", weighting, weightings);
  if (weighting === "min-snr") requirePositive("gamma of min-snr", gamma);
  if (weighting === "p2") {
    requireNotNegative("gamma of p2", gamma);
    requireNotNegative("k of p2", k);
  }
  if (weighting === "edm") requirePositive("sigmaData", sigmaData);
}

/** ‖o − ô‖²/‖x_0 − x̂_0‖² of a prediction for the same x_t: an error δ in x̂_0 is −(a/b)·δ in ε̂. */
export function errorFactor(prediction: Prediction, a: number, b: number): number {
  const { data, noise } = predictionRow(prediction, a, b);
  return (data - (noise * a) / b) ** 2;
}

function dataWeight(weighting: Exclude<Weighting, "simple">, snr: number, options: WeightingOptions): number {
  switch (weighting) {
    case "uniform":
      return 1;
    case "snr":
      return snr;
    case "truncated-snr":
      return Math.max(snr, 1);
    case "snr+1":
      return snr + 1;
    case "min-snr":
      return Math.min(snr, options.gamma ?? 5);
    case "p2":
      return snr / ((options.k ?? 1) + snr) ** (options.gamma ?? 1);
    case "edm":
      return snr + 1 / (options.sigmaData ?? 0.5) ** 2;
    default:
      throw new RangeError(`unknown weighting "${String(weighting)}"`);
  }
}
