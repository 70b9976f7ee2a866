import type { Measurement, Plan } from "./measure.js";

/** What was measured of one kind of work; the library's own measurement comes first. */
export interface Row {
  readonly plan: Plan;
  readonly measurements: readonly Measurement[];
}
