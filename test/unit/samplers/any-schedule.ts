/** Discrete schedules of any kind and length, and grids on them, for properties. */
import fc from "fast-check";
import {
  cosineSchedule,
  linearSchedule,
  sigmoidBetaSchedule,
  type Schedule,
  type Spacing,
} from "../../../src/index.js";

// Described, not built, so that a counterexample prints as one line.
export const schedules = fc.record({
  kind: fc.constantFrom("linear", "cosine", "sigmoid"),
  T: fc.integer({ min: 60, max: 1200 }),
});

/** The schedule that was described. */
export function build({ kind, T }: { kind: string; T: number }): Schedule {
  return kind === "linear"
    ? linearSchedule({ T })
    : kind === "cosine"
      ? cosineSchedule({ T })
      : sigmoidBetaSchedule({ T });
}

export const grids = fc.record({
  steps: fc.integer({ min: 1, max: 14 }),
  spacing: fc.constantFrom<Spacing>("leading", "trailing", "linspace"),
});

/** How often a property is tried. */
export const runs = { numRuns: 15 };
