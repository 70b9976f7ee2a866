// Whatever was thrown, as plain text: its getters, Proxy traps and own inspection may throw in their turn.
import { inspect } from "node:util";

export interface Thrown {
  /** Of an Error; anything else has none. */
  readonly name?: string;
  readonly message: string;
  readonly stack: string;
  readonly errors: readonly unknown[];
  readonly cause: unknown;
}

const MOST_CHARACTERS = 20_000;
const { toString } = Object.prototype;
const MOST_INNER = 5;

function attempt<T>(read: () => T, otherwise: () => T): T {
  try {
    return read();
  } catch {
    return otherwise();
  }
}

function short(text: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  return `${text.slice(0, MOST_CHARACTERS)}… (${(text.length - MOST_CHARACTERS).toLocaleString("en")} more characters)`;
}

const no = (): boolean => false;

/** A value as Node's prompt shows it, or as well as it can be shown. */
export function inspected(value: unknown): string {
  return attempt(
    () => inspect(value),
    () =>
      attempt(
        () => inspect(value, { customInspect: false, depth: 0 }),
        () => `(a value of type ${typeof value}; looking at it throws)`,
      ),
  );
}

const isError = (value: unknown): boolean =>
  attempt(() => value instanceof Error, no) || attempt(() => toString.call(value) === "[object Error]", no);

export function readThrown(value: unknown): Thrown {
  if (!isError(value)) {
    const text = typeof value === "string" ? value : inspected(value);
    return { message: short(text), stack: "", errors: [], cause: undefined };
  }
  const error = value as AggregateError;
  const text = (read: () => unknown): string =>
    attempt(
      () => String(read() ?? ""),
      () => "",
    );
  return {
    name: short(text(() => error.name)) || "Error",
    message: short(text(() => error.message)),
    stack: text(() => error.stack),
    errors: attempt(
      () => [...(error.errors ?? [])].slice(0, MOST_INNER),
      () => [],
    ),
    cause: attempt(
      () => error.cause,
      () => undefined,
    ),
  };
}
