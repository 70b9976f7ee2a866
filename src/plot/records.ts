/** Looks at the records that charts are given: axes, and what is drawn over them. */
import { requireKeys, requireKnownKeys, type OptionRule } from "../base/check.js";
import { requireList, requireNumber, requireNumbers } from "../base/values.js";
import type { Axis } from "./figure.js";

/** What axes and series are: of any that is left out nothing is asked. */
export function requireAxes(axes: Readonly<Record<string, Axis | undefined>>): void {
  for (const [name, axis] of Object.entries(axes)) {
    if (axis === undefined) continue;
    const what = `the axis ${name}`;
    requireKnownKeys(what, axis, { title: "a text", unit: "a text", log: "true or false", range: "a list" });
    requireKeys(what, axis, ["title", "unit"]);
    if (axis.range === undefined) continue;
    requireNumbers(`range of ${what}`, axis.range);
    for (const end of axis.range) requireNumber(`range of ${what}`, end);
  }
}

/** @throws TypeError unless the list holds records of these rules with these keys */
export function requireRecords(
  name: string,
  records: readonly object[],
  rules: Readonly<Record<string, OptionRule>>,
  needed: readonly string[],
): void {
  requireList(name, records, "records");
  records.forEach((record, i) => {
    requireKnownKeys<object>(`entry ${i} of ${name}`, record, rules);
    requireKeys(`entry ${i} of ${name}`, record, needed);
  });
}
