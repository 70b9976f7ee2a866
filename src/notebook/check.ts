/** Exercises that judge the learner's answer. */
import { requireKind } from "../base/kinds.js";
import { requireKnownKeys } from "../base/check.js";
import { inspect, isDeepStrictEqual } from "node:util";
import { isHeadless } from "./environment.js";
import { say } from "./messages.js";
import { bundle, publish } from "./publish.js";
import { blockOf, bound, readable, shapeText, type Block, type Numeric } from "./values.js";

export interface CheckOptions {
  /** Shown with a wrong answer. */
  hint?: string;
  /** Largest |answer − expected| allowed, relative to |expected| where that is above 1; default 1e-4. */
  tolerance?: number;
}

/** Says whether an answer is right: `true`, `false`, or a sentence that says what is wrong. */
export type Predicate<T = unknown> = (answer: T) => boolean | string;

/** What an answer is compared with. */
export type Expected<T> = Predicate<NonNullable<T>> | Numeric | string | boolean | object;

/** Thrown in a headless run by an answer that is missing or wrong. */
export class ExerciseError extends Error {
  override readonly name = "ExerciseError";
}

/**
 * Checks an answer of an exercise and shows ✓, or ✗ with the reason and the hint, or ○ where there is none yet.
 * Never throws for a learner; in a headless run a missing or wrong answer throws.
 *
 * @param exercise its number, for example `"3.2"`.
 * @param answer the learner's value, or a function that computes it (what it throws is shown as the reason);
 * `undefined`, or a list with `undefined` in it, counts as not answered yet.
 * @param expected a number, array, tensor, string, boolean or object, or a predicate.
 * @param hint a sentence, or options.
 *
 * @example
 * check("3.2", mySnr(500), schedule.snr[500], "SNR is ᾱ over 1 − ᾱ");
 * check("3.3", () => mySample(x0), (x) => x.shape[0] === 8 || "the batch has 8 examples");
 * @throws ExerciseError in a headless run.
 */
export function check<T>(
  exercise: string,
  answer: T | (() => T),
  expected: Expected<T>,
  hint: string | CheckOptions = {},
): void {
  requireKind("exercise", exercise, "a text");
  const options: CheckOptions = typeof hint === "string" ? { hint } : hint;
  requireKnownKeys("check", options, { hint: true, tolerance: true });
  const verdict = judge(answer, expected, options.tolerance ?? 1e-4);
  const advice = verdict.state === "wrong" && options.hint ? options.hint : undefined;
  // Signs that fonts for text have: a box in the place of a picture would look alike for right and wrong.
  const [mark, word] = {
    right: ["✓", say("correct")],
    wrong: ["✗", say("notYet")],
    open: ["○", say("open")],
  }[verdict.state];
  const said = (text = (plain: string): string => plain): string =>
    verdict.reason ? say("because", { verdict: word, reason: text(verdict.reason) }) : word;
  const hinted = advice && say("hint", { hint: advice });
  publish(
    bundle({
      "text/markdown": `**${mark} ${exercise}** ${said(escapeMarkdown)}${hinted ? `\n\n*${escapeMarkdown(hinted)}*` : ""}`,
      "text/plain": `${mark} ${exercise} ${said()}${hinted ? `\n  ${hinted}` : ""}`,
    }),
  );
  if (verdict.state !== "right" && isHeadless()) throw new ExerciseError(`${exercise} ${said()}`);
}

interface Verdict {
  state: "right" | "wrong" | "open";
  reason?: string;
}

function judge(given: unknown, expected: unknown, tolerance: number): Verdict {
  let answer = given;
  if (typeof given === "function") {
    try {
      answer = (given as () => unknown)();
    } catch (error) {
      return {
        state: "wrong",
        reason: say("threw", { error: error instanceof Error ? `${error.name}: ${error.message}` : inspect(error) }),
      };
    }
  }
  if (isOpen(answer)) return { state: "open" };
  if (answer instanceof Promise) return { state: "wrong", reason: say("promise") };
  const reason = objection(answer, () => {
    return typeof expected === "function"
      ? (expected as Predicate)(answer)
      : (difference(answer, expected, tolerance) ?? true);
  });
  return reason === undefined ? { state: "right" } : { state: "wrong", reason };
}

function isOpen(answer: unknown): boolean {
  return answer === undefined || answer === null || (Array.isArray(answer) && answer.some(isOpen));
}

/** What a judge has to say against an answer; what it throws is said, too. */
function objection(answer: unknown, predicate: Predicate): string | undefined {
  try {
    const verdict = predicate(answer);
    return verdict === true
      ? undefined
      : typeof verdict === "string"
        ? verdict
        : say("notIt", { answer: short(answer) });
  } catch (error) {
    return say("notJudged", { answer: short(answer), error: (error as Error).message });
  }
}

/** What is wrong with an answer, without giving the right one away; undefined when nothing is. */
function difference(answer: unknown, expected: unknown, tolerance: number): string | undefined {
  const right = blockOf(expected);
  if (right?.values.length === 0) return say("nothingExpected");
  if (!right) return isDeepStrictEqual(answer, expected) ? undefined : say("notIt", { answer: short(answer) });
  const mine = blockOf(answer);
  if (!mine) return say(right.shape.length === 0 ? "numberAsked" : "numbersAsked", { answer: short(answer) });
  if (String(mine.shape) !== String(right.shape))
    return say("shapesAsked", { mine: shapeText(mine.shape), asked: shapeText(right.shape) });
  return worst(mine, right, tolerance);
}

function worst(mine: Block, right: Block, tolerance: number): string | undefined {
  const wrong: number[] = [];
  for (let i = 0; i < right.values.length; i++) {
    const [a, b] = [mine.values[i], right.values[i]];
    const near = Number.isFinite(b) && Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
    const equal = Object.is(a, b) || a === b || near;
    if (!equal) wrong.push(i);
  }
  if (wrong.length === 0) return undefined;
  const [first] = wrong;
  const value = mine.values[first];
  const fault = Number.isNaN(value) ? "notANumber" : value > right.values[first] ? "tooLarge" : "tooSmall";
  const verdict = say(fault, { value: readable(value) });
  if (right.shape.length === 0) return verdict;
  const off = bound(Math.max(...wrong.map((i) => Math.abs(mine.values[i] - right.values[i]))));
  const [count, all] = [wrong.length, right.values.length];
  const found = say("valuesWrong", { wrong: count, all, place: place(first, right.shape), first: verdict });
  return off === "NaN" ? found : say("largestError", { wrong: found, error: off });
}

/** The index of the i-th value: `[3]`, `[0, 2, 1]`. */
function place(i: number, shape: readonly number[]): string {
  let rest = i;
  const index = [...shape].reverse().map((size) => {
    const part = rest % size;
    rest = Math.floor(rest / size);
    return part;
  });
  return `[${index.reverse().join(", ")}]`;
}

function short(value: unknown): string {
  const text = inspect(value, { depth: 1, breakLength: Infinity });
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_[\]<>$|]/g, "\\$&");
}
