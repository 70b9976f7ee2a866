/** Claims on training: how many settings end well, modes lost, how hard it is to converge, what the loss tells. */
import { rankCorrelation } from "../../metrics/index.js";
import { estimateOver, shareEstimate } from "../estimate.js";
import type { CellKey, CellResult } from "../cell.js";
import { bySeed, LEAST_SEEDS, type Evidence } from "../evidence.js";
import { methodNamed } from "../methods/list.js";
import { distanceRatio } from "../quality.js";
import { collapseOf, endsWell, judgedOf, RATES, STABILITY_PROBLEMS } from "../stability.js";
import type { Bound, Case, Claim } from "./claim.js";
import { overProblems, whereOf } from "./rivals.js";

const GANS = ["gan", "gan-r1", "wgan-gp"] as const;
const DIFFUSION = ["diffusion"] as const;

/** More than this share of runs is common, less is hardly any. */
const COMMON = 0.1;
/** Rates from which a training is easy: half the grid's decades. */
const EASY = 3;
/** Rank correlation from which a loss tells of quality. */
const TELLS = 0.5;

const ofStability =
  (methods: readonly string[]) =>
  ({ method, rate }: CellKey): boolean =>
    rate !== undefined && methods.includes(method);

/** Runs of one method on one problem of the study of stability, for which a floor is known. */
function runsOf({ stability, floors }: Evidence, problem: string, method: string): readonly CellResult[] {
  return floors[problem] ? stability.filter((cell) => cell.problem === problem && cell.method === method) : [];
}

/** A case for each method and problem of the study of stability that has runs of enough seeds. */
function overSettings(
  evidence: Evidence,
  methods: readonly string[],
  make: (runs: readonly CellResult[]) => Omit<Case, "where"> | undefined,
): readonly Case[] {
  return methods.flatMap((method) =>
    STABILITY_PROBLEMS.flatMap((problem) => {
      const runs = runsOf(evidence, problem, method);
      if (new Set(runs.map(({ seed }) => seed)).size < LEAST_SEEDS) return [];
      const made = make(runs);
      return made ? [{ where: `${methodNamed(method).title} on ${problem}`, ...made }] : [];
    }),
  );
}

const SHARE_RULE = `Of ${RATES.length} learning rates × 10 seeds, the share that ends near the data with every mode (Wilson's interval)`;

function shareWell(evidence: Evidence, methods: readonly string[], wanted: Bound): readonly Case[] {
  return overSettings(evidence, methods, (runs) => ({
    estimate: shareEstimate(runs.map((run) => endsWell(run, evidence.floors))),
    wanted,
    unit: "of the settings",
  }));
}

export const ganUnstable: Claim = {
  name: "gan-unstable",
  section: 6,
  family: "gan",
  sentence: "A GAN's training is very unstable.",
  measure: `${SHARE_RULE}: below ½.`,
  needs: ofStability(GANS),
  cases: (evidence) => shareWell(evidence, GANS, { below: 0.5 }),
};

export const diffusionStable: Claim = {
  name: "diffusion-stable",
  section: 6,
  family: "diffusion",
  sentence: "Diffusion's training is very stable.",
  measure: `${SHARE_RULE}: at least ½.`,
  needs: ofStability(DIFFUSION),
  cases: (evidence) => shareWell(evidence, DIFFUSION, { least: 0.5 }),
};

export const diffusionSteadier: Claim = {
  name: "diffusion-steadier",
  section: 6,
  family: "diffusion",
  sentence: "Diffusion trains more steadily than a GAN.",
  measure: "The share of settings that ends well, diffusion's less the GAN's (bootstrap over settings): above 0.",
  needs: ofStability([...GANS, ...DIFFUSION]),
  cases: (evidence) =>
    overSettings(evidence, GANS, (runs) => {
      const well = (cell: CellResult): number => (endsWell(cell, evidence.floors) ? 1 : 0);
      const own = new Map(
        runsOf(evidence, runs[0].problem, "diffusion").map((cell) => [`${cell.rate}/${cell.seed}`, well(cell)]),
      );
      const pairs = runs.flatMap((cell) => {
        const beside = own.get(`${cell.rate}/${cell.seed}`);
        return beside === undefined ? [] : [[beside, well(cell)] as const];
      });
      const mean = (drawn: readonly (readonly [number, number])[]): number =>
        drawn.reduce((sum, [a, b]) => sum + a - b, 0) / drawn.length;
      if (pairs.length === 0) return undefined;
      return { estimate: estimateOver(pairs, mean), wanted: { least: Number.MIN_VALUE }, unit: "more of the settings" };
    }),
};

