/** Bytes as letters: a vocabulary of bytes that is written as text, without spaces and control characters in it. */

/** Bytes that stand for themselves: those that print in Latin-1. */
const PRINTED: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
];

/**
 * All 256 bytes in the order of OpenAI's vocabulary, each with its letter: a byte that prints is its own character, the
 * n-th of the others is U+0100 + n.
 *
 * Source: Radford et al. 2019, "Language models are unsupervised multitask learners", section 2.2, and its code.
 */
export const byteLetters: readonly (readonly [byte: number, letter: string])[] = (() => {
  const printed = PRINTED.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !printed.includes(byte));
  return [
    ...printed.map((byte) => [byte, String.fromCodePoint(byte)] as const),
    ...others.map((byte, n) => [byte, String.fromCodePoint(0x100 + n)] as const),
  ];
})();

const letterOf: readonly string[] = byteLetters.reduce<string[]>((letters, [byte, letter]) => {
  letters[byte] = letter;
  return letters;
}, []);

/** The UTF-8 bytes of a text as letters, one a byte. */
export function asLetters(text: string): string[] {
  return Array.from(new TextEncoder().encode(text), (byte) => letterOf[byte]);
}
