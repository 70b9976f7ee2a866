/** Exercises that judge the learner's answer. */
import { inspect, isDeepStrictEqual } from "node:util";
import { isHeadless } from "./environment.js";
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
  const options: CheckOptions = typeof hint === "string" ? { hint } : hint;
  const verdict = judge(answer, expected, options.tolerance ?? 1e-4);
  const advice = verdict.state === "wrong" && options.hint ? options.hint : undefined;
  // Signs that fonts for text have: a box in the place of a picture would look alike for right and wrong.
  const [mark, word] = {
    right: ["✓", "correct"],
    wrong: ["✗", "not yet"],
    open: ["○", "not answered yet"],
  }[verdict.state];
  const reason = verdict.reason ? `: ${verdict.reason}` : "";
  publish(
    bundle({
      "text/markdown": `**${mark} ${exercise}** ${word}${escapeMarkdown(reason)}${advice ? `\n\n*Hint: ${escapeMarkdown(advice)}*` : ""}`,
      "text/plain": `${mark} ${exercise} ${word}${reason}${advice ? `\n  Hint: ${advice}` : ""}`,
    }),
  );
  if (verdict.state !== "right" && isHeadless()) throw new ExerciseError(`${exercise} ${word}${reason}`);
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
        reason: `your code threw ${error instanceof Error ? `${error.name}: ${error.message}` : inspect(error)}`,
      };
    }
  }
  if (isOpen(answer)) return { state: "open" };
  if (answer instanceof Promise) return { state: "wrong", reason: "your answer is a promise; put `await` before it" };
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
    return verdict === true ? undefined : typeof verdict === "string" ? verdict : `${short(answer)} is not it`;
  } catch (error) {
    return `your answer ${short(answer)} could not be judged: ${(error as Error).message}`;
  }
}

/** What is wrong with an answer, without giving the right one away; undefined when nothing is. */
function difference(answer: unknown, expected: unknown, tolerance: number): string | undefined {
  const right = blockOf(expected);
  if (right?.values.length === 0) return "there is nothing to compare it with: the expected value is empty";
  if (!right) return isDeepStrictEqual(answer, expected) ? undefined : `${short(answer)} is not it`;
  const mine = blockOf(answer);
  if (!mine)
    return `a ${right.shape.length === 0 ? "number" : "array or tensor of numbers"} is asked for, not ${short(answer)}`;
  if (String(mine.shape) !== String(right.shape))
    return `your answer has ${shapeText(mine.shape)}, asked for is ${shapeText(right.shape)}`;
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
  const verdict = Number.isNaN(value)
    ? "is not a number"
    : value > right.values[first]
      ? "is too large"
      : "is too small";
  if (right.shape.length === 0) return `${readable(value)} ${verdict}`;
  const off = bound(Math.max(...wrong.map((i) => Math.abs(mine.values[i] - right.values[i]))));
  const worstOff = off === "NaN" ? "" : `, the largest error is ${off}`;
  return `${wrong.length} of ${right.values.length} values are wrong, first the one at ${place(first, right.shape)}: ${readable(value)} ${verdict}${worstOff}`;
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
