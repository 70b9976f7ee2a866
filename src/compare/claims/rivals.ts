/** Diffusion beside the best of the other families, and a method beside another, problem by problem. */
import { median, ratioEstimate, type Estimate, type Pair } from "../estimate.js";
import { distances, LEAST_SEEDS, pairsOf, type Evidence, type Runs } from "../evidence.js";
import { methods } from "../methods/list.js";
import { problems, type Problem } from "../problem.js";

/** A figure of a method's runs, by seed. */
export type Figure = (evidence: Evidence, runs: Runs) => ReadonlyMap<number, number>;

/** The pairs of diffusion and, of the methods of other families, the one whose median is best. */
export function besideBestRival(
  evidence: Evidence,
  runs: Omit<Runs, "method">,
  figure: Figure,
  better: "low" | "high",
): { readonly rival: string; readonly pairs: readonly Pair[] } | undefined {
  const own = figure(evidence, { ...runs, method: "diffusion" });
  const sign = better === "low" ? 1 : -1;
  const candidates = methods
    .filter(({ family }) => family !== "diffusion")
    .map(({ name, title }) => ({ rival: title, values: figure(evidence, { ...runs, method: name }) }))
    .map(({ rival, values }) => ({ rival, values, pairs: pairsOf(own, values) }))
    .filter(({ pairs }) => pairs.length >= LEAST_SEEDS)
    .sort((a, b) => sign * (median([...a.values.values()]) - median([...b.values.values()])));
  return candidates[0];
}

/** Distance of one method over that of another. */
export function distanceOver(evidence: Evidence, problem: string, a: string, b: string): Estimate | undefined {
  const pairs = pairsOf(distances(evidence, { problem, method: a }), distances(evidence, { problem, method: b }));
  return pairs.length >= LEAST_SEEDS ? ratioEstimate(pairs) : undefined;
}

/** A case for each problem that has one. */
export function overProblems<T>(make: (problem: Problem) => T | undefined): readonly T[] {
  return problems.flatMap((problem) => make(problem) ?? []);
}

/** How a problem stands behind "holds if": "the data is ring". */
export function whereOf({ name }: Problem): string {
  return `the data is ${name}`;
}
