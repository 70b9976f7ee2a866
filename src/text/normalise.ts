/** What CLIP makes of a text before it looks for tokens: one case, one kind of space, and pieces that no token crosses. */

/** Marks the last letters of a piece. */
export const END_OF_PIECE = "</w>";

/** A piece: a contraction's end, a word, one digit, or other signs in a row. No token crosses the border of two. */
export const PIECE = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";

/** JavaScript's \s has U+FEFF and lacks U+0085: Unicode's own class is meant. */
const SPACES = /\p{White_Space}+/gu;
const pieces = new RegExp(PIECE.replaceAll("\\s", "\\p{White_Space}"), "gu");
/** With the flag u: surrogates without their other half. */
const HALVES = /\p{Surrogate}/gu;

/**
 * A text in composed letters (NFC) and lower case, with single spaces: what transformers' `CLIPTokenizer` makes of it.
 * Letters are lowered one by one, so that a final Σ becomes σ as elsewhere. Half a surrogate pair becomes U+FFFD.
 */
export function normalise(text: string): string {
  const composed = text.replace(HALVES, "\uFFFD").normalize("NFC").replace(SPACES, " ");
  let lowered = "";
  for (const letter of composed) lowered += letter.toLowerCase();
  return lowered;
}

/** The pieces of a text that {@link normalise} made. */
export function piecesOf(text: string): string[] {
  return text.match(pieces) ?? [];
}
