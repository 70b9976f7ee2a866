/** Claims on how good and how varied what a family draws is. */
import { differenceEstimate, medianEstimate, ratioEstimate, type Estimate } from "../estimate.js";
import { budgetsOfProblem, bySeed, distances, LEAST_SEEDS, type Evidence } from "../evidence.js";
import { NEAR } from "../quality.js";
import type { Case, Claim } from "./claim.js";
import { besideBestRival, distanceOver, overProblems, whereOf } from "./rivals.js";

const REAL = "× real data's";

/** A method's distance in units of real data's, for every problem. */
function nearData(evidence: Evidence, method: string): readonly Case[] {
  return overProblems((problem) => {
    const values = [...distances(evidence, { problem: problem.name, method }).values()];
    if (values.length < LEAST_SEEDS) return undefined;
    const limit = NEAR[problem.kind];
    return { where: whereOf(problem), estimate: medianEstimate(values), wanted: { below: limit }, unit: REAL };
  });
}

const NEAR_RULE = `Distance from fresh data over that of real data from real data, median of the seeds at the last budget: below ${NEAR.points} for points (sliced Wasserstein), below ${NEAR.digits} for digits (Fréchet).`;

export const vaeLearns: Claim = {
  name: "vae-learns",
  section: 1,
  family: "vae",
  sentence: "A VAE learns the distribution of the data.",
  measure: NEAR_RULE,
  needs: ({ method, rate }) => method === "vae" && rate === undefined,
  cases: (evidence) => nearData(evidence, "vae"),
};

export const diffusionQuality: Claim = {
  name: "diffusion-quality",
  section: 1,
  family: "diffusion",
  sentence: "Diffusion draws examples of high quality.",
  measure: `${NEAR_RULE} Drawn by DDPM.`,
  needs: ({ method, rate }) => method === "diffusion" && rate === undefined,
  cases: (evidence) => nearData(evidence, "diffusion"),
};

/** By how much recall may fall short of another's and still count as equal. */
const EQUAL_RECALL = 0.02;

export const diffusionDiversity: Claim = {
  name: "diffusion-diversity",
  section: 1,
  family: "diffusion",
  sentence: "Diffusion draws with diversity.",
  measure: `Recall less that of the other family with most, median of the seeds at the last budget: at least −${EQUAL_RECALL}.`,
  needs: ({ rate }) => rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const recall: typeof distances = (all, runs) => bySeed(all, runs, (measures) => measures["recall"], 0);
      const beside = besideBestRival(evidence, { problem: problem.name }, recall, "high");
      if (!beside) return undefined;
      return {
        where: whereOf(problem),
        estimate: differenceEstimate(beside.pairs),
        wanted: { least: -EQUAL_RECALL },
        unit: "",
        note: `beside ${beside.rival}`,
      };
    }),
};

/** Diffusion's distance over that of the best other family at a budget. */
function overBest(evidence: Evidence, wanted: Case["wanted"], which: "first" | "last"): readonly Case[] {
  return overProblems((problem): Case | undefined => {
    const budget = budgetsOfProblem(problem.name).at(which === "first" ? 0 : -1);
    const beside = besideBestRival(evidence, { problem: problem.name, budget }, distances, "low");
    if (!beside) return undefined;
    const unit = "× its distance";
    return {
      where: whereOf(problem),
      estimate: ratioEstimate(beside.pairs),
      wanted,
      unit,
      note: `beside ${beside.rival}`,
    };
  });
}

export const diffusionBest: Claim = {
  name: "diffusion-best",
  section: 12,
  family: "diffusion",
  sentence: "Diffusion's quality is best.",
  measure:
    "Distance from the data over that of the best other family, medians of the seeds at the last budget: below 1. Drawn by DDPM.",
  needs: ({ rate }) => rate === undefined,
  cases: (evidence) => overBest(evidence, { below: 1 }, "last"),
};

export const anotherLeadsEarly: Claim = {
  name: "another-leads-early",
  section: null,
  family: "diffusion",
  sentence: "After little training another family is better.",
  measure:
    "Distance from the data over that of the best other family, medians of the seeds at the first budget: at least 1. Drawn by DDPM.",
  needs: ({ rate }) => rate === undefined,
  cases: (evidence) => overBest(evidence, { least: 1 }, "first"),
};

export const flowWeak: Claim = {
  name: "flow-weak",
  section: 12,
  family: "flow",
  sentence: "A flow is weak at expressing distributions.",
  measure: "Distance from the data over diffusion's (DDPM), medians of the seeds at the last budget: at least 1.",
  needs: ({ method, rate }) => (method === "flow" || method === "diffusion") && rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const estimate = distanceOver(evidence, problem.name, "flow", "diffusion");
      return estimate && { where: whereOf(problem), estimate, wanted: { least: 1 }, unit: "× diffusion's" };
    }),
};

/** A share of real data's below which samples are blurred: of high-frequency energy, or of points within 3σ. */
const BLURRED = 0.9;

export const vaeBlurry: Claim = {
  name: "vae-blurry",
  section: 12,
  family: "vae",
  sentence: "A VAE is blurry.",
  measure: `High-frequency energy of digits, share of points within 3σ of a mode, over real data's; median of the seeds at the last budget: below ${BLURRED}.`,
  needs: ({ problem, method, rate }) => method === "vae" && problem !== "moons" && rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const measure = problem.kind === "digits" ? "highFrequency" : "within3Sigma";
      const floor = evidence.floors[problem.name]?.[measure];
      if (floor === undefined) return undefined;
      const runs = { problem: problem.name, method: "vae" };
      const values = [...bySeed(evidence, runs, (measures) => measures[measure] / floor, 0).values()];
      if (values.length < LEAST_SEEDS) return undefined;
      const estimate: Estimate = medianEstimate(values);
      return { where: whereOf(problem), estimate, wanted: { below: BLURRED }, unit: REAL };
    }),
};
