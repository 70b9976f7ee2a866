/** Weights written into a prompt: `(a:1.2)`, `((a))`, `[a]`. */
import { requireText } from "../../../base/values.js";

/** A stretch of a prompt, and how much it counts. */
export interface WeightedText {
  readonly text: string;
  /** 1 where nothing is said. */
  readonly weight: number;
}

/** What a pair of brackets multiplies by, unless it says a number. */
const ROUND = 1.1;
const SQUARE = 1 / ROUND;

/** An escaped sign, an opening bracket, a closing one (perhaps with a number before it), or text up to the next of these. */
const PIECES = /\\[\\()[\]]|[([]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[)\]]|[^\\()[\]:]+|[\\:]/g;

/**
 * The stretches of a prompt with their weights, as the web UI of Automatic1111 reads it: `(a)` counts 1.1-fold, `((a))`
 * 1.21-fold, `[a]` the 1.1-th part, `(a:1.2)` 1.2-fold, and `\(` is the bracket itself. No prompt is wrong: a bracket that
 * is never closed reaches to the end, one that was never opened is text, and so is a number without its bracket.
 *
 * @example
 * weightedTexts("a (red:1.5) fox"); // a at 1, red at 1.5, fox at 1, blanks kept
 *
 * @returns at least one stretch; neighbours differ in weight
 */
export function weightedTexts(prompt: string): readonly WeightedText[] {
  requireText("prompt", prompt);
  const found: { text: string; weight: number }[] = [];
  const open: Record<"round" | "square", number[]> = { round: [], square: [] };
  const close = (kind: "round" | "square", factor: number): boolean => {
    const first = open[kind].pop();
    if (first === undefined) return false;
    for (const stretch of found.slice(first)) stretch.weight *= factor;
    return true;
  };
  for (const [piece, number] of prompt.matchAll(PIECES)) {
    if (piece === "(") open.round.push(found.length);
    else if (piece === "[") open.square.push(found.length);
    else if (number !== undefined && close("round", Number(number))) continue;
    else if (piece === ")" && close("round", ROUND)) continue;
    else if (piece === "]" && close("square", SQUARE)) continue;
    else found.push({ text: /^\\./.test(piece) ? piece.slice(1) : piece, weight: 1 });
  }
  while (close("round", ROUND));
  while (close("square", SQUARE));
  return merged(found);
}

/** A prompt as one stretch, brackets and all. */
export function plainText(prompt: string): readonly WeightedText[] {
  return [{ text: prompt, weight: 1 }];
}

function merged(stretches: readonly WeightedText[]): readonly WeightedText[] {
  const result: { text: string; weight: number }[] = [];
  for (const { text, weight } of stretches) {
    const last = result.at(-1);
    if (last?.weight === weight) last.text += text;
    else result.push({ text, weight });
  }
  return result.length > 0 ? result : plainText("");
}