/** Runs at each method's own rate that miss a mode at the end, and runs at any rate that lost modes they had had. */
function modesLost(evidence: Evidence, methods: readonly string[], wanted: Bound): readonly Case[] {
  return methods.flatMap((method) => {
    const { title } = methodNamed(method);
    const missing = evidence.cells
      .filter((cell) => cell.method === method && cell.outcome.kind === "finished")
      .map((cell) => judgedOf(cell.snapshots.at(-1)!)["modesCovered"])
      .filter((covered) => covered !== undefined)
      .map((covered) => covered < 1);
    const lost = evidence.stability.filter((cell) => cell.method === method).map((cell) => collapseOf(cell) !== null);
    return [
      { where: `${title} at its own learning rate`, outcomes: missing, note: "end with a mode missing" },
      { where: `${title} at any learning rate`, outcomes: lost, note: "lose half of the modes that they had" },
    ]
      .filter(({ outcomes }) => outcomes.length >= LEAST_SEEDS)
      .map(({ where, outcomes, note }) => {
        return { where, estimate: shareEstimate(outcomes), wanted, unit: `of ${outcomes.length} runs`, note };
      });
  });
}

const LOST_RULE =
  "Share of runs that end with a mode missing (own rate: every problem with known modes), or that lose half of the modes they had had (any of the rates)";

export const ganCollapse: Claim = {
  name: "gan-collapse",
  section: 6,
  family: "gan",
  sentence: "Mode collapse is common in a GAN.",
  measure: `${LOST_RULE}: at least ${COMMON}.`,
  needs: ({ method, problem }) => (GANS as readonly string[]).includes(method) && problem !== "moons",
  cases: (evidence) => modesLost(evidence, GANS, { least: COMMON }),
};

export const diffusionCollapse: Claim = {
  name: "diffusion-collapse",
  section: 6,
  family: "diffusion",
  sentence: "Diffusion has hardly any mode collapse.",
  measure: `${LOST_RULE}: below ${COMMON}.`,
  needs: ({ method, problem }) => method === "diffusion" && problem !== "moons",
  cases: (evidence) => modesLost(evidence, DIFFUSION, { below: COMMON }),
};

export const r1Covers: Claim = {
  name: "r1-covers",
  section: null,
  family: "gan",
  sentence: "A GAN with R1 covers all modes.",
  measure:
    "Share of runs at its own learning rate that end with every mode, problem by problem (Wilson's interval): at least ½.",
  needs: ({ method, problem, rate }) => method === "gan-r1" && problem !== "moons" && rate === undefined,
  cases: (evidence) =>
    overProblems((problem): Case | undefined => {
      const covered = bySeed(evidence, { problem: problem.name, method: "gan-r1" }, (one) => one["modesCovered"], 0);
      if (covered.size < LEAST_SEEDS) return undefined;
      const estimate = shareEstimate([...covered.values()].map((share) => share === 1));
      return { where: whereOf(problem), estimate, wanted: { least: 0.5 }, unit: `of ${covered.size} runs` };
    }),
};

/** How many rates have most of their seeds end well, with the bootstrap over seeds. */
function easyRates(evidence: Evidence, methods: readonly string[], wanted: Bound): readonly Case[] {
  return overSettings(evidence, methods, (runs) => {
    const seeds = [...new Set(runs.map(({ seed }) => seed))];
    const well = new Map(runs.map((run) => [`${run.rate}/${run.seed}`, endsWell(run, evidence.floors)]));
    const rates = (drawn: readonly number[]): number =>
      RATES.filter((rate) => drawn.filter((seed) => well.get(`${rate}/${seed}`)).length > drawn.length / 2).length;
    return { estimate: estimateOver(seeds, rates), wanted, unit: `of ${RATES.length} learning rates` };
  });
}

const EASY_RULE = "Learning rates at which most seeds end near the data with every mode (bootstrap over seeds)";

export const ganHard: Claim = {
  name: "gan-hard",
  section: 6,
  family: "gan",
  sentence: "A GAN is hard to bring to convergence.",
  measure: `${EASY_RULE}: fewer than ${EASY} of ${RATES.length}.`,
  needs: ofStability(GANS),
  cases: (evidence) => easyRates(evidence, GANS, { below: EASY }),
};

