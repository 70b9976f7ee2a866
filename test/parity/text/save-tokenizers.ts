/** For make_fixtures.py check: writes tokenizers of every kind, and beside each the rows it gives for all texts. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openAiTokenizer, saveTokenizer, trainTokenizer } from "../../../src/text/index.js";
import { captions } from "./captions.js";

const file = new URL("fixtures/ids.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(file, "utf8")) as { cases: Record<string, Record<string, { text: string }>> };
const texts = Object.values(cases.openai).map(({ text }) => text);

const trained = trainTokenizer(captions, { size: 700 });
const tokenizers = {
  trained,
  added: trained.withTokens(["<cat-toy>"]),
  openai: openAiTokenizer(),
  "openai-2": openAiTokenizer({ pad: "!" }),
};
for (const [name, tokenizer] of Object.entries(tokenizers)) {
  const folder = join(process.argv[2], name);
  saveTokenizer(tokenizer, folder);
  const rows = [...texts, "a <Cat-Toy> x<cat-toy>y!"].map((text) => [text, [...tokenizer.encode(text).ids]]);
  writeFileSync(join(folder, "ids.json"), JSON.stringify(rows));
}
