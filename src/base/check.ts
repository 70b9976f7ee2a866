/** Checks of what a caller gives, each with an error that names the value, what is allowed and the remedy. */
import { described, isKind, requireKind, type Kinds } from "./kinds.js";
import { nearestName } from "./nearest.js";
import { requireChoice } from "./values.js";

export { described } from "./kinds.js";
export { nearestName } from "./nearest.js";

/** What a known option must be: of a kind, one of these texts or numbers, or what the code that reads it looks at itself. */
export type OptionRule = true | Kinds | readonly (string | number)[];

/**
 * Refuses options that are misspelt: an option nobody reads would be silently without effect. One that is undefined says
 * nothing, whatever its name.
 *
 * @param what whose options they are, such as "Trainer"
 * @param known every option there is, so that the compiler finds a missing one, with what it must be
 * @param renamed what to do instead of a former option, by its name
 * @throws RangeError naming the first unknown option and the nearest known one; TypeError for what is no object of options, and
 * for an option that is of another kind than it must be
 */
export function requireKnownKeys<Given extends object>(
  what: string,
  given: Given,
  known: { readonly [Key in keyof Given]-?: OptionRule },
  renamed: Readonly<Record<string, string>> = {},
): void {
  const names = Object.keys(known);
  requireOptions(what, given, names);
  for (const key of Object.keys(given)) {
    // A known one is not read: it may be a getter that refuses.
    if (Object.hasOwn(known, key) || given[key as keyof Given] === undefined) continue;
    if (Object.hasOwn(renamed, key)) throw new RangeError(`unknown option "${key}" of ${what}: ${renamed[key]}`);
    const nearest = nearestName(key, names);
    const remedy = nearest === undefined ? "leave it out." : `did you mean "${nearest}"?`;
    throw new RangeError(`unknown option "${key}" of ${what}: ${remedy} Known are ${names.join(", ")}`);
  }
  requireRules(what, given, known);
}

/**
 * {@link requireKnownKeys} where options of others may stand among those that are known: only a name that is nearly one
 * of these is taken for a slip.
 */
export function requireNoSlip(what: string, given: object, known: Readonly<Record<string, OptionRule>>): void {
  const names = Object.keys(known);
  requireOptions(what, given, names);
  for (const [key, value] of Object.entries(given)) {
    if (Object.hasOwn(known, key) || value === undefined) continue;
    const nearest = nearestName(key, names);
    if (nearest !== undefined) {
      throw new RangeError(
        `unknown option "${key}" of ${what}: did you mean "${nearest}"? Known are ${names.join(", ")}`,
      );
    }
  }
  requireRules(what, given, known);
}

/** Looks at what options are, once their names are right. */
function requireRules(what: string, given: object, known: Readonly<Record<string, OptionRule>>): void {
  for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(given))) {
    // What is left out says nothing; a getter is not read, for it may be one that refuses.
    if (value === undefined || !Object.hasOwn(known, key)) continue;
    const rule = known[key];
    if (rule === true) continue;
    if (typeof rule === "string") requireKind(`${key} of ${what}`, value, rule);
    else requireChoice<unknown>(`${key} of ${what}`, value, rule);
  }
}

/** @throws TypeError naming the keys among `needed` that an object of options or parts has not */
export function requireKeys(what: string, given: object, needed: readonly string[]): void {
  const missing = needed.filter((key) => (given as Readonly<Record<string, unknown>>)[key] === undefined);
  if (missing.length > 0) throw new TypeError(`${what} needs ${missing.join(" and ")}, got ${described(given)}`);
}

function requireOptions(what: string, given: unknown, names: readonly string[]): void {
  if (isKind(given, "an object")) return;
  throw new TypeError(
    `${what} takes an object with ${names.length === 1 ? "the option" : "options,"} ${names.join(", ")}, got ${described(given)}`,
  );
}
