/** Writes a benchmark's table into its page, and with it the lines of README.md that are taken from the page. */
import { readFileSync } from "node:fs";
import { replaceMarked } from "diffusion-lab/base";
import { commitTogether, stageFile } from "diffusion-lab/files";
import { headlines, type BenchmarkPart } from "./headlines.js";

const PAGE = "docs/benchmarks.md";
const README = "README.md";
const MARK = "benchmarks";

/** The lines in README.md, as the page gives them. */
export function withHeadlines(readme: string, page: string): string {
  return replaceMarked(readme, MARK, headlines(page));
}

/**
 * Replaces one part of the page, and README's lines by what the new page gives: both files, or none.
 *
 * @throws RangeError if the page or README.md lacks the marks
 */
export function writeBenchmark(part: BenchmarkPart, content: string): void {
  const page = replaceMarked(readFileSync(PAGE, "utf8"), part, content);
  const readme = withHeadlines(readFileSync(README, "utf8"), page);
  commitTogether([stageFile(PAGE, page), stageFile(README, readme)]);
}

/** Brings README's lines to what the page has, when somebody has changed how they are worded. */
export function refreshReadme(): void {
  const readme = withHeadlines(readFileSync(README, "utf8"), readFileSync(PAGE, "utf8"));
  commitTogether([stageFile(README, readme)]);
}
