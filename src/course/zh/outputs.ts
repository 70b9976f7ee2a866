/** Saved outputs in Chinese: what `check`, `formula`, `progress` and controls said; all else byte for byte. */
import { filled, MESSAGES, type MessageName } from "../../notebook/messages.js";
import { linesOf, type Output } from "./notebook-file.js";

const CONTROL = "application/vnd.diffusion-lab.control+json";
const SLOT = /\{(\w+)\}/;

interface Sentence {
  readonly pattern: RegExp;
  readonly slots: readonly string[];
  readonly chinese: string;
}

/** Sentences of which saved outputs may consist, the most exact first. */
const SENTENCES: readonly Sentence[] = (Object.keys(MESSAGES) as MessageName[])
  // It would fit every text with a colon.
  .filter((name) => name !== "because")
  .sort((a, b) => literal(b).length - literal(a).length)
  .map((name) => {
    const { en, zh } = MESSAGES[name];
    const parts = en.split(SLOT);
    const pattern = parts.map((part, i) => (i % 2 ? "(.+?)" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))).join("");
    return { pattern: new RegExp(`^${pattern}$`), slots: parts.filter((_, i) => i % 2), chinese: zh };
  });

function literal(name: MessageName): string {
  return MESSAGES[name].en.replace(new RegExp(SLOT, "g"), "");
}

/** A sentence of the notebook in Chinese, the values in it, too; undefined for what it never says. */
export function sentenceInChinese(text: string): string | undefined {
  for (const { pattern, slots, chinese } of SENTENCES) {
    const found = pattern.exec(text);
    if (!found) continue;
    const values = found.slice(1).map((value) => sentenceInChinese(value) ?? value);
    return filled(chinese, Object.fromEntries(slots.map((slot, i) => [slot, values[i]])));
  }
  return undefined;
}

/** A verdict, alone or with its reason: `correct`, `not yet: 2 is too small`. */
function verdictInChinese(text: string): string | undefined {
  const [, verdict, reason] = /^([^:]+): (.+)$/.exec(text) ?? [];
  const said = verdict && sentenceInChinese(verdict);
  if (said) return filled(MESSAGES.because.zh, { verdict: said, reason: sentenceInChinese(reason) ?? reason });
  return sentenceInChinese(text);
}

/** A line of an output; undefined where it holds nothing that the notebook says. */
function lineInChinese(line: string): string | undefined {
  const bold = /^(\*\*[✓✗○](?: .+?)?\*\*) (.+)$/u.exec(line);
  if (bold) return behind(bold[1], verdictInChinese(bold[2]));
  const hint = /^(\*| {2})(Hint: .+?)(\*?)$/.exec(line);
  if (hint) return behind(hint[1], sentenceInChinese(hint[2]), "", hint[3]);
  if (/^[✓✗○] /u.test(line)) return plainLine(line);
  const progress = /^(.*[█░]+ \d+\/\d+.*?) · (.+)$/u.exec(line);
  if (!progress) return undefined;
  const notes = progress[2].split(" · ").map((note) => sentenceInChinese(note) ?? note);
  return [progress[1], ...notes].join(" · ");
}

function behind(start: string, said: string | undefined, space = " ", end = ""): string | undefined {
  return said === undefined ? undefined : `${start}${space}${said}${end}`;
}

/** `✓ 2.1 correct`: where the name of the exercise ends only the sentence tells. */
function plainLine(line: string): string | undefined {
  const words = line.split(" ");
  for (let i = 1; i < words.length; i++) {
    const said = verdictInChinese(words.slice(i).join(" "));
    if (said !== undefined) return [...words.slice(0, i), said].join(" ");
  }
  return undefined;
}

/** An output of a saved notebook. */
export function outputInChinese(output: Output): Output {
  if (!output.data) return output;
  const data = Object.fromEntries(
    Object.entries(output.data).map(([type, value]) => [
      type,
      type === CONTROL ? control(value) : textual(type, value),
    ]),
  );
  return { ...output, data };
}

function control(value: unknown): unknown {
  const { wake } = value as { readonly wake?: string };
  return wake === undefined ? value : { ...(value as object), wake: sentenceInChinese(wake) ?? wake };
}

function textual(type: string, value: unknown): unknown {
  if ((type !== "text/plain" && type !== "text/markdown") || !Array.isArray(value)) return value;
  const lines = (value as string[]).join("").split("\n");
  return linesOf(lines.map((line) => lineInChinese(line) ?? line).join("\n"));
}
