/** Claims on what a family knows of probabilities. */
import { differenceEstimate, medianEstimate } from "../estimate.js";
import { bySeed, LEAST_SEEDS, pairsOf, type Evidence, type Runs } from "../evidence.js";
import { methodNamed } from "../methods/list.js";
import type { Snapshot } from "../cell.js";
import type { Bound, Case, Claim } from "./claim.js";
import { overProblems, whereOf } from "./rivals.js";

/** A bound is worth having within so many nats of an exact likelihood, for a point. */
const NEAR_EXACT = 0.25;
/** What holds of every number, and of none. */
const ANY: Bound = { least: -Infinity };
const NONE: Bound = { below: -Infinity };

const nats = (evidence: Evidence, runs: Runs): ReadonlyMap<number, number> =>
  bySeed(evidence, runs, (_, snapshot: Snapshot) => snapshot.logLikelihood, -Infinity);

const bits = (evidence: Evidence, runs: Runs): ReadonlyMap<number, number> =>
  bySeed(evidence, runs, (_, snapshot: Snapshot) => snapshot.bitsPerDimension, Infinity);

export const flowExact: Claim = {
  name: "flow-exact",
  section: 1,
  family: "flow",
  sentence: "A flow has an exact likelihood.",
  measure:
    "Mean ln p of fresh points, bits a dimension of fresh digits, median of the seeds at the last budget: there is one, and it is no bound. Unit tests hold that densities sum to 1 and that inverses are inverses.",
  needs: ({ method, rate }) => method === "flow" && rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const kind = methodNamed("flow").likelihood[problem.kind];
      const digits = problem.kind === "digits";
      const values = [...(digits ? bits : nats)(evidence, { problem: problem.name, method: "flow" }).values()];
      if (values.length < LEAST_SEEDS) return undefined;
      return {
        where: whereOf(problem),
        estimate: medianEstimate(values),
        wanted: kind === "exact" ? ANY : NONE,
        unit: digits ? "bits a dimension" : "nats",
        note: kind === "exact" ? "exact" : "a bound, since noise makes numbers of grey levels",
      };
    }),
};

export const vaeProbabilities: Claim = {
  name: "vae-probabilities",
  section: 12,
  family: "vae",
  sentence: "A VAE has probabilities.",
  measure: `Its importance-weighted bound (64 draws) of fresh points less the flow's exact ln p, medians of the seeds at the last budget: at least −${NEAR_EXACT} nats. Of digits: bits a dimension of grey levels, which a likelihood of coins does not give.`,
  needs: ({ method, rate }) => (method === "vae" || method === "flow") && rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const own = nats(evidence, { problem: problem.name, method: "vae" });
      const where = whereOf(problem);
      if (problem.kind === "digits") {
        if (own.size < LEAST_SEEDS) return undefined;
        const estimate = medianEstimate([...own.values()]);
        return { where, estimate, wanted: NONE, unit: "nats", note: "of coins, not of grey levels" };
      }
      const pairs = pairsOf(own, nats(evidence, { problem: problem.name, method: "flow" }));
      if (pairs.length < LEAST_SEEDS) return undefined;
      const wanted = { least: -NEAR_EXACT };
      return { where, estimate: differenceEstimate(pairs), wanted, unit: "nats", note: "beside the flow" };
    }),
};
