/** Reads the fields of a JSON object that came from a file: each is checked as it is read, and what nobody read is refused. */
import { nearestName } from "./check.js";
import { standIn } from "./stand-in.js";

/** A JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What a field may be, with the value it has where the object is silent; without one it must be there. */
export interface NumberRule {
  readonly default?: number;
  readonly whole?: boolean;
  readonly least?: number;
  /** Not even this number itself. */
  readonly above?: number;
  readonly most?: number;
}

/**
 * The fields of one object. Every reader names the key that is wrong, what it held and what is allowed. At the end
 * {@link finish} refuses every key that was not read, naming the nearest one that was: a file that says more than is
 * understood means something else than what would be built from it.
 *
 * @example
 * const fields = new Fields("diffusion.json", JSON.parse(text));
 * const T = fields.number("T", { whole: true, least: 1, default: 1000 });
 * fields.finish();
 */
export class Fields {
  /** All of them, as they stand. */
  readonly values: Readonly<Record<string, unknown>>;
  private readonly read = new Set<string>();

  /** @throws RangeError unless `value` is an object of named values */
  constructor(
    /** What messages name: the file, or the place in it. */
    readonly where: string,
    value: unknown,
  ) {
    this.values = requireObject(where, value);
  }

  /** Whether the object has the key with a value other than null. */
  has(key: string): boolean {
    return Object.hasOwn(this.values, key) && this.values[key] !== null && this.values[key] !== undefined;
  }

  /** The value as it stands, undefined where there is none; counts as read. */
  raw(key: string): unknown {
    this.read.add(key);
    return Object.hasOwn(this.values, key) ? this.values[key] : undefined;
  }

  /** A finite number within the rule. */
  number(key: string, rule: NumberRule = {}): number {
    const { whole = false, least = -Infinity, above = -Infinity, most = Infinity } = rule;
    const value = this.orDefault(key, rule.default);
    const isNumber = typeof value === "number" && Number.isFinite(value);
    const fits = isNumber && value >= least && value > above && value <= most;
    if (fits && (!whole || Number.isSafeInteger(value))) return value;
    const bounds = { "≥": least, ">": above, "≤": most };
    const range = Object.entries(bounds).filter(([, bound]) => Number.isFinite(bound));
    const said = range.map(([sign, bound]) => `${sign} ${bound}`).join(" and ");
    return this.refuse(key, value, `a ${whole ? "whole" : "finite"} number${said && ` ${said}`}`);
  }

  /** true or false. */
  boolean(key: string, byDefault?: boolean): boolean {
    const value = this.orDefault(key, byDefault);
    return typeof value === "boolean" ? value : this.refuse(key, value, "true or false");
  }

  string(key: string, byDefault?: string): string {
    const value = this.orDefault(key, byDefault);
    return typeof value === "string" ? value : this.refuse(key, value, "a text");
  }

  /** One of the values that are allowed. */
  oneOf<const T extends string>(key: string, allowed: readonly T[], byDefault?: T): T {
    const value = this.orDefault(key, byDefault);
    const found = allowed.find((one) => one === value);
    return found ?? this.refuse(key, value, `one of ${allowed.map((one) => `"${one}"`).join(", ")}`);
  }

  /** A list of finite numbers within the rule. */
  numbers(key: string, rule: Omit<NumberRule, "default"> = {}): number[] {
    const value = this.raw(key);
    if (!Array.isArray(value)) return this.refuse(key, value, "a list of numbers");
    const list = new Fields(`${this.where}: ${key}`, Object.fromEntries(value.entries()));
    return value.map((_, i) => list.number(String(i), rule));
  }

  /** The fields of an object within the object. */
  object(key: string): Fields {
    return new Fields(`${this.where}: ${key}`, this.raw(key));
  }

  /**
   * Refuses what was not read. Keys that begin with "_" are notes of whoever wrote the file, and null says nothing.
   *
   * @throws RangeError naming each key, its value and the nearest key that is known
   */
  finish(remedy = ""): void {
    const unknown = Object.keys(this.values).filter(
      (key) => !this.read.has(key) && !key.startsWith("_") && this.values[key] !== null,
    );
    if (unknown.length === 0) return;
    const named = unknown.map((key) => `${key} = ${shown(this.values[key])}${this.nearest(key)}`);
    throw new RangeError(`${this.where}: unknown ${named.join(", ")}${remedy && `; ${remedy}`}`);
  }

  /** @throws RangeError saying what the key holds and what is wanted */
  refuse(key: string, value: unknown, wanted: string): never {
    if (value === undefined) throw new RangeError(`${this.where}: ${key} is missing; it must be ${wanted}`);
    throw new RangeError(`${this.where}: ${key} must be ${wanted}, got ${shown(value)}`);
  }

  private orDefault(key: string, byDefault: unknown): unknown {
    const value = this.raw(key);
    return value === undefined ? byDefault : value;
  }

  private nearest(key: string): string {
    const near = nearestName(key, [...this.read]);
    return near === undefined ? "" : ` (did you mean ${near}?)`;
  }
}

/** A JSON text as a value, also as Python writes it, with `-Infinity` for instance. @throws RangeError naming the file, where the text is no JSON */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    try {
      return JSON.parse(withoutInfinities(text));
    } catch {
      const other = standIn(text);
      throw new RangeError(`${where} is ${other ?? "not valid JSON: the file is damaged"}`, { cause: error });
    }
  }
}

/** Python writes numbers that are not finite by names that JSON has not; null says as little. Texts stay as they are. */
function withoutInfinities(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:Infinity|NaN)\b/g, (found) => (found.startsWith('"') ? found : "null"));
}

function requireObject(where: string, value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new RangeError(`${where} must be an object of named values, got ${shown(value)}`);
}

/** A value as a message shows it: not more than fits a line. */
function shown(value: unknown): string {
  // NaN and ∞, which JSON writes as null; they come from programs, not from files.
  if (typeof value === "number") return String(value);
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    // JSON.parse reads what is nested deeper than the stack is; no message can show that.
    return "a value that is nested too deep";
  }
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
