/** How Chinese is set: full-width marks, one space beside Latin letters, and bold that Markdown closes. */
import MarkdownIt from "markdown-it";
import { HELD, spansOf } from "./spans.js";

const HAN = "\\p{Script=Han}";
/** Latin letters, Greek ones, digits; and what stands for a formula or code. */
const WESTERN = `[\\p{Script=Latin}\\p{Script=Greek}\\d${HELD}]`;
const FULL_WIDTH = "[，。；：、？！（）《》“”]";

const RULES: readonly (readonly [pattern: RegExp, says: string])[] = [
  [
    new RegExp(`${HAN}${WESTERN}|${WESTERN}${HAN}`, "u"),
    "one space parts Chinese from Latin letters, digits, formulas and code",
  ],
  [new RegExp(`${HAN}[ \\t]+${HAN}`, "u"), "no space stands between Chinese characters"],
  [
    new RegExp(`${FULL_WIDTH}[ \\t]+[${HAN}${HELD}\\w]|[${HAN}${HELD}\\w][ \\t]+${FULL_WIDTH}`, "u"),
    "no space stands beside a full-width mark",
  ],
  [
    new RegExp(`${HAN}[ ]?[,;:!?]|${HAN}\\.|[,;:!?]${HAN}`, "u"),
    "marks of a Chinese sentence are full-width: ，。；：！？",
  ],
  [new RegExp(`${HAN}\\(|\\)${HAN}|\\(${HAN}[^()]*\\)`, "u"), "brackets of a Chinese sentence are full-width: （）"],
  [/[＄＊＃｀０-９Ａ-Ｚａ-ｚ]/u, "letters, digits and the marks of Markdown are half-width"],
  [new RegExp(`${HELD}\\d`, "u"), "a digit right after a closing $ makes it no formula"],
];

const markdown = new MarkdownIt();

/** What is wrong with how a Chinese text is set. */
export function styleFaults(text: string, isMarkdown = true): string[] {
  const { prose } = spansOf(text, isMarkdown);
  const faults = RULES.flatMap(([pattern, says]) => {
    const found = pattern.exec(prose);
    return found ? [`${says}, at "${around(prose, found)}"`] : [];
  });
  return isMarkdown ? [...faults, ...openMarks(text)] : faults;
}

function around(text: string, { index, 0: found }: RegExpExecArray): string {
  return text
    .slice(Math.max(0, index - 6), index + found.length + 6)
    .replaceAll(HELD, "…")
    .replaceAll("\n", " ");
}

/** Bold or italic marks that CommonMark leaves as asterisks: `**字。**字` does not close. */
function openMarks(text: string): string[] {
  // As JupyterLab does, formulas are taken out first; what stands for them is a mark, as $ is.
  const safe = text.replace(/\$\$[\s\S]+?\$\$|\$[^$\n]+\$/g, "@@");
  const left = markdown
    .parse(safe, {})
    .flatMap(({ children }) =>
      (children ?? [])
        .filter(({ type, content }) => type === "text" && content.includes("*"))
        .map(({ content }) => content),
    );
  return left.map(
    (content) =>
      `an asterisk stays as one in "${content.slice(0, 24)}": put the mark outside bold, or a space after it`,
  );
}
