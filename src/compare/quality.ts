/** How good samples are, in one number: their distance from the data, in units of real data's own. */
import type { Measures } from "./measures.js";
import { problemNamed, type Problem } from "./problem.js";

/** What a problem's distance is measured by. */
const DISTANCE: Readonly<Record<Problem["kind"], string>> = { points: "slicedWasserstein", digits: "frechet" };

/**
 * Samples are near the data within so many times the distance of real data from real data, said before the first run.
 * Digits have more room: 500 real ones lie very near each other in the classifier's features.
 */
export const NEAR: Readonly<Record<Problem["kind"], number>> = { points: 2.5, digits: 5 };

/** Distance of samples from the data over that of real data; 1 is all that can be asked for. */
export function distanceRatio(problem: string, measures: Measures, floor: Measures): number {
  const measure = DISTANCE[problemNamed(problem).kind];
  return measures[measure] / floor[measure];
}

/** Whether samples are good: near the data, and no mode missing where modes are known. */
export function isNear(problem: string, measures: Measures, floor: Measures): boolean {
  const every = (measures["modesCovered"] ?? 1) === 1;
  return every && distanceRatio(problem, measures, floor) <= NEAR[problemNamed(problem).kind];
}
