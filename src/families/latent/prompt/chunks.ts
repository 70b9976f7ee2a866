/** A prompt as tokens, in as many pieces of the text encoder's length as it needs. */
import { plainText, weightedTexts, type WeightedText } from "./weights.js";

/** What a tokenizer must tell of itself, to fill the positions of a text encoder. */
export interface PromptTokenizer {
  /** The tokens of a text, without those that begin and end it. */
  tokensOf(text: string): ArrayLike<number>;
  /** What begins a text, ends it, and fills the positions behind. */
  readonly start: number;
  readonly end: number;
  readonly pad: number;
  /** Tokens that follow one, wherever it stands: words that were learned as several vectors. */
  readonly continuations?: ReadonlyMap<number, readonly number[]>;
}

/** One piece: as many tokens as the encoder has positions, and the weight of each. */
export interface PromptChunk {
  readonly tokens: Int32Array;
  readonly weights: Float32Array;
}

/** Pieces of one prompt; each is a pass through the text encoder, and lengthens the context. */
export const MOST_CHUNKS = 16;

/**
 * A prompt in pieces of `positions` tokens: [start, tokens, end, padding]. One that fits is one piece, equal to what
 * diffusers makes of it; a longer one goes on in further pieces, of which each begins and ends by itself.
 *
 * @param options.weights whether brackets weigh words; else they are text
 * @throws RangeError for a prompt of more than {@link MOST_CHUNKS} pieces
 */
export function promptChunks(
  prompt: string,
  tokenizer: PromptTokenizer,
  positions: number,
  { weights }: { readonly weights: boolean },
): readonly PromptChunk[] {
  const stretches: readonly WeightedText[] = weights ? weightedTexts(prompt) : plainText(prompt);
  const tokens = stretches.flatMap(({ text, weight }) => {
    return continued(tokenizer, text).map((token) => ({ token, weight }));
  });
  const room = positions - 2;
  const count = Math.max(1, Math.ceil(tokens.length / room));
  if (count > MOST_CHUNKS) {
    const shown = prompt.length > 40 ? `${prompt.slice(0, 40)}…` : prompt;
    throw new RangeError(
      `the prompt "${shown}" has ${tokens.length} tokens; at most ${MOST_CHUNKS} pieces of ${room} are read, ` +
        `${MOST_CHUNKS * room} in all: shorten it`,
    );
  }
  return Array.from({ length: count }, (_, i) => chunk(tokens.slice(i * room, (i + 1) * room), tokenizer, positions));
}

/** The tokens of a text in one piece, as a training has them: what does not fit is left out. */
export function promptRow(text: string, tokenizer: PromptTokenizer, positions: number): Int32Array {
  const content = continued(tokenizer, text).slice(0, positions - 2);
  return chunk(
    content.map((token) => ({ token, weight: 1 })),
    tokenizer,
    positions,
  ).tokens;
}

/** The tokens of a text, each with what follows it. */
function continued(tokenizer: PromptTokenizer, text: string): number[] {
  const tokens = Array.from(tokenizer.tokensOf(text));
  return tokens.flatMap((token) => [token, ...(tokenizer.continuations?.get(token) ?? [])]);
}

/** The chunks, and empty ones behind them until there are `count`. */
export function padded(
  chunks: readonly PromptChunk[],
  count: number,
  tokenizer: PromptTokenizer,
  positions: number,
): readonly PromptChunk[] {
  const missing = Math.max(0, count - chunks.length);
  return [...chunks, ...Array.from({ length: missing }, () => chunk([], tokenizer, positions))];
}

function chunk(
  content: readonly { readonly token: number; readonly weight: number }[],
  { start, end, pad }: PromptTokenizer,
  positions: number,
): PromptChunk {
  const tokens = new Int32Array(positions).fill(pad);
  const weights = new Float32Array(positions).fill(1);
  tokens[0] = start;
  content.forEach(({ token, weight }, i) => {
    tokens[i + 1] = token;
    weights[i + 1] = weight;
  });
  tokens[content.length + 1] = end;
  return { tokens, weights };
}
