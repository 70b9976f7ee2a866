import type { SamplerRow } from "./sampler-table.js";

/** Rows as a Markdown table: a line for each sampler, a pair of columns for each budget of evaluations. */
export function samplerMarkdown(
  rows: readonly SamplerRow[],
  floor: { recognised: number; frechet: number } | undefined,
): string {
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
      return [
        row.exactError.toExponential(1),
        ...(floor ? [fixed(row.frechet, 1), percent(row.recognised)] : []),
      ];
    });
    return [`\`${name}\`${first.stochastic ? " ~" : ""}`, String(first.order ?? "–"), ...cells];
  });
  if (floor) {
    lines.push([
      "*real digits*",
      "",
      ...budgets.flatMap(() => ["", `*${fixed(floor.frechet, 1)}*`, `*${percent(floor.recognised)}*`]),
    ]);
  }
  return [head, head.map((_, i) => (i === 0 ? ":---" : "---:")), ...lines]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. Throws RangeError if the marks are missing. */
export function replaceMarked(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from)
    throw new RangeError(`there is no place for "${name}": put ${open} and ${close} where it belongs`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}

function fixed(value: number | null, digits: number): string {
  return value === null ? "–" : value.toFixed(digits);
}

function percent(share: number | null): string {
  return share === null ? "–" : `${(100 * share).toFixed(0)} %`;
}
