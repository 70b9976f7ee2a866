/** Which kind of thing a value is, in the words of messages, and its refusal where another is meant. */

/** The kinds, as messages name them; `null` where nothing at all may be said by it. */
export type Kind =
  "a number" | "true or false" | "a text" | "a function" | "a list" | "a tensor" | "a signal" | "an object" | "null";

/** One kind or several. */
export type Kinds = Kind | `${Kind} or ${Kind}` | `${Kind} or ${Kind} or ${Kind}`;

const has = (value: unknown, ...keys: readonly string[]): boolean =>
  typeof value === "object" && value !== null && keys.every((key) => key in value);

/** A list is an array or a typed array; a tensor is no object, for what is read of objects it does not have. */
const IS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  "a number": (value) => typeof value === "number",
  "true or false": (value) => typeof value === "boolean",
  "a text": (value) => typeof value === "string",
  "a function": (value) => typeof value === "function",
  "a list": (value) => Array.isArray(value) || ArrayBuffer.isView(value),
  "a tensor": (value) => has(value, "dataId", "isDisposed"),
  "a signal": (value) => has(value, "aborted", "throwIfAborted"),
  "an object": (value) => has(value) && !IS["a list"](value) && !IS["a tensor"](value),
  null: (value) => value === null,
};

/** What to say of kinds that a word does not make clear. */
const MORE: Readonly<Partial<Record<Kind, string>>> = { "a signal": "an AbortSignal" };

// "true or false" is one kind.
const kindsIn = (kinds: Kinds): Kind[] => kinds.match(/true or false|(?:an? )?\w+?(?= or |$)/g) as Kind[];

export function isKind(value: unknown, kind: Kind): boolean {
  return IS[kind](value);
}

/**
 * Refuses a value that is of none of the kinds.
 *
 * @throws TypeError naming the value, the kinds and what came
 */
export function requireKind(name: string, value: unknown, kinds: Kinds): void {
  const allowed = kindsIn(kinds);
  if (allowed.some((kind) => IS[kind](value))) return;
  const wanted = allowed.map((kind) => MORE[kind] ?? kind).join(" or ");
  throw new TypeError(`${name} must be ${wanted}, got ${described(value)}`);
}

/** A value as a message shows it: its kind, and what fits a line of it. */
export function described(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name}`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? String(value);
  const { name } = value.constructor ?? Object;
  if (name === "Object") return `an object of ${Object.keys(value).join(", ") || "nothing"}`;
  return `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`;
}
