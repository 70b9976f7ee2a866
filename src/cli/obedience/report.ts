/** What a study of obedience found, as tables: for a terminal, and for the page of measurements. */
import { counted } from "../../base/words.js";
import { obedienceTable, shareWithInterval, type ObedienceRow } from "../../metrics/index.js";
import type { Cell, Compared, Findings } from "./study.js";

/** How it was drawn. */
export interface Drawn {
  readonly n: number;
  readonly seed: number;
  /** "ddim, 20 steps" */
  readonly by: string;
}

interface Titled {
  readonly title: string;
  readonly rows: readonly ObedienceRow[];
}

const row = (pictures: string, { all, binding }: Cell): ObedienceRow => ({
  pictures,
  found: all,
  ...(binding && { binding }),
});

const compared = (of: string, { real, reconstructed, drawn }: Compared): ObedienceRow[] => [
  row(`${of}real`, real),
  row(`${of}reconstructed`, reconstructed),
  row(`${of}drawn`, drawn),
];

function tablesOf(findings: Findings): Titled[] {
  const { real, reconstructed, byGuidance, best } = findings;
  const chosen = byGuidance.find(({ guidance }) => guidance === best)!.drawn;
  return [
    {
      title: "Captions of one to three digits, half of them English and half Chinese",
      rows: [
        row("real", real),
        row("reconstructed", reconstructed),
        ...byGuidance.map(({ guidance, drawn }) => row(`guidance ${guidance}`, drawn)),
      ],
    },
    {
      title: `The two languages, guidance ${best}`,
      rows: [
        { pictures: "English", found: chosen.byLanguage.en },
        { pictures: "Chinese", found: chosen.byLanguage.zh },
      ],
    },
    {
      title: `A digit in a colour that training never shows it in, guidance ${best}`,
      rows: compared("", findings.newDigitColour),
    },
    {
      title: `A colour at a place where training never shows it, guidance ${best}`,
      rows: compared("", findings.newColourPlace),
    },
    {
      title: `The same caption with two colours exchanged, from the same noise, guidance ${best}`,
      rows: compared("", findings.swapped),
    },
  ];
}

/** In one sentence: digits, and whole captions, beside what the judge reads in real pictures. */
export function obedienceSentence({ real, byGuidance, best }: Findings): string {
  const { bound, wholeByDigits } = byGuidance.find(({ guidance }) => guidance === best)!.drawn.all;
  const wholes = Object.entries(wholeByDigits).map(
    ([k, share]) => `${shareWithInterval(share)} of captions of ${counted(Number(k), "digit")}`,
  );
  return (
    `A closed world: of the digits asked for at guidance ${best}, ${shareWithInterval(bound)} have value, colour and place ` +
    `right (real pictures, read by the same judge: ${shareWithInterval(real.all.bound)}); in every fact right are ` +
    `${wholes.join(", ")}.`
  );
}

/** The tables and what they are of. */
export function obedienceReport(
  findings: Findings,
  { n, seed, by }: Drawn,
  format: "markdown" | "text" = "markdown",
): string {
  const about =
    `${obedienceSentence(findings)} ${counted(n, "caption")} of each set, of exchanged colours ${counted(Math.floor(n / 2), "pair")}, ` +
    `drawn by ${by}, seed ${seed}; in brackets are 95 % intervals.`;
  const tables = tablesOf(findings).map(({ title, rows }) => {
    return `${format === "markdown" ? `**${title}**` : title}\n\n${obedienceTable(rows, format)}`;
  });
  return [about, ...tables].join("\n\n");
}
