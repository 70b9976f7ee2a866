/** The parts of a text that are the same in every language: formulas, code, links, numbers. */

export interface Spans {
  readonly formulas: readonly string[];
  readonly code: readonly string[];
  /** Targets of links and pictures. */
  readonly links: readonly string[];
  /** Numbers in prose, those of exercises among them. */
  readonly numbers: readonly string[];
  /** The text with a letter in the place of each formula and span of code, and without the targets. */
  readonly prose: string;
}

/** Stands for a formula or code; nobody writes it. */
export const HELD = "\ue000";

/** @param markdown whether formulas, code and links are marked as in Markdown */
export function spansOf(text: string, markdown = true): Spans {
  const [formulas, code, links]: [string[], string[], string[]] = [[], [], []];
  const hold =
    (list: string[]) =>
    (span: string): string => {
      list.push(span);
      return HELD;
    };
  let prose = text;
  if (markdown) {
    prose = prose.replace(/```[\s\S]*?```|`[^`\n]+`/g, hold(code));
    prose = prose.replace(/\$\$[\s\S]+?\$\$|\$[^$\n]+\$/g, hold(formulas));
    prose = prose.replace(/\]\(([^)\s]+)\)/g, (_, target: string) => {
      links.push(target);
      return "]";
    });
    prose = prose.replace(/https?:\/\/\S+/g, hold(links));
  } else {
    prose = prose.replace(/\$\{[^}]*\}/g, hold(code));
  }
  // Thousands are parted by a space or a comma, decimals by a point.
  const numbers = [...prose.matchAll(/(?<![\p{L}\d_.])\d+(?:[,  ]\d{3})*(?:\.\d+)*(?![\p{L}_])/gu)].map(([one]) =>
    one.replace(/[,  ]/g, ""),
  );
  return { formulas, code, links, numbers, prose };
}

/** What two texts do not share of that, as sentences. */
export function spanFaults(english: string, chinese: string, markdown = true): string[] {
  const [one, other] = [spansOf(english, markdown), spansOf(chinese, markdown)];
  const kinds = { formulas: "formula", code: "code", links: "link", numbers: "number" } as const;
  return Object.entries(kinds).flatMap(([key, kind]) => {
    const [from, to] = [one[key as keyof typeof kinds], other[key as keyof typeof kinds]];
    return [
      ...without(from, to).map((span) => `${kind} ${span} is missing`),
      ...without(to, from).map((span) => `${kind} ${span} is not in the English text`),
    ];
  });
}

/** The members of a list that another has not, each as often as it is missing. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other];
  return list.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
