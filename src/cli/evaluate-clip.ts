/** `npm run evaluate -- emoji-clip`: which captions a CLIP finds for drawings that it never saw, and the other way round. */
import { join } from "node:path";
import { requireKnownKeys } from "../base/check.js";
import { markdownTable, textTable, type WrittenTable } from "../base/table.js";
import { percent } from "../base/words.js";
import { emojiRetrieval, type EmojiRetrieval } from "../families/clip/emoji-retrieval.js";
import { loadClip } from "../families/index.js";
import { requireWritable, writeFileAtomically } from "../files/index.js";
import { shareWithInterval } from "../metrics/index.js";
import { publishTable } from "./evaluation-report.js";

/**
 * Prints recall at 1 in both directions and languages beside chance; `--write` keeps it in the folder, and in the page of
 * measurements if it is the checkpoint `asset`.
 *
 * @throws RangeError for another option, or a CLIP of other pictures
 */
export async function evaluateClip(
  folder: string,
  values: Readonly<Record<string, string | boolean | undefined>>,
  asset: string | undefined,
): Promise<void> {
  requireKnownKeys<Record<string, unknown>>("the evaluation of CLIP", values, { write: true });
  const path = join(folder, "evaluation.json");
  if (values["write"]) requireWritable(path);
  const stored = loadClip(folder);
  try {
    const rows = await emojiRetrieval(stored);
    const table = retrievalTable(rows);
    process.stdout.write(`${textTable(table)}\n`);
    if (!values["write"]) return;
    writeFileAtomically(path, `${JSON.stringify({ rows }, null, 2)}\n`);
    if (asset !== undefined) publishTable(asset, markdownTable(table));
  } finally {
    stored.clip.dispose();
  }
}

/** A line for each language; shares with their 95 % intervals. */
export function retrievalTable(rows: readonly EmojiRetrieval[]): WrittenTable {
  const names = { en: "English", zh: "Chinese" } as const;
  const share = (value: number, pairs: number): string =>
    shareWithInterval({ right: Math.round(value * pairs), of: pairs });
  return {
    head: ["captions", "held-out drawings", "find their caption", "captions find their drawing", "by chance"],
    rows: rows.map(({ language, pairs, textOfImage, imageOfText, chance }) => [
      names[language],
      String(pairs),
      share(textOfImage, pairs),
      share(imageOfText, pairs),
      percent(chance, 2),
    ]),
  };
}
