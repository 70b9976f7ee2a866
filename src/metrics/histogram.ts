/** How evenly samples fall to classes. */
import { requireNumbers } from "../base/values.js";

/** How evenly counts are spread. */
export interface Spread {
  /** H = −Σ p ln p in nats: 0 (one class) … ln K (all alike). */
  readonly entropy: number;
  /** KL(p‖uniform) = ln K − H in nats: 0 when every class has the same share. */
  readonly klFromUniform: number;
}

/**
 * The entropy of a histogram and its divergence from the uniform one, in nats.
 *
 * A fair sample of N has KL(p‖uniform) ≈ (K − 1)/(2N): less cannot be asked.
 *
 * @throws RangeError when there is no count, one is negative, or all are 0
 */
export function histogramSpread(counts: ArrayLike<number>): Spread {
  requireNumbers("counts", counts);
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    if (!(counts[i] >= 0)) throw new RangeError(`a histogram holds counts ≥ 0, got ${counts[i]}`);
    total += counts[i];
  }
  if (!(total > 0) || !Number.isFinite(total)) throw new RangeError("a histogram without counts has no spread");
  let entropy = 0;
  for (let i = 0; i < counts.length; i++) {
    const share = counts[i] / total;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return { entropy, klFromUniform: Math.max(0, Math.log(counts.length) - entropy) };
}
