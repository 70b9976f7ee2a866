/** The table of samplers. */
import { markdownTable, percent } from "diffusion-lab/base";
import type { AdaptiveRow, Judge, SamplerRow } from "./table.js";

/** What the report tells: `images` and `floor`, the figures of real digits, where images were drawn. */
export interface SamplerReport {
  readonly rows: readonly SamplerRow[];
  readonly adaptive: readonly AdaptiveRow[];
  readonly images?: Pick<Judge, "count" | "seed" | "guidanceScale">;
  readonly floor?: { readonly recognised: number; readonly frechet: number };
}

/**
 * The report as Markdown: a table with a line for each sampler and columns for each budget of evaluations, a sentence
 * for each sampler that has no budget, and what images were judged.
 */
export function samplerMarkdown(report: SamplerReport): string {
  const sentences = [
    ...report.adaptive.map(adaptiveSentence),
    ...(report.images ? [imagesSentence(report.images)] : []),
  ];
  return [table(report), ...(sentences.length > 0 ? ["", ...sentences] : [])].join("\n");
}

function adaptiveSentence(row: AdaptiveRow): string {
  const { sampler, exactError, evaluations, recognised, frechet, imageEvaluations } = row;
  const digits =
    imageEvaluations === null
      ? ""
      : `, Fréchet ${fixed(frechet, 1)} and > 0.9 ${percent(recognised, 0)} in ${imageEvaluations.toFixed(0)} evaluations a batch`;
  return `\`${sampler}\` chooses its steps: exact error ${exactError.toExponential(1)} in ${evaluations} evaluations${digits}.`;
}

function imagesSentence({ count, seed, guidanceScale }: Pick<Judge, "count" | "seed" | "guidanceScale">): string {
  const guidance = guidanceScale === 1 ? "without guidance" : `guidance ${guidanceScale}`;
  return `Fréchet and > 0.9 are of ${count} digits each, seed ${seed}, ${guidance}.`;
}

function table({ rows, floor }: SamplerReport): string {
  const budgets = [...new Set(rows.map(({ budget }) => budget))];
  const names = [...new Set(rows.map(({ sampler }) => sampler))];
  const head = [
    "sampler",
    "order",
    ...budgets.flatMap((n) => [`exact error, ${n}`, ...(floor ? [`Fréchet, ${n}`, `> 0.9, ${n}`] : [])]),
  ];
  const lines = names.map((name) => {
    const first = rows.find(({ sampler }) => sampler === name)!;
    const cells = budgets.flatMap((n) => {
      const row = rows.find(({ sampler, budget }) => sampler === name && budget === n);
      if (!row) return floor ? ["–", "–", "–"] : ["–"];
      return [row.exactError.toExponential(1), ...(floor ? [fixed(row.frechet, 1), percent(row.recognised, 0)] : [])];
    });
    return [`\`${name}\`${first.stochastic ? " ~" : ""}`, String(first.order ?? "–"), ...cells];
  });
  if (floor) {
    lines.push([
      "*real digits*",
      "",
      ...budgets.flatMap(() => ["", `*${fixed(floor.frechet, 1)}*`, `*${percent(floor.recognised, 0)}*`]),
    ]);
  }
  return markdownTable({ head, rows: lines });
}

function fixed(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}
