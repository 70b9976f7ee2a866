/** Every claim: the tables of the theory's sections 1, 6 and 12, then what they leave unsaid. */
import { judge, type Claim, type JudgedClaim } from "./claim.js";
import type { Evidence } from "../evidence.js";
import { diffusionSlow, flowComplex, ganFast } from "./cost.js";
import { flowExact, vaeProbabilities } from "./likelihood.js";
import {
  anotherLeadsEarly,
  diffusionBest,
  diffusionDiversity,
  diffusionQuality,
  flowWeak,
  vaeBlurry,
  vaeLearns,
} from "./quality.js";
import {
  diffusionCollapse,
  diffusionEasy,
  diffusionFailsAtHighRates,
  diffusionLoss,
  diffusionStable,
  diffusionSteadier,
  flowStable,
  ganCollapse,
  ganHard,
  ganLoss,
  ganUnstable,
  r1Covers,
} from "./steadiness.js";

/** The same sentence in section 12's table. */
const again = (claim: Claim): Claim => ({ ...claim, name: `${claim.name}-12`, section: 12 });

export const claims: readonly Claim[] = [
  vaeLearns,
  diffusionQuality,
  diffusionDiversity,
  flowExact,
  flowStable,
  flowComplex,
  ganLoss,
  diffusionLoss,
  ganUnstable,
  diffusionStable,
  diffusionSteadier,
  ganCollapse,
  diffusionCollapse,
  ganHard,
  diffusionEasy,
  ganFast,
  again(ganUnstable),
  vaeProbabilities,
  vaeBlurry,
  again(flowExact),
  flowWeak,
  diffusionBest,
  diffusionSlow,
  diffusionFailsAtHighRates,
  r1Covers,
  anotherLeadsEarly,
];

/** Every claim with its cases and its verdict, computed from what is stored. */
export function judgeAll(evidence: Evidence): readonly JudgedClaim[] {
  return claims.map((claim) => judge(claim, evidence));
}
