/** Watches how much signal is left at T, where sampling starts from pure noise. */
import { requireGaussianPath } from "./path.js";
import { warn } from "../../runtime/warning.js";
import type { GaussianPath } from "./path.js";
import type { Prediction } from "../predictions.js";

/** The largest SNR_T at which x_T is still taken for pure noise without a warning. */
export const TERMINAL_SNR_LIMIT = 1e-2;

const warnedOf = new Set<string>();

/** Warns, once of each path, where x_T still holds so much signal that sampling from noise starts wrong. */
export function warnOfTerminalSnr(what: string, snr: number, remedy: string): void {
  if (!(snr > TERMINAL_SNR_LIMIT)) return;
  const warning =
    `${what} ends at SNR_T = ${snr.toPrecision(3)} (limit ${TERMINAL_SNR_LIMIT}): x_T still shows the data, ` +
    `but sampling starts from pure noise. ${remedy}`;
  if (warnedOf.has(warning)) return;
  warnedOf.add(warning);
  warn(warning, "TERMINAL_SNR");
}

/**
 * Throws a RangeError for ε or the score on a schedule whose last step has no signal: x_T is then ε itself, whatever the
 * data, and no x̂_0 follows from it.
 */
export function requireDetermined(path: GaussianPath, prediction: Prediction): void {
  requireGaussianPath(path);
  if (!path.discrete || path.signal(path.T) > 0 || !["noise", "score"].includes(prediction)) return;
  throw new RangeError(
    `"${path.name}" has no signal at t = T (zero terminal SNR), where "${prediction}" says nothing about x_0: ` +
      "predict velocity or sample",
  );
}
