/** The first and the last time of a path at which a model can be asked. */
import { noiseLevel, type GaussianPath } from "../../diffusion/paths/path.js";

/** Whether a = 1 at all times, so that b alone tells x_T from data: the paths VE and EDM. */
export function varianceExplodes(path: GaussianPath): boolean {
  return path.signal(path.T) === 1;
}

/** The σ from which the last step may lead to the data: above, an example's details are leapt over. */
const LAST_LEVEL = 0.25;

/** Whether times even in t serve badly: the variance explodes, or the last of 50 starts above σ = ¼ (as on Laplace's). */
export function skipsLowLevels(path: GaussianPath): boolean {
  if (varianceExplodes(path)) return true;
  if (path.discrete && path.T < 50) return false;
  return noiseLevel(path, path.discrete ? Math.round(path.T / 50) : path.T / 50) > LAST_LEVEL;
}

/** T, or where the signal has vanished there the last time with σ ≤ 1000. */
export function highestTime(path: GaussianPath): number {
  return path.signal(path.T) > 0 ? path.T : path.timeAt(1000);
}

/**
 * The first trained time: 1, or T/1000 on a continuous path. Where the variance explodes σ is measured instead: it is
 * σ(T)/40000, the 0.002 that Karras et al. 2022 (EDM), table 1, have below 80.
 */
export function lowestTime(path: GaussianPath): number {
  if (path.discrete) return 1;
  return varianceExplodes(path) ? path.timeAt(noiseLevel(path, path.T) / 40_000) : path.T / 1000;
}

/** The standard deviation of x_t where little of the data is left: b(t), and √(a² + b²) = 1 where the variance is preserved. */
export function priorDeviation(path: GaussianPath, t: number): number {
  const variancePreserving = Math.abs(Math.hypot(path.signal(t), path.noise(t)) - 1) < 1e-6;
  return variancePreserving ? 1 : path.noise(t);
}
