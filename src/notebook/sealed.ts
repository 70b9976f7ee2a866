/** Answers to questions with letters, which the cell that checks them does not give away. */
import { requireKind } from "../base/kinds.js";
import { requireText } from "../base/values.js";
import { createHash } from "node:crypto";
import type { Predicate } from "./check.js";
import { say } from "./messages.js";

const LENGTH = 8;

/**
 * The seal of an answer: the first eight hexadecimal digits of the SHA-256 of `question:answer`, without regard to
 * case and spaces. It keeps an eye from falling on the answer; who tries all letters finds it.
 *
 * @example seal("R1", "a") // for the author, who writes the result into the cell
 */
export function seal(question: string, answer: string): string {
  requireText("question", question);
  requireText("answer", answer);
  const text = `${question}:${answer.replace(/\s/g, "").toLowerCase()}`;
  return createHash("sha256").update(text).digest("hex").slice(0, LENGTH);
}

/**
 * What `check` holds an answer in letters against, by its {@link seal}.
 *
 * @param question as it was sealed, so that equal answers of two questions have unlike seals
 * @param expected what {@link seal} gave
 * @example check("R1", answer, sealed("R1", "1c4f…"), "look at the first picture of 00")
 * @throws RangeError if `expected` is no seal
 */
export function sealed(question: string, expected: string): Predicate<string> {
  requireKind("question", question, "a text");
  requireText("expected", expected);
  if (!/^[0-9a-f]{8}$/.test(expected)) {
    throw new RangeError(say("noSeal", { length: LENGTH, seal: expected }));
  }
  return (answer) => {
    if (typeof answer !== "string") return say("lettersAsked");
    return seal(question, answer) === expected || say("notIt", { answer: `"${answer}"` });
  };
}