export const diffusionEasy: Claim = {
  name: "diffusion-easy",
  section: 6,
  family: "diffusion",
  sentence: "Diffusion converges easily.",
  measure: `${EASY_RULE}: at least ${EASY} of ${RATES.length}.`,
  needs: ofStability(DIFFUSION),
  cases: (evidence) => easyRates(evidence, DIFFUSION, { least: EASY }),
};

/** Rank correlation of training loss with distance from the data, over all snapshots of the runs drawn. */
function lossTells(evidence: Evidence, methods: readonly string[], wanted: Bound): readonly Case[] {
  return overSettings(evidence, methods, (runs) => {
    const floor = evidence.floors[runs[0].problem];
    const correlation = (drawn: readonly CellResult[]): number => {
      const snapshots = drawn.flatMap((run) => run.snapshots);
      if (snapshots.length < 3) return NaN;
      return rankCorrelation(
        snapshots.map(({ trainingLoss }) => trainingLoss),
        snapshots.map((one) => distanceRatio(runs[0].problem, judgedOf(one), floor)),
      );
    };
    return { estimate: estimateOver(runs, correlation, { repeats: 200 }), wanted, unit: "rank correlation" };
  });
}

const LOSS_RULE =
  "Rank correlation of the training loss (a GAN's: the discriminator's) with the distance from the data, over the snapshots of all settings (bootstrap over runs)";

export const ganLoss: Claim = {
  name: "gan-loss",
  section: 6,
  family: "gan",
  sentence: "The objective is adversarial: its loss does not say how good the samples are.",
  measure: `${LOSS_RULE}: below ${TELLS}.`,
  needs: ofStability(GANS),
  cases: (evidence) => lossTells(evidence, GANS, { below: TELLS }),
};

export const diffusionLoss: Claim = {
  name: "diffusion-loss",
  section: 6,
  family: "diffusion",
  sentence: "The objective is the squared error of denoising: as it falls, samples get better.",
  measure: `${LOSS_RULE}: at least ${TELLS}.`,
  needs: ofStability(DIFFUSION),
  cases: (evidence) => lossTells(evidence, DIFFUSION, { least: TELLS }),
};

/** A run fails if it diverges, or ends so many times as far from the data as it was at its first budget. */
const WORSE = 1.5;

export const flowStable: Claim = {
  name: "flow-stable",
  section: 1,
  family: "flow",
  sentence: "A flow is stable to train.",
  measure: `Share of runs, on all problems, that diverge or end more than ${WORSE} × as far from the data as they were at the first budget (Wilson's interval): below ${COMMON}.`,
  needs: ({ method, rate }) => method === "flow" && rate === undefined,
  cases: ({ cells, floors }) => {
    const failed = cells
      .filter(({ method, problem }) => method === "flow" && floors[problem])
      .map(({ outcome, problem, snapshots }) => {
        if (outcome.kind !== "finished") return true;
        const [first, last] = [snapshots[0], snapshots.at(-1)!].map((one) => judgedOf(one));
        return distanceRatio(problem, last, floors[problem]) > WORSE * distanceRatio(problem, first, floors[problem]);
      });
    if (failed.length < LEAST_SEEDS) return [];
    const estimate = shareEstimate(failed);
    return [
      { where: "at its own learning rate", estimate, wanted: { below: COMMON }, unit: `of ${failed.length} runs` },
    ];
  },
};

/** Rates from here on are high: ten times what the methods choose for points. */
const HIGH_RATE = 1e-2;

export const diffusionFailsAtHighRates: Claim = {
  name: "diffusion-fails-at-high-rates",
  section: null,
  family: "diffusion",
  sentence: "Diffusion, too, fails at high learning rates.",
  measure: `Of the settings with a rate above ${HIGH_RATE}, the share that ends near the data with every mode (Wilson's interval): below ½.`,
  needs: (key) => ofStability(DIFFUSION)(key) && key.rate! > HIGH_RATE,
  cases: (evidence) => {
    const high = { ...evidence, stability: evidence.stability.filter(({ rate }) => rate! > HIGH_RATE) };
    return shareWell(high, DIFFUSION, { below: 0.5 });
  },
};
