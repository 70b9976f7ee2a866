/** A sentence of the theory that can turn out wrong: what decides it, case by case, and the verdict on it. */
import type { CellKey } from "../cell.js";
import type { Estimate } from "../estimate.js";
import { progressOf, type Evidence } from "../evidence.js";
import type { Method } from "../method.js";
import { shortNumber } from "../words.js";

/** Where a figure must lie for a sentence to hold: all of its interval, not its middle. */
export type Bound = { readonly least: number } | { readonly below: number };

/** One place where a sentence is tried: a problem, a setting. */
export interface Case {
  /** Completes "holds if …": "the data is the ring". */
  readonly where: string;
  readonly estimate: Estimate;
  readonly wanted: Bound;
  /** Behind the figures: "× real data's"; empty for a pure number. */
  readonly unit: string;
  /** The figure in words, where it needs more than number and interval. */
  readonly note?: string;
}

/** A sentence with its rule; written before there were results. */
export interface Claim {
  readonly name: string;
  /** Of the theory; null for what it leaves unsaid. */
  readonly section: 1 | 6 | 12 | null;
  readonly family: Method["family"];
  readonly sentence: string;
  /** What is measured and when the sentence holds, in words. */
  readonly measure: string;
  /** Cells that it rests on; none for what is timed. */
  needs(key: CellKey): boolean;
  /** The cases there is evidence for. */
  cases(evidence: Evidence): readonly Case[];
}

export type Verdict =
  | { readonly kind: "holds" }
  | { readonly kind: "holds if"; readonly conditions: readonly string[] }
  | { readonly kind: "not here" }
  | { readonly kind: "not measured" };

/** A claim with what was found. */
export interface JudgedClaim {
  readonly claim: Claim;
  readonly cases: readonly Case[];
  readonly verdict: Verdict;
  /** Cells of the study that it rests on, and how many of them are finished. */
  readonly finished: number;
  readonly planned: number;
}

/** Whether all of the interval lies where it must; without an interval, whether the figure does. */
export function holds({ estimate, wanted }: Pick<Case, "estimate" | "wanted">): boolean {
  const { low, high } = estimate.interval ?? { low: estimate.value, high: estimate.value };
  return "least" in wanted ? low >= wanted.least : high < wanted.below;
}

/** *holds* in every case, *holds if* in some, *not here* in none. */
export function verdictOf(cases: readonly Case[]): Verdict {
  if (cases.length === 0) return { kind: "not measured" };
  const held = cases.filter(holds);
  if (held.length === cases.length) return { kind: "holds" };
  return held.length === 0 ? { kind: "not here" } : { kind: "holds if", conditions: held.map(({ where }) => where) };
}

export function judge(claim: Claim, evidence: Evidence): JudgedClaim {
  const cases = claim.cases(evidence);
  const { finished, planned } = progressOf(evidence, (key) => claim.needs(key));
  return { claim, cases, verdict: verdictOf(cases), finished, planned };
}

/** "holds if the data is ring or grid"; of an unfinished study "preliminary, 12 of 40 cells: holds if …". */
export function verdictWords({ verdict, finished, planned }: JudgedClaim): string {
  const said = verdict.kind === "holds if" ? `holds if ${listed(verdict.conditions)}` : verdict.kind;
  if (verdict.kind === "not measured" || finished === planned) return said;
  return `preliminary, ${finished} of ${planned} cells: ${said}`;
}

/** "1.3 × real data's (1.2 to 1.5)". */
export function resultWords({ estimate: { value, interval }, unit, note }: Case): string {
  const range = interval ? ` (${shortNumber(interval.low)} to ${shortNumber(interval.high)})` : "";
  return `${shortNumber(value)}${unit && ` ${unit}`}${range}${note ? `, ${note}` : ""}`;
}

/** What conditions begin with is said once: "the data is ring, grid or moons". */
function listed([first, ...others]: readonly string[]): string {
  const shared = "the data is ";
  const short = others.map((one) =>
    first.startsWith(shared) && one.startsWith(shared) ? one.slice(shared.length) : one,
  );
  const all = [first, ...short];
  return all.length === 1 ? first : `${all.slice(0, -1).join(", ")} or ${all.at(-1)}`;
}
