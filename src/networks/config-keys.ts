/**
 * A configuration filled up from its defaults.
 *
 * Keys that begin with "_" are notes (`_class_name`, `_diffusers_version`) and are left out. A key of `neutral` may have
 * one of the values named there (or any), which change nothing; any unknown key may be null, which says nothing.
 *
 * @throws RangeError naming every other key, since a network built without it would be another one
 */
export function withDefaults<Config extends object>(
  network: string,
  defaults: Config,
  given: Partial<Config>,
  neutral: Readonly<Record<string, readonly unknown[] | "any">> = {},
): Config {
  if (typeof given !== "object" || given === null) {
    throw new RangeError(
      `${network} takes a configuration of named values, got ${JSON.stringify(given) ?? String(given)}`,
    );
  }
  const config = { ...defaults } as Record<string, unknown>;
  const refused: string[] = [];
  for (const [key, value] of Object.entries(given)) {
    if (key.startsWith("_")) continue;
    if (Object.hasOwn(defaults, key)) {
      if (value === undefined) continue;
      requireKind(key, (defaults as Record<string, unknown>)[key], value);
      config[key] = value;
    } else if (!isNeutral(Object.hasOwn(neutral, key) ? neutral[key] : [null], value)) {
      refused.push(`${key} = ${JSON.stringify(value)}`);
    }
  }
  if (refused.length > 0) {
    throw new RangeError(
      `${network} does not know ${refused.join(", ")}: ${remedyFor(given, refused.length)}; ` +
        `known keys are ${Object.keys(defaults).join(", ")}`,
    );
  }
  return config as Config;
}

/** A file of another program was trained with its keys: without one of them it would open as another network. */
function remedyFor(given: object, refused: number): string {
  if (Object.hasOwn(given, "_class_name")) return "the network of this file cannot be opened here";
  return `leave ${refused === 1 ? "it" : "them"} out, or check the spelling`;
}

/** A value of the default's kind: true or false, a number, a list. Null is for the network's own check. */
function requireKind(key: string, usual: unknown, value: unknown): void {
  const refuse = (wanted: string): never => {
    throw new RangeError(`${key} must be ${wanted}, got ${JSON.stringify(value)}`);
  };
  const isNumber = (one: unknown): boolean => typeof one === "number" && Number.isFinite(one);
  if (typeof usual === "boolean" && typeof value !== "boolean") refuse("true or false");
  if (Array.isArray(usual) && !Array.isArray(value)) refuse("a list");
  if (
    typeof usual === "number" &&
    value !== null &&
    !isNumber(value) &&
    !(Array.isArray(value) && value.every(isNumber))
  ) {
    refuse("a number");
  }
}

/** @throws RangeError naming the key, unless the value is a finite number */
export function requireNumber(key: string, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new RangeError(`${key} must be a number, got ${JSON.stringify(value)}`);
}

function isNeutral(allowed: readonly unknown[] | "any", value: unknown): boolean {
  return allowed === "any" || allowed.includes(value);
}

/** @throws RangeError naming the key and what is allowed, if one of the values is something else */
export function requireOneOf(key: string, values: readonly unknown[], allowed: readonly unknown[]): void {
  for (const value of values) {
    if (!allowed.includes(value)) {
      throw new RangeError(`${key}: unknown ${JSON.stringify(value)}, allowed are ${allowed.map(String).join(", ")}`);
    }
  }
}

/** @throws RangeError naming the key, unless the value is a whole number of at least 1 */
export function requirePositive(key: string, value: unknown): void {
  if (!Number.isInteger(value) || (value as number) < 1) {
    throw new RangeError(`${key} must be a positive whole number, got ${JSON.stringify(value)}`);
  }
}

/** Each layer is built as an object: more of them than any network has are a slip, or a damaged file. */
const MOST_LAYERS = 1000;

/** @throws RangeError naming the key, unless the value is a whole number from 1 to 1000 */
export function requireLayers(key: string, value: unknown): void {
  requirePositive(key, value);
  if ((value as number) > MOST_LAYERS)
    throw new RangeError(`${key} must be at most ${MOST_LAYERS}, got ${JSON.stringify(value)}`);
}

/** @throws RangeError naming the key, unless the value is a list that is not empty */
export function requireList(key: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw new RangeError(`${key} must name at least one level in a list, got ${JSON.stringify(value)}`);
  }
}
