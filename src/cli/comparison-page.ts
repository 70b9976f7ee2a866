/** `npm run compare -- --write`: docs/comparison.md, its figures and README's line, all or nothing. */
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { replaceMarked } from "../base/marked.js";
import { comparisonPage, FIGURES, requireFinished, type Findings } from "../compare/page.js";
import type { CompareStore } from "../compare/store.js";
import { commitTogether, stageFile } from "../files/index.js";
import { figureToSvg } from "../plot/index.js";

export const COMPARISON_PAGE = "docs/comparison.md";
const README = "README.md";
const MARK = "compare";

export function findingsOf(store: CompareStore): Findings {
  return { evidence: store.evidence(), paces: store.paces(), speeds: store.speeds() };
}

/** @throws Error of an unfinished study where `finished` is asked for; README without a place for the line */
export function writeComparison(store: CompareStore, { finished }: { readonly finished: boolean }): void {
  const findings = findingsOf(store);
  if (finished) requireFinished(findings.evidence);
  const { text, figures, line } = comparisonPage(findings);
  const readme = replaceMarked(readFileSync(README, "utf8"), MARK, line);
  const folder = join("docs", FIGURES);
  mkdirSync(folder, { recursive: true });
  const drawn = Object.entries(figures).map(([name, figure]) =>
    stageFile(join(folder, `${name}.svg`), figureToSvg(figure)),
  );
  store.keepPlan();
  commitTogether([stageFile(COMPARISON_PAGE, text), stageFile(README, readme), ...drawn]);
  for (const file of readdirSync(folder)) {
    if (!Object.hasOwn(figures, file.replace(/[.]svg$/, ""))) rmSync(join(folder, file));
  }
  process.stdout.write(
    `${COMPARISON_PAGE}, ${drawn.length} figures in ${folder}, and README's line are written: ${line}\n`,
  );
}
