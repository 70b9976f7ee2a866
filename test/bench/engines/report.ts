/** What came of engines: ratios of this library to the fastest of the others, and the table of the page. */
import { markdownTable } from "diffusion-lab/base";
import type { Row } from "../speed/measure.js";

/** Medians over that of the fastest other: of our own graph, and of what `auto` chose; null where one was not timed. */
export interface EngineRatio {
  readonly graph: number | null;
  readonly auto: number | null;
  /** Who was fastest. */
  readonly best: string;
}

const OURS = ["diffusion-lab", "diffusion-lab auto"] as const;

/** Of each kind of work that another took part in. */
export function engineRatios(rows: readonly Row[]): Readonly<Record<string, EngineRatio>> {
  return Object.fromEntries(
    rows.flatMap(({ plan, measurements }) => {
      const others = measurements.filter(({ contestant }) => !(OURS as readonly string[]).includes(contestant));
      if (others.length === 0) return [];
      const best = others.reduce((a, b) => (b.medianMs < a.medianMs ? b : a));
      const [graph, auto] = OURS.map((name) => {
        const own = measurements.find(({ contestant }) => contestant === name);
        return own ? Number((own.medianMs / best.medianMs).toFixed(3)) : null;
      });
      return [[`${plan.model} ${plan.mode} ${plan.batch}`, { graph, auto, best: best.contestant }]];
    }),
  );
}

/** Median milliseconds of each contestant, and ours over the fastest other; below it the line given. */
export function enginesMarkdown(rows: readonly Row[], line: string): string {
  const contestants = [...new Set(rows.flatMap(({ measurements }) => measurements.map((one) => one.contestant)))];
  const ratios = engineRatios(rows);
  const cells = rows.map(({ plan, measurements }) => {
    const work = `${plan.model} ${plan.mode} ${plan.batch}`;
    const times = contestants.map((name) => {
      const ms = measurements.find(({ contestant }) => contestant === name)?.medianMs;
      return ms === undefined ? "–" : ms.toFixed(ms < 20 ? 2 : 0);
    });
    const ratio = (value: number | null | undefined): string => value?.toFixed(2) ?? "–";
    return [work, ...times, ratio(ratios[work]?.graph), ratio(ratios[work]?.auto), ratios[work]?.best ?? "–"];
  });
  const head = ["work", ...contestants, "graph / best", "auto / best", "best of the others"];
  const right = head.map((_, column) => column > 0 && column < head.length - 1);
  return [markdownTable({ head, rows: cells, right }), "", line].join("\n");
}
